"""The label: a box in every footage file that says what it is, so that the index can be rebuilt from the files alone."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath

import msgspec

from hearthwatch.feeds.packet import RunId, Stream, StreamInfo
from hearthwatch.kit.clock import UnsetClock
from hearthwatch.kit.errors import BadReply
from hearthwatch.kit.units import CameraId, WallUs
from hearthwatch.recording.entries import box
from hearthwatch.recording.segment import Origin

_KIND = bytes.fromhex("6f6e1f5a2d0c4a3ab0f1 686561727468".replace(" ", ""))
"""The 16 bytes that tell our `uuid` box from others; they end in the ASCII letters "hearth"."""
MAX_LABEL_BYTES = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """`start_us` is the wall time of the first video sample, `unset` when nobody kept the clock right that it is of."""

    run: RunId
    camera: CameraId
    stream: Stream
    sequence: int
    start_us: WallUs
    info: StreamInfo
    origin: Origin = Origin.LIVE
    unset: UnsetClock | None = None


_decoder = msgspec.json.Decoder(Label)


def label_box(label: Label) -> bytes:
    return box(b"uuid", _KIND, msgspec.json.encode(label))


def read_label(body: bytes) -> Label | None:
    """Return the label in the body of a `uuid` box, None for somebody else's box. Raises BadReply for a damaged label."""
    if body[:16] != _KIND:
        return None
    try:
        label = _decoder.decode(body[16:])
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadReply(f"the label of this footage file is damaged: {error}") from error
    audio = label.info.audio
    if label.info.video.ticks_per_s <= 0 or (audio is not None and audio.ticks_per_s <= 0):
        raise BadReply("the label of this footage file is damaged: it tells no time")
    return label


def footage_path(camera: CameraId, stream: Stream, sequence: int) -> PurePosixPath:
    """Return where a segment lies below the footage folder."""
    return PurePosixPath(camera, stream, f"{sequence:012d}.mp4")
