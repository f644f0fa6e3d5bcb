"""A burning job: the looker's box around a decoder and an encoder, which draw date and time into the pictures between them."""

from __future__ import annotations

import os
import sys

import cv2
import numpy as np

from hearthwatch.feeds.encoder import H264Encoder
from hearthwatch.feeds.packet import Kind, VideoInfo
from hearthwatch.frames.decode import Decoder
from hearthwatch.frames.frame import Frame
from hearthwatch.frames.stamp import shrunk, stamped
from hearthwatch.kit import logs
from hearthwatch.kit.channel import Channel, inherited
from hearthwatch.kit.errors import Unreachable, Unsupported
from hearthwatch.run import sandbox
from hearthwatch.run.child import leave
from hearthwatch.run.job_messages import Burn, BurntOut, Coded, Enough, ToBurn
from hearthwatch.run.messages import Begin, Media

_MEMORY_BYTES = 2 << 30
_NICE = 10
_FPS = 15.0
"""What the encoder takes for the pace; only how often it makes a key frame hangs on it."""


class _Burner:
    """One clip: pictures in, pictures with the time in them out."""

    def __init__(self, channel: Channel[ToBurn], wish: Burn) -> None:
        self._channel = channel
        self._wish = wish
        self._encoder: H264Encoder | None = None
        self._size = (0, 0)

    def take(self, frames: list[Frame]) -> None:
        """Raises Unsupported for a picture no encoder here takes."""
        for frame in frames:
            if frame.wall_us < self._wish.from_us:
                continue
            wide = self._wish.max_width_px
            picture = stamped(shrunk(frame, wide) if wide else frame, self._wish.offset_s)
            info: VideoInfo | None = None
            if self._encoder is None:
                self._size = picture.shape
                self._encoder = H264Encoder(picture.shape[1], picture.shape[0] * 2 // 3, _FPS)
                info = self._encoder.info
            if picture.shape != self._size:
                continue  # a stream that changes its size without saying so
            for coded in self._encoder.encode(picture, frame.wall_us * 9 // 100):
                self._channel.send(Coded(wall_us=frame.wall_us, data=coded.data, is_key=coded.is_key, info=info))
                info = None


def _serve(channel: Channel[ToBurn]) -> None:
    wish = channel.receive()
    assert isinstance(wish, Burn)
    burner, decoder = _Burner(channel, wish), None
    while True:
        match channel.receive():
            case Begin(run=run, info=info):
                burner.take(decoder.flush() if decoder is not None else [])
                decoder = Decoder(run.camera, info.video)
            case Media(packet=packet) if decoder is not None and packet.kind is Kind.VIDEO:
                burner.take(decoder.decode(packet))
            case Enough():
                burner.take(decoder.flush() if decoder is not None else [])
                return
            case _:
                pass


def _rehearse() -> None:
    """Have all libraries load what they load late, before the box closes."""
    grey = np.full((32, 32), 128, np.uint8)
    encoder = H264Encoder(32, 32, _FPS)
    encoder.encode(np.concatenate([grey, grey[:16]]), 0)


def main() -> None:
    logs.set_up("burning")
    cv2.setNumThreads(1)
    channel: Channel[ToBurn] = Channel(inherited(int(sys.argv[1])), ToBurn)
    _rehearse()
    os.nice(_NICE)
    sandbox.enter(memory_bytes=_MEMORY_BYTES)
    try:
        try:
            _serve(channel)
            channel.send(BurntOut())
        except Unsupported as error:
            channel.send(BurntOut(error=str(error)))
    except Unreachable:
        leave()
    leave()


if __name__ == "__main__":
    main()
