"""What we offer to who reads our streams: an SDP body (RFC 8866) made of our own parameters, never of a camera's text."""

from __future__ import annotations

from base64 import b64encode

from hearthwatch.feeds.nal import sets_of_extradata
from hearthwatch.feeds.packet import AudioInfo, Codec, StreamInfo, VideoInfo
from hearthwatch.feeds.packetize import VIDEO_CLOCK_HZ, has_payload

VIDEO_TYPE, AUDIO_TYPE = 96, 97
_STATIC = {Codec.PCMU: 0, Codec.PCMA: 8}
_G711_HZ = 8000


def payload_type(info: VideoInfo | AudioInfo) -> int:
    """Return the RTP payload type of a track."""
    if isinstance(info, VideoInfo):
        return VIDEO_TYPE
    if info.sample_hz == _G711_HZ and info.channels == 1:
        return _STATIC.get(info.codec, AUDIO_TYPE)
    return AUDIO_TYPE


def tracks(info: StreamInfo) -> tuple[VideoInfo | AudioInfo, ...]:
    """Return what of the stream can be sent on, video first."""
    both = (info.video, info.audio)
    return tuple(track for track in both if track is not None and has_payload(track))


def write_sdp(info: StreamInfo, name: str) -> bytes:
    """Return the description; track number N (from 1) is `trackN`. `name` is a camera's id. Raises BadReply."""
    lines = ["v=0", "o=- 1 1 IN IP4 0.0.0.0", f"s={name}", "c=IN IP4 0.0.0.0", "t=0 0", "a=control:*", "a=range:npt=now-"]
    for number, track in enumerate(tracks(info), 1):
        kind = payload_type(track)
        media = "video" if isinstance(track, VideoInfo) else "audio"
        lines.append(f"m={media} 0 RTP/AVP {kind}")
        lines += _video(track, kind) if isinstance(track, VideoInfo) else _audio(track, kind)
        lines.append(f"a=control:track{number}")
    return ("\r\n".join(lines) + "\r\n").encode()


def _video(track: VideoInfo, kind: int) -> list[str]:
    sets = sets_of_extradata(track.codec, track.extradata)
    if track.codec is Codec.H264:
        level = sets.sps[0][1:4].hex() if sets.sps else "42001f"
        sprop = ",".join(_text(one) for one in (*sets.sps, *sets.pps))
        return [
            f"a=rtpmap:{kind} H264/{VIDEO_CLOCK_HZ}",
            f"a=fmtp:{kind} packetization-mode=1;profile-level-id={level};sprop-parameter-sets={sprop}",
        ]
    three = (("vps", sets.vps), ("sps", sets.sps), ("pps", sets.pps))
    sprop = ";".join(f"sprop-{name}={','.join(_text(one) for one in found)}" for name, found in three if found)
    return [f"a=rtpmap:{kind} H265/{VIDEO_CLOCK_HZ}", f"a=fmtp:{kind} {sprop}"]


def _audio(track: AudioInfo, kind: int) -> list[str]:
    channels = f"/{track.channels}" if track.channels > 1 else ""
    if track.codec is Codec.AAC:
        config = f"config={track.extradata.hex()};sizelength=13;indexlength=3;indexdeltalength=3"
        return [
            f"a=rtpmap:{kind} mpeg4-generic/{track.sample_hz}/{track.channels}",
            f"a=fmtp:{kind} streamtype=5;profile-level-id=1;mode=AAC-hbr;{config}",
        ]
    return [f"a=rtpmap:{kind} {track.codec.upper()}/{track.sample_hz}{channels}"]


def _text(data: bytes) -> str:
    return b64encode(data).decode()
