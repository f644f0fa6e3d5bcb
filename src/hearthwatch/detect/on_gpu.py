"""A network at the graphics processor (GPU): it runs in a process of its own, which has the driver and sees nothing but pixels.

A driver wants calls to its device, which the box around whatever decodes pictures lets nobody make. So the box decodes and asks
over a line; what comes back is numbers, and they are taken for no more than that.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from hearthwatch.detect.families import Floats
from hearthwatch.kit.channel import Channel
from hearthwatch.kit.errors import BadReply, Unsupported

_MOST_DIMENSIONS = 4
_LONGEST_SIDE_PX = 4096


class OpenGpu(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Load this model there. Answered by GpuReady or NoGpu."""

    model: str
    models_folder: str
    hand_placed: str = ""


class GpuReady(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """`device` is the name its driver gives it."""

    device: str


class NoGpu(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """`error` says in words for the owner why there is none."""

    error: str


class Pixels(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """`bgr` are `high` rows of `wide` pixels of three bytes. Answered by Numbers or Failed."""

    wide: int
    high: int
    bgr: bytes


class Block(msgspec.Struct, frozen=True, kw_only=True):
    """An array of float32 of this machine's byte order, last axis first to change."""

    shape: tuple[int, ...]
    values: bytes


class Numbers(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """What the network put out."""

    outputs: tuple[Block, ...]


class Failed(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    error: str


ToGpu = OpenGpu | Pixels
FromGpu = GpuReady | NoGpu | Numbers | Failed


class GpuEngine:
    """An Engine at the other end of a line. Its `run` raises Unreachable as well, when the process there is gone."""

    def __init__(self, line: Channel[FromGpu], wish: OpenGpu) -> None:
        """Raises Unsupported where there is no GPU, or it does not take the model; Unreachable."""
        self._line = line
        line.send(wish)
        match line.receive():
            case GpuReady(device=device):
                self.device = device
            case NoGpu(error=error):
                raise Unsupported(error)
            case _:
                raise BadReply("the process at the graphics processor answers out of turn")

    def run(self, bgr: NDArray[np.uint8]) -> Sequence[Floats]:
        """See Engine."""
        high, wide = bgr.shape[:2]
        self._line.send(Pixels(wide=wide, high=high, bgr=bgr.tobytes()))
        match self._line.receive():
            case Numbers(outputs=outputs):
                return tuple(map(array_of, outputs))
            case Failed(error=error):
                raise BadReply(error)
            case _:
                raise BadReply("the process at the graphics processor answers out of turn")

    def close(self) -> None:
        self._line.close()


def block_of(output: Floats) -> Block:
    """Return an array as it goes over the line."""
    return Block(shape=output.shape, values=np.ascontiguousarray(output, np.float32).tobytes())


def array_of(block: Block) -> Floats:
    """Return the array of `block`. Raises BadReply when it is none."""
    shape = block.shape
    if len(shape) > _MOST_DIMENSIONS or min(shape, default=1) < 1 or math.prod(shape) * 4 != len(block.values):
        raise BadReply(f"the process at the graphics processor answers {len(block.values)} bytes for an array of {shape}")
    return np.frombuffer(block.values, np.float32).reshape(shape)


def picture_of(pixels: Pixels) -> NDArray[np.uint8]:
    """Return the picture (H, W, 3). Raises BadReply when it is none."""
    wide, high = pixels.wide, pixels.high
    if not (0 < wide <= _LONGEST_SIDE_PX and 0 < high <= _LONGEST_SIDE_PX) or wide * high * 3 != len(pixels.bgr):
        raise BadReply(f"{len(pixels.bgr)} bytes are no picture of {wide}x{high}")
    return np.frombuffer(pixels.bgr, np.uint8).reshape(high, wide, 3)
