"""A looker job: the looker's box around one decoder, for one picture or one viewer without video; ends with its line."""

from __future__ import annotations

import sys

import cv2

from hearthwatch.feeds.packet import Kind
from hearthwatch.frames.decode import Decoder
from hearthwatch.frames.frame import Frame
from hearthwatch.frames.geometry import WHOLE
from hearthwatch.frames.jpeg import encode, small
from hearthwatch.kit import logs
from hearthwatch.kit.channel import Channel, inherited
from hearthwatch.kit.errors import Unreachable
from hearthwatch.run import sandbox
from hearthwatch.run.child import leave
from hearthwatch.run.job_messages import Jpeg, ToJob, WantJpeg, WantSmall
from hearthwatch.run.messages import Begin, Media


def _serve(channel: Channel[ToJob]) -> None:
    decoder: Decoder | None = None
    newest: Frame | None = None
    while True:
        match channel.receive():
            case Begin(run=run, info=info):
                decoder, newest = Decoder(run.camera, info.video), None
            case Media(packet=packet) if decoder is not None and packet.kind is Kind.VIDEO:
                newest = next(reversed(decoder.decode(packet)), newest)
            case WantJpeg(max_width_px=max_width_px):
                if newest is None and decoder is not None:
                    newest = next(reversed(decoder.flush()), None)
                channel.send(Jpeg(jpeg=encode(newest, max_width_px=max_width_px) if newest else b""))
            case WantSmall(box=box, max_bytes=max_bytes):
                if newest is None and decoder is not None:
                    newest = next(reversed(decoder.flush()), None)
                channel.send(Jpeg(jpeg=small(newest, box or WHOLE, max_bytes) if newest else b""))
            case _:
                pass


def main() -> None:
    logs.set_up("job")
    cv2.setNumThreads(1)
    channel: Channel[ToJob] = Channel(inherited(int(sys.argv[1])), ToJob)
    sandbox.enter()
    try:
        _serve(channel)
    except Unreachable:
        leave()


if __name__ == "__main__":
    main()
