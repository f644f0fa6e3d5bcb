"""BM13: what one more camera costs: processor time and memory of the whole watching path, 1 camera beside 16."""

from __future__ import annotations

from hearthwatch.bench import footage
from hearthwatch.bench.contender import Child, Result, compete
from hearthwatch.bench.row import Guard, Row
from hearthwatch.bench.rtsp_server import RtspServer
from hearthwatch.bench.terms import Bench, Terms
from hearthwatch.detect.store import AUTO, Store

_MANY = 16
_OURS = "Hearthwatch"


def _watch(terms: Terms, cameras: int) -> tuple[Result, Guard]:
    models = terms.data / "models"
    with RtspServer([footage.sub(terms, path="/sub", kbps=160)]) as server:
        urls = [server.url("/sub")] * cameras
        settings = {"kind": "ours", "urls": urls, "models": str(models), "model": Store(folder=models).choose(AUTO).name}
        with Child("looking_child", **settings) as child:
            result = compete({_OURS: child}, rounds=terms.rounds, round_s=terms.round_s, pictures_per_s=footage.FPS * cameras)
            counts = child.ask()
    said = f"{cameras} cameras: {counts['pictures']} pictures, {counts['dropped']} dropped, {counts['looked']} looks"
    return result, Guard(what=said, held=counts["dropped"] == 0 and counts["looked"] > 0)


def scaling(terms: Terms) -> tuple[Row, ...]:
    """BM13."""
    (one, first), (many, second) = _watch(terms, 1), _watch(terms, _MANY)
    alone, shared = one.cpu_frac(_OURS) * 100, many.cpu_frac(_OURS) * 100 / _MANY
    slope_mb = (many.resident_bytes(_OURS) - one.resident_bytes(_OURS)) / (_MANY - 1) / 1e6
    guards = (first, second)
    return (
        Row(
            bench="BM13",
            what=f"watch {_MANY} cameras with the detector, each beside one alone",
            ours=shared,
            peer=alone,
            peer_name="ours, 1 camera",
            unit="% core a camera",
            judged=shared / alone,
            target="ratio <= 1.00",
            limit=1.0,
            rounds=len(many.rounds),
            guards=guards,
        ),
        Row(
            bench="BM13",
            what="memory of one more camera",
            ours=slope_mb,
            peer=None,
            peer_name="no peer",
            unit="MB",
            judged=slope_mb,
            target="<= 8 MB",
            limit=8.0,
            rounds=len(many.rounds),
            guards=guards,
            note=f"{one.resident_bytes(_OURS) / 1e6:.0f} MB with 1, {many.resident_bytes(_OURS) / 1e6:.0f} MB with {_MANY}",
        ),
    )


BM13 = Bench(name="bm13", what="1 to 16 cameras: processor time and memory of each", measure=scaling)
