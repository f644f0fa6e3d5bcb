"""BM14: what a snapshot costs, a decoded 1080p picture made a JPEG, beside the usual way over BGR."""

from __future__ import annotations

import statistics
from collections.abc import Callable

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from hearthwatch.bench import footage
from hearthwatch.bench.cpu import own_cpu_ns
from hearthwatch.bench.row import Guard, Row
from hearthwatch.bench.rtsp_server import encoded
from hearthwatch.bench.terms import Bench, Terms
from hearthwatch.frames.decode import frame_of
from hearthwatch.frames.frame import Frame
from hearthwatch.frames.jpeg import QUALITY, encode
from hearthwatch.kit.units import CameraId, MonoNs, WallUs

_LIMIT = 0.75
_TIMES = 20
_LEAST_PSNR_DB = 35.0


def _picture(terms: Terms) -> Frame:
    with av.open(str(encoded(footage.full_hd(terms)))) as container:
        picture = next(container.decode(video=0))
    return frame_of(picture, camera=CameraId("bench"), seq=1, wall_us=WallUs(0), received_ns=MonoNs(0), pts_s=0.0)


def _bgr(frame: Frame) -> NDArray[np.uint8]:
    planes = np.concatenate([np.ascontiguousarray(plane).ravel() for plane in (frame.y, frame.u, frame.v)])
    whole = planes.reshape(frame.height_px * 3 // 2, frame.width_px)
    return np.asarray(cv2.cvtColor(whole, cv2.COLOR_YUV2BGR_I420), np.uint8)


def _by_opencv(frame: Frame) -> bytes:
    return bytes(cv2.imencode(".jpg", _bgr(frame), [cv2.IMWRITE_JPEG_QUALITY, QUALITY])[1])


def _took_ms(encoder: Callable[[Frame], bytes], frame: Frame) -> float:
    begun_ns = own_cpu_ns()
    for _ in range(_TIMES):
        encoder(frame)
    return (own_cpu_ns() - begun_ns) / 1e6 / _TIMES


def measure(terms: Terms) -> tuple[Row, ...]:
    """BM14."""
    cv2.setNumThreads(1)
    frame = _picture(terms)
    ours_jpeg, peer_jpeg = encode(frame), _by_opencv(frame)
    pairs = [(_took_ms(encode, frame), _took_ms(_by_opencv, frame)) for _ in range(terms.rounds)]
    shown = cv2.imdecode(np.frombuffer(ours_jpeg, np.uint8), cv2.IMREAD_COLOR)
    alike_db = cv2.PSNR(np.asarray(shown, np.uint8), _bgr(frame)) if shown is not None else 0.0
    return (
        Row(
            bench="BM14",
            what="1080p snapshot from a decoded picture",
            ours=statistics.median(ours for ours, _ in pairs),
            peer=statistics.median(peer for _, peer in pairs),
            peer_name="cvtColor + cv2.imencode",
            unit="ms",
            judged=statistics.median(ours / peer for ours, peer in pairs),
            target=f"ratio <= {_LIMIT}",
            limit=_LIMIT,
            rounds=len(pairs),
            note=f"{len(ours_jpeg) // 1000} kB, peer {len(peer_jpeg) // 1000} kB",
            guards=(
                Guard(what=f"the JPEG shows the picture to {alike_db:.1f} dB", held=alike_db >= _LEAST_PSNR_DB),
                Guard(what="it is no larger than the peer's by a tenth", held=len(ours_jpeg) < len(peer_jpeg) * 1.1),
            ),
        ),
    )


BM14 = Bench(name="bm14", what="1080p snapshot, beside cv2.imencode", measure=measure)
