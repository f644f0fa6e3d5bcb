"""What of a camera's offer we take: one picture track and, where it is of a kind we keep, one sound track."""

from __future__ import annotations

import base64
import binascii
import re

from hearthwatch.feeds.depacketize import AacDepacketizer, Depacketizer, G711Depacketizer, Losses
from hearthwatch.feeds.depacketize_video import H264Depacketizer, H265Depacketizer, VideoDepacketizer
from hearthwatch.feeds.nal import ParameterSets, sets_of
from hearthwatch.feeds.packet import AudioInfo, Codec
from hearthwatch.feeds.sdp import Media, MediaKind, Presentation
from hearthwatch.kit.errors import BadReply, Unsupported

_VIDEO = {"H264": Codec.H264, "H265": Codec.H265, "HEVC": Codec.H265}
_SPROPS = {Codec.H264: ("sprop-parameter-sets",), Codec.H265: ("sprop-vps", "sprop-sps", "sprop-pps")}
_AAC_HZ = (96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8000, 7350)
_AAC_CHANNELS = {1: 1, 2: 2, 3: 3, 4: 4, 5: 5, 6: 6, 7: 8}
_FRAME_SAMPLES = 1024


def video_of(presentation: Presentation) -> tuple[Media, VideoDepacketizer]:
    """Return the first picture track of H.264 or H.265. Raises Unsupported for another codec, BadReply for no picture."""
    offered = [media for media in presentation.media if media.kind is MediaKind.VIDEO]
    if not offered:
        raise BadReply("offers no picture on this path")
    for media in offered:
        codec = _VIDEO.get(media.encoding)
        if codec is Codec.H264:
            return media, H264Depacketizer(Losses(), announced_sets(media, codec))
        if codec is Codec.H265:
            has_don = media.fmtp.get("sprop-max-don-diff", "0") not in {"", "0"}
            return media, H265Depacketizer(Losses(), announced_sets(media, codec), has_don=has_don)
    names = ", ".join(sorted({media.encoding or "an unnamed codec" for media in offered}))
    raise Unsupported(
        f'sends {names[:40]}, not H.264 or H.265: choose one of these in the camera, or set reader = "libav" for it'
    )


def announced_sets(media: Media, codec: Codec) -> ParameterSets:
    """Return the parameter sets in the fmtp line; what cannot be read is left out, for the stream repeats them."""
    nals = []
    for name in _SPROPS[codec]:
        for text in media.fmtp.get(name, "").split(",")[:16]:
            try:
                nals.append(base64.b64decode(text + "=" * (-len(text) % 4)))
            except (binascii.Error, ValueError):
                continue
    return sets_of(codec, nals)


def audio_of(presentation: Presentation) -> tuple[Media, Depacketizer, AudioInfo] | None:
    """Return the first sound track that a recording can keep, None where there is none. A back channel is not sound."""
    for media in presentation.media:
        if media.kind is MediaKind.AUDIO and not media.is_back_channel:
            if media.encoding in {"PCMU", "PCMA"}:
                info = AudioInfo(
                    codec=Codec(media.encoding.lower()), extradata=b"", sample_hz=media.clock_hz, channels=media.channels
                )
                return media, G711Depacketizer(Losses()), info
            if media.encoding == "MPEG4-GENERIC" and (info_of_aac := _aac_info(media)):
                return media, AacDepacketizer(Losses(), media.fmtp, _FRAME_SAMPLES), info_of_aac
    return None


def _aac_info(media: Media) -> AudioInfo | None:
    """Read the AudioSpecificConfig (ISO/IEC 14496-3, 1.6.2.1) of the fmtp line; None for what is no plain AAC."""
    config = media.fmtp.get("config", "")
    if not re.fullmatch(r"(?:[0-9A-Fa-f]{2}){2,64}", config) or not media.fmtp.get("mode", "").lower().startswith("aac"):
        return None
    extradata = bytes.fromhex(config)
    bits = int.from_bytes(extradata[:2], "big")
    object_type, rate_index, layout = bits >> 11, bits >> 7 & 0xF, bits >> 3 & 0xF
    if object_type != 2 or rate_index >= len(_AAC_HZ) or layout not in _AAC_CHANNELS or bits & 0x4:
        return None
    return AudioInfo(
        codec=Codec.AAC, extradata=extradata, sample_hz=media.clock_hz or _AAC_HZ[rate_index], channels=_AAC_CHANNELS[layout]
    )
