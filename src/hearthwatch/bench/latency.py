"""BM8 and BM9: from a picture's last RTP packet to the detector's answer, and from a person's entry to the alert."""

from __future__ import annotations

import math
import random
import threading
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import cache

import msgspec
import numpy as np

from hearthwatch.bench import entries
from hearthwatch.bench.contender import SETTLE_S, Child
from hearthwatch.bench.row import Guard, Row
from hearthwatch.bench.rtsp_server import Mount, RtspServer
from hearthwatch.bench.terms import Bench, Terms
from hearthwatch.detect.store import AUTO, Store
from hearthwatch.feeds.packet import Kind, Stream
from hearthwatch.feeds.rtsp import RtspFeed
from hearthwatch.feeds.source import Source, SourceKind
from hearthwatch.frames.decode import Decoder
from hearthwatch.kit.clock import Stop, SystemClock
from hearthwatch.kit.errors import Unreachable
from hearthwatch.kit.units import NS_PER_S, CameraId

OURS, OPENCV, FRIGATE = "ours", "opencv", "ffmpeg"
_PEER_NAMES = {OPENCV: "cv2.VideoCapture", FRIGATE: "Frigate's ffmpeg pipe"}
_EMPTY = "cam-1"
_ALERT_AT_MOST_S = 5.0
_ASK_S = 1.0


class Clockwork:
    """Watches the stream beside the contenders: at what time each numbered picture's last packet was here."""

    def __init__(self, url: str) -> None:
        self.sent: list[tuple[int, int]] = []
        self._stop = Stop()
        self._runs = threading.Event()
        clock = SystemClock()
        source = Source(camera=CameraId("cam-0"), stream=Stream.SUB, kind=SourceKind.RTSP, url=url, allow_loopback=True)
        self._feed = RtspFeed(source, clock=clock, rng=random.Random())  # noqa: S311 a client's nonce
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        opened = self._feed.open(self._stop)
        decoder = Decoder(CameraId("cam-0"), opened.info.video, fast=True)
        for packet in opened:
            if packet.kind is Kind.VIDEO:
                for frame in decoder.decode(packet):
                    number = entries.number_of(frame)
                    if number is not None:
                        self.sent.append((number, frame.received_ns))
                        self._runs.set()
        opened.close()

    def await_picture(self) -> None:
        """Return once the stream runs. Raises Unreachable after 10 s."""
        if not self._runs.wait(10.0):
            raise Unreachable("the RTSP server of this benchmark sends nothing")

    def close(self) -> None:
        self._stop.set()
        self._thread.join()


class _Answer(msgspec.Struct, frozen=True):
    """What a contender says when asked."""

    pictures: int
    dropped: int
    looked: int
    looks: list[tuple[int, int]]
    alerts: list[tuple[str, int]]


@dataclass(slots=True, kw_only=True)
class Heard:
    """All a contender said while it was measured; `pictures` are those of that time."""

    pictures: int = 0
    dropped: int = 0
    looks: list[tuple[int, int]] = field(default_factory=list)
    alerts: list[tuple[str, int]] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One stretch with all contenders on one stream. Times in milliseconds; `pictures` came by in that time."""

    pictures: int
    entered: int
    heard: Mapping[str, Heard]
    look_ms: Mapping[str, tuple[float, ...]]
    alert_ms: Mapping[str, tuple[float, ...]]
    on_empty: int


@cache
def _trial(terms: Terms, fps: int) -> Trial:
    every = entries.FPS // fps
    loops = max(1, math.ceil(terms.rounds * terms.round_s / entries.LOOP_S))
    mounts = [
        Mount(path="/entries", clip=entries.entries(terms, every=every)),
        Mount(path="/empty", clip=entries.empty(terms)),
    ]
    models = terms.data / "models"
    model = Store(folder=models).choose(AUTO).name
    clock, stop = SystemClock(), Stop()
    with ExitStack() as stack:
        server = stack.enter_context(RtspServer(mounts))
        url = server.url("/entries")
        # First and alone: GStreamer sends nobody anything when several clients wake a shared stream at the same instant.
        clockwork = Clockwork(url)
        stack.callback(clockwork.close)
        clockwork.await_picture()
        common = {"models": str(models), "model": model, "fps": fps}
        children = {
            OURS: stack.enter_context(Child("looking_child", kind=OURS, urls=[url, server.url("/empty")], **common)),
            **{kind: stack.enter_context(Child("looking_child", kind=kind, urls=[url], **common)) for kind in _PEER_NAMES},
        }
        clock.sleep(stop, SETTLE_S)
        first = {name: _asked(child) for name, child in children.items()}
        started_ns = clock.mono_ns()
        heard = {name: Heard() for name in children}
        for _ in range(math.ceil((loops * entries.LOOP_S + _ALERT_AT_MOST_S) / _ASK_S)):
            clock.sleep(stop, _ASK_S)
            for name, child in children.items():
                _note(heard[name], _asked(child), first[name])
        ended_ns = clock.mono_ns()
    firsts = entries.visits(every)
    sent = [one for one in clockwork.sent if started_ns <= one[1] < ended_ns]
    entered = [at_ns for number, at_ns in sent if number in firsts and at_ns < ended_ns - _ALERT_AT_MOST_S * NS_PER_S]
    return Trial(
        pictures=len(sent),
        entered=len(entered),
        heard=heard,
        look_ms={name: look_times_ms(one.looks, clockwork.sent) for name, one in heard.items()},
        alert_ms={
            name: alert_times_ms([at for camera, at in one.alerts if camera != _EMPTY], entered) for name, one in heard.items()
        },
        on_empty=sum(camera == _EMPTY for camera, _at in heard[OURS].alerts),
    )


def _asked(child: Child) -> _Answer:
    return msgspec.convert(child.ask(), _Answer)


def _note(heard: Heard, answer: _Answer, first: _Answer) -> None:
    heard.pictures, heard.dropped = answer.pictures - first.pictures, answer.dropped - first.dropped
    heard.looks += answer.looks
    heard.alerts += answer.alerts


def look_times_ms(looks: Sequence[tuple[int, int]], sent: Sequence[tuple[int, int]]) -> tuple[float, ...]:
    """Return how long each look took from the arrival of its picture; a number that comes again is the last one before."""
    arrivals: dict[int, list[int]] = {}
    for number, at_ns in sent:
        arrivals.setdefault(number, []).append(at_ns)
    times = []
    for number, at_ns in looks:
        before = [arrived for arrived in arrivals.get(number, ()) if arrived <= at_ns]
        if before:
            times.append((at_ns - before[-1]) / 1e6)
    return tuple(times)


def alert_times_ms(alerts: Sequence[int], entered: Sequence[int]) -> tuple[float, ...]:
    """Return how long after each entry the first alert came; an entry without one within 5 s is left out."""
    times = []
    for entry_ns in entered:
        after = [at_ns for at_ns in alerts if entry_ns <= at_ns < entry_ns + _ALERT_AT_MOST_S * NS_PER_S]
        if after:
            times.append((min(after) - entry_ns) / 1e6)
    return tuple(times)


def _guards(trial: Trial) -> tuple[Guard, ...]:
    ours = trial.heard[OURS]
    alerted = len(trial.alert_ms[OURS])
    return (
        Guard(what=f"{ours.dropped} pictures dropped of {ours.pictures}", held=ours.dropped == 0 and ours.pictures > 0),
        Guard(what=f"{trial.on_empty} alerts in the empty room", held=trial.on_empty == 0),
        Guard(what=f"{alerted} of {trial.entered} entries alerted", held=alerted == trial.entered > 0),
    )


def _peer_keeps_up(trial: Trial, peer: str) -> Guard:
    pictures = trial.heard[peer].pictures
    return Guard(what=f"the peer took {pictures} of {trial.pictures} pictures", held=pictures >= 0.98 * trial.pictures)


def _p(times_ms: Sequence[float], percent: float) -> float:
    return float(np.percentile(times_ms, percent)) if times_ms else math.inf


def _rows(bench: str, what: str, trial: Trial, times: Mapping[str, Sequence[float]], judged: _Judged) -> tuple[Row, ...]:
    """Return our p50 and p95, each with its limit, and the ratio of the medians to each peer."""
    ours = times[OURS]
    guards = _guards(trial)
    alone = tuple(
        Row(
            bench=bench,
            what=f"{what}, p{percent:.0f} of {len(ours)}",
            ours=_p(ours, percent),
            peer=None,
            peer_name="no peer",
            unit="ms",
            judged=_p(ours, percent),
            target=f"<= {limit_ms:.0f} ms",
            limit=limit_ms,
            rounds=len(ours),
            guards=guards,
        )
        for percent, limit_ms in ((50, judged.p50_ms), (95, judged.p95_ms))
    )
    beside = tuple(
        Row(
            bench=bench,
            what=f"{what}, p50 beside another way in",
            ours=_p(ours, 50),
            peer=_p(times[peer], 50),
            peer_name=_PEER_NAMES[peer],
            unit="ms",
            judged=_p(ours, 50) / _p(times[peer], 50),
            target=f"ratio <= {ratio:.2f}",
            limit=ratio,
            rounds=len(times[peer]),
            guards=(*guards, _peer_keeps_up(trial, peer)),
            note=f"peer's p95 {_p(times[peer], 95):.0f} ms",
        )
        for peer, ratio in judged.ratios.items()
    )
    return (*alone, *beside)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Judged:
    p50_ms: float
    p95_ms: float
    ratios: Mapping[str, float]


def pipeline(terms: Terms) -> tuple[Row, ...]:
    """BM8."""
    judged = _Judged(p50_ms=30, p95_ms=60, ratios={OPENCV: 0.25, FRIGATE: 0.10})
    rows: list[Row] = []
    for fps in (10, 5):
        trial = _trial(terms, fps)
        rows += _rows("BM8", f"last RTP packet to the detector's answer, {fps} fps", trial, trial.look_ms, judged)
    return tuple(rows)


def alerting(terms: Terms) -> tuple[Row, ...]:
    """BM9."""
    trial = _trial(terms, 10)
    judged = _Judged(p50_ms=350, p95_ms=1300, ratios={FRIGATE: 0.5})
    return _rows("BM9", "a person's first picture to the alert, 10 fps", trial, trial.alert_ms, judged)


BM8 = Bench(name="bm8", what="pipeline latency, beside cv2.VideoCapture and Frigate's ffmpeg pipe", measure=pipeline)
BM9 = Bench(name="bm9", what="entry to alert, beside Frigate's ffmpeg pipe with the same detector", measure=alerting)
