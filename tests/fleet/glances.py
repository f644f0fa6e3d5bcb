"""Glances and answers to send about, and an engine of the work queue behind its Protocols."""

from __future__ import annotations

from hearthwatch.detect.detection import Detection
from hearthwatch.detect.glance import Answer, Glance, Piece
from hearthwatch.frames.geometry import WHOLE, Box
from hearthwatch.kit.units import CameraId, WallUs


def glance(camera: str = "gate", at_us: int = 1, *, pieces: int = 1) -> Glance:
    """A glance whose pieces are no pictures: queues do not look."""
    piece = Piece(box=WHOLE, jpeg=f"{camera} {at_us}".encode())
    return Glance(camera=CameraId(camera), at_us=WallUs(at_us), pieces=(piece,) * pieces)


def answer_to(glance: Glance, by: str = "worker") -> Answer:
    """One person in each piece, whose score tells when the picture was taken."""
    found = Detection(label="person", score=glance.at_us / 1000, box=Box(x0=0.1, y0=0.1, x1=0.5, y1=0.9))
    return Answer(found=((found,),) * len(glance.pieces), model=by, took_ms=1.0)
