"""BM10: from connecting to the first decoded picture, and from a cut cable to the next one, beside PyAV's default way."""

from __future__ import annotations

import statistics
from contextlib import ExitStack

import msgspec

from hearthwatch.bench import footage
from hearthwatch.bench.cable import Cable
from hearthwatch.bench.contender import Child
from hearthwatch.bench.row import Guard, Row
from hearthwatch.bench.rtsp_server import RtspServer
from hearthwatch.bench.terms import Bench, Terms
from hearthwatch.kit.clock import Stop, SystemClock

_OURS, _PYAV = "ours", "pyav"
_WAIT_S = 12.0
_POLL_S = 0.1
_WATCH_S = 11.0
"""Long enough to count as a healthy connection."""


class _Firsts(msgspec.Struct, frozen=True):
    """When a contender began and when the first picture of each of its connections was there, by the machine's clock."""

    began_ns: int
    first_ns: list[int]


def _await(child: Child, after_ns: int) -> int | None:
    """Return the first first picture after `after_ns`; None when there is none in time."""
    clock, stop = SystemClock(), Stop()
    while clock.mono_ns() < after_ns + _WAIT_S * 1e9:
        clock.sleep(stop, _POLL_S)
        found = [at_ns for at_ns in msgspec.convert(child.ask(), _Firsts).first_ns if at_ns > after_ns]
        if found:
            return found[0]
    return None


def _round(terms: Terms, kind: str) -> tuple[float | None, float | None]:
    """Return the seconds to the first picture of a fresh camera, and to the next after a cut. Alone on its server: the
    stream then begins with a key frame whenever somebody comes, so that nobody's time depends on when he comes."""
    clock = SystemClock()
    with ExitStack() as stack:
        server = stack.enter_context(RtspServer([footage.sub(terms, path="/sub", kbps=500)]))
        cable = stack.enter_context(Cable(server.port))
        child = stack.enter_context(Child("connecting_child", kind=kind, url=f"rtsp://127.0.0.1:{cable.port}/sub"))
        began_ns = msgspec.convert(child.ask(), _Firsts).began_ns
        first_ns = _await(child, began_ns)
        clock.sleep(Stop(), _WATCH_S)
        cut_ns = clock.mono_ns()
        cable.cut()
        next_ns = _await(child, cut_ns)
    return tuple(None if at is None else (at - since) / 1e9 for at, since in ((first_ns, began_ns), (next_ns, cut_ns)))  # type: ignore[return-value]


def connecting(terms: Terms) -> tuple[Row, ...]:
    """BM10."""
    seen = {kind: [_round(terms, kind) for _ in range(terms.rounds)] for kind in (_OURS, _PYAV)}
    rows = []
    for place, what in enumerate(("connecting to the first decoded picture", "a cut cable to the next decoded picture")):
        ours, peer = ([one[place] for one in seen[kind] if one[place] is not None] for kind in (_OURS, _PYAV))
        times, peers = [one for one in ours if one is not None], [one for one in peer if one is not None]
        mine, theirs = statistics.median(times), statistics.median(peers)
        rows.append(
            Row(
                bench="BM10",
                what=what,
                ours=mine,
                peer=theirs,
                peer_name="PyAV, default options",
                unit="s",
                judged=mine,
                target="<= 0.3 s",
                limit=0.3,
                rounds=terms.rounds,
                guards=(Guard(what=f"{len(times)} of {terms.rounds} rounds had a picture", held=len(times) == terms.rounds),),
                note=f"longest {max(times):.2f} s, peer's {max(peers):.2f} s, ratio {mine / theirs:.2f}",
            )
        )
    return tuple(rows)


BM10 = Bench(name="bm10", what="time to the first picture and back after a cut, beside PyAV", measure=connecting)
