"""What goes over a line: frames of many requests at once, each with a window of its own. Pure.

The hub opens streams and numbers them; the node answers. Either end may be hostile, so that nothing here grows without a limit:
a peer who breaks one is cut off.
"""

from __future__ import annotations

from collections import deque
from typing import Annotated, Literal

import msgspec

from hearthwatch.fleet.asker import Asker
from hearthwatch.kit.errors import BadReply

PIECE_BYTES = 32 * 1024
"""Most bytes of a body in one frame: streams take turns after each, so that live pictures pass a download."""

WINDOW_BYTES = 256 * 1024
MOST_STREAMS = 128
MAX_FRAME_BYTES = 64 * 1024
MAX_MESSAGE_BYTES = 8 * 1024 * 1024
"""Most bytes of one WebSocket message, which may come in many pieces: a key frame of a large picture is one."""

_FRAME_COST_BYTES = 64
"""What a frame counts beside its bytes: many empty ones fill a window, too."""

Number = Annotated[int, msgspec.Meta(ge=1, le=2**53)]
Text = Annotated[str, msgspec.Meta(max_length=4096)]
Headers = Annotated[tuple[tuple[Text, Text], ...], msgspec.Meta(max_length=64)]
Piece = Annotated[bytes, msgspec.Meta(max_length=PIECE_BYTES)]


class Ask(msgspec.Struct, frozen=True, array_like=True, tag=1):
    """A request. `more`: a body follows. The method of a WebSocket is `GET`."""

    stream: Number
    kind: Literal["http", "websocket"]
    method: Annotated[str, msgspec.Meta(pattern="^[A-Z]{1,16}$")]
    path: Text
    query: Annotated[str, msgspec.Meta(max_length=8192)]
    headers: Headers
    more: bool
    asker: Asker


class Head(msgspec.Struct, frozen=True, array_like=True, tag=2):
    """The answer begins; 101 for a WebSocket that is open."""

    stream: Number
    status: Annotated[int, msgspec.Meta(ge=100, le=599)]
    headers: Headers = ()


class Body(msgspec.Struct, frozen=True, array_like=True, tag=3):
    """A piece of a request's or an answer's body."""

    stream: Number
    data: Piece
    last: bool


class Said(msgspec.Struct, frozen=True, array_like=True, tag=4):
    """A piece of a WebSocket message; `last` ends it."""

    stream: Number
    data: Piece
    text: bool
    last: bool


class Credit(msgspec.Struct, frozen=True, array_like=True, tag=5):
    """Who gets a stream's bytes has taken so many out of its window: as many more may come."""

    stream: Number
    size_bytes: Annotated[int, msgspec.Meta(ge=1, le=WINDOW_BYTES * 2)]


class End(msgspec.Struct, frozen=True, array_like=True, tag=6):
    """Whoever sends it is done with the stream, finished or not; `code` and `reason` are those of a WebSocket that closes."""

    stream: Number
    code: Annotated[int, msgspec.Meta(ge=1000, le=4999)] = 1000
    reason: Annotated[str, msgspec.Meta(max_length=120)] = ""


Frame = Ask | Head | Body | Said | Credit | End

_ENCODER = msgspec.msgpack.Encoder()
_DECODER: msgspec.msgpack.Decoder[Frame] = msgspec.msgpack.Decoder(Frame)


def encode(frame: Frame) -> bytes:
    return _ENCODER.encode(frame)


def decode(message: bytes) -> Frame:
    """Raises BadReply for what is no frame."""
    if len(message) > MAX_FRAME_BYTES:
        raise BadReply(f"a message of {len(message)} bytes came over the line; a frame has at most {MAX_FRAME_BYTES}")
    try:
        return _DECODER.decode(message)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise BadReply("what came over the line is no frame that this version knows") from error


def cost(frame: Body | Said) -> int:
    """Return what a frame takes of its stream's window."""
    return len(frame.data) + _FRAME_COST_BYTES


def pieces(data: bytes) -> list[bytes]:
    """Return `data` cut for frames: at least one piece, so that what is empty is sent, too."""
    return [data[at : at + PIECE_BYTES] for at in range(0, len(data), PIECE_BYTES)] or [b""]


class Waiting:
    """Frames that arrived on one stream and wait to be taken; what is taken is given back as credit, in few frames."""

    def __init__(self) -> None:
        self._frames: deque[Head | Body | Said | End] = deque()
        self._held_bytes = 0
        self._taken_bytes = 0

    def put(self, frame: Head | Body | Said | End) -> None:
        """Raises BadReply when the sender had no credit for it."""
        if isinstance(frame, Body | Said):
            self._held_bytes += cost(frame)
            if self._held_bytes + self._taken_bytes > WINDOW_BYTES + PIECE_BYTES + _FRAME_COST_BYTES:
                raise BadReply("more came over the line than there was room for")
        elif len(self._frames) > WINDOW_BYTES // _FRAME_COST_BYTES:
            raise BadReply("the same came over the line again and again")
        self._frames.append(frame)

    def take(self) -> tuple[Head | Body | Said | End | None, int]:
        """Return the next frame, None while there is none, and how much credit to give back now (0: none yet)."""
        if not self._frames:
            return None, 0
        frame = self._frames.popleft()
        if isinstance(frame, Body | Said):
            self._held_bytes -= cost(frame)
            self._taken_bytes += cost(frame)
        if self._taken_bytes < WINDOW_BYTES // 4:
            return frame, 0
        credit, self._taken_bytes = self._taken_bytes, 0
        return frame, credit


class Allowance:
    """What may still be sent on one stream: a frame may go while anything is left."""

    def __init__(self) -> None:
        self._left_bytes = WINDOW_BYTES

    @property
    def is_open(self) -> bool:
        return self._left_bytes > 0

    def spend(self, frame: Body | Said) -> None:
        self._left_bytes -= cost(frame)

    def give(self, credit: Credit) -> None:
        """Raises BadReply for credit that nothing was sent for."""
        self._left_bytes += credit.size_bytes
        if self._left_bytes > WINDOW_BYTES:
            raise BadReply("credit came over the line for what was never sent")
