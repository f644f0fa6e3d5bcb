"""BM1, BM2, BM3: what watching a sub-stream costs (connection, decoding, motion), beside Motion and bare decoding by ffmpeg."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from functools import cache

from hearthwatch.bench import footage
from hearthwatch.bench.contender import Child, Contender, Ffmpeg, MotionDaemon, Result, compete, scratch
from hearthwatch.bench.row import Guard, Row
from hearthwatch.bench.rtsp_server import RtspServer
from hearthwatch.bench.terms import Bench, Terms

_OURS, _MOTION, _FFMPEG = "Hearthwatch", "Motion", "ffmpeg"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Watched:
    cameras: int
    result: Result
    guards: tuple[Guard, ...]


@cache
def _watched(terms: Terms, kbps: int, cameras: int) -> _Watched:
    """Run all three on `cameras` connections to one stream."""
    path = f"/sub{kbps}"
    with ExitStack() as stack:
        server = stack.enter_context(RtspServer([footage.sub(terms, path=path, kbps=kbps)]))
        urls = [server.url(path)] * cameras
        folder = stack.enter_context(scratch())
        ours = stack.enter_context(Child("watching_child", urls=urls))
        decode = [["-rtsp_transport", "tcp", "-threads", "1", "-i", url, "-an", "-f", "null", "-"] for url in urls]
        ffmpeg = stack.enter_context(Ffmpeg(folder, *decode))
        daemon = stack.enter_context(MotionDaemon(folder, urls, width_px=640, height_px=480, fps=footage.FPS))
        contenders: dict[str, Contender] = {_OURS: ours, _MOTION: daemon, _FFMPEG: ffmpeg}
        result = compete(contenders, rounds=terms.rounds, round_s=terms.round_s, pictures_per_s=footage.FPS * cameras)
        counts, events = ours.ask(), daemon.events()
    guards = (
        Guard(
            what=f"{counts['pictures']} pictures, {counts['dropped']} dropped, {counts['lost']} packets lost",
            held=not counts["dropped"] and not counts["lost"] and counts["pictures"] > 0,
        ),
        Guard(
            what=f"ours saw motion in {counts['moving']} pictures, Motion {events} times",
            held=0 < counts["moving"] < counts["pictures"] / 2 and events > 0,
        ),
    )
    return _Watched(cameras=cameras, result=result, guards=guards)


def _row(name: str, what: str, watched: _Watched, peer: str, *, limit: float, peer_name: str) -> Row:
    result = watched.result
    return Row(
        bench=name,
        what=what,
        ours=result.cpu_frac(_OURS) * 100 / watched.cameras,
        peer=result.cpu_frac(peer) * 100 / watched.cameras,
        peer_name=peer_name,
        unit="% core a camera",
        judged=result.cpu_ratio(_OURS, peer),
        target=f"ratio <= {limit:.2f}",
        limit=limit,
        rounds=len(result.rounds),
        guards=watched.guards,
        note=_memory(result, peer),
    )


def _memory(result: Result, peer: str) -> str:
    return f"memory {result.resident_bytes(_OURS) / 1e6:.0f} MB, peer {result.resident_bytes(peer) / 1e6:.0f} MB"


def one_camera(terms: Terms) -> tuple[Row, ...]:
    """BM1."""
    return tuple(
        _row(
            "BM1",
            f"watch one camera, 640x480@10, {kbps} kbit/s",
            _watched(terms, kbps, 1),
            _MOTION,
            limit=0.80,
            peer_name="Motion",
        )
        for kbps in (160, 500)
    )


def eight_cameras(terms: Terms) -> tuple[Row, ...]:
    """BM2."""
    return (
        _row(
            "BM2",
            "watch 8 cameras, 160 kbit/s each",
            _watched(terms, 160, 8),
            _MOTION,
            limit=0.65,
            peer_name="Motion, 8 cameras",
        ),
    )


def beside_decoding(terms: Terms) -> tuple[Row, ...]:
    """BM3."""
    what, peer = "the same beside decoding alone", "ffmpeg -threads 1 -f null"
    return (
        _row("BM3", f"{what}, one camera, 160 kbit/s", _watched(terms, 160, 1), _FFMPEG, limit=1.25, peer_name=peer),
        _row("BM3", f"{what}, one camera, 500 kbit/s", _watched(terms, 500, 1), _FFMPEG, limit=1.25, peer_name=peer),
        _row("BM3", f"{what}, 8 cameras", _watched(terms, 160, 8), _FFMPEG, limit=1.10, peer_name=f"8 x {peer}"),
    )


BM1 = Bench(name="bm1", what="watch one camera, beside the Motion daemon", measure=one_camera)
BM2 = Bench(name="bm2", what="watch 8 cameras, beside the Motion daemon", measure=eight_cameras)
BM3 = Bench(name="bm3", what="watch cameras, beside ffmpeg that only decodes", measure=beside_decoding)
