"""`python -m tests.runs.workers [--seconds S] [--trials N] [--json FILE]`: detection elsewhere, measured: pictures a second with 1, 2
and 4 workers, how long one waits for its answer, what a worker that is killed costs, and whether the answers are the same.

Workers are real processes of `hearthwatch worker`, which look in their boxes, behind a real nats-server or a node port with
certificates. Rows of the `stand-in` have workers that wait 50 ms instead of looking, as a GPU would: they show what the queue
bears, and nothing of a GPU.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import datetime as dt
import itertools
import json
import os
import platform
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import nats

from hearthwatch.detect.detection import Looked
from hearthwatch.detect.glance import Answer, Glance
from hearthwatch.detect.load import load_detector
from hearthwatch.detect.regions import put_together
from hearthwatch.detect.store import Store
from hearthwatch.fleet.node import NodeId
from hearthwatch.fleet.work import LEASE_S, PATIENCE_S, Offers
from hearthwatch.fleet.work_https import HttpsOffers
from hearthwatch.fleet.work_nats import NatsOffers, NatsWork, prepare
from hearthwatch.kit import logs
from hearthwatch.kit.clock import SystemClock
from hearthwatch.kit.errors import HearthwatchError
from hearthwatch.run.analyze import Visit, analyze
from hearthwatch.run.detect_job import look
from hearthwatch.run.pieces import cut
from hearthwatch.run.worker import Worker
from tests.fleet.nats_server import nats_server
from tests.fleet.node_ports import HELPER, Fleet

ROOT = Path(__file__).parents[2]
DATA = Path(os.environ.get("HEARTHWATCH_TEST_DATA", ROOT.parent / "shared" / "data"))
EVIDENCE = ROOT / "docs" / "evidence" / "workers.json"
MODEL = "nanodet_plus_m_416"
CLIPS = ("indoor_one_by_one.mp4", "ir_hall_person.mp4", "suburb_cars.mp4", "walkway_people.mp4", "worker_zone.mp4")
STAND_IN_MS = 50
_CAMERAS = 4
_NODES = [NodeId(f"node{letter}{letter}{letter}{letter}") for letter in "abcd"]
_READY_S = 300.0


@dataclass
class Far:
    """A Detector that looks at what would travel: cut, coded, decoded, put together."""

    detector: object
    sizes: list[int] = field(default_factory=list)

    @property
    def name(self) -> str:
        return MODEL

    @property
    def labels(self) -> tuple[str, ...]:
        return self.detector.labels

    def detect(self, frame, regions) -> Looked:
        glance = cut(frame, regions)
        self.sizes.append(sum(len(piece.jpeg) for piece in glance.pieces))
        return put_together(frame, regions, glance.pieces, look(glance, self.detector, SystemClock()))

    def close(self) -> None:
        pass


class Kept:
    """A Detector that finds nothing and keeps the glances it was asked for."""

    name, labels = MODEL, ("person", "car", "dog", "cat")

    def __init__(self) -> None:
        self.glances: list[Glance] = []

    def detect(self, frame, regions) -> Looked:
        self.glances.append(cut(frame, regions))
        return Looked(
            camera=frame.camera,
            frame_seq=frame.seq,
            wall_us=frame.wall_us,
            detections=(),
            regions=tuple(regions),
            model=MODEL,
            took_ms=0.0,
        )

    def close(self) -> None:
        pass


def glances() -> list[Glance]:
    """What an eye asks of a real clip."""
    kept = Kept()
    analyze(DATA / "videos" / "worker_zone.mp4", detector=kept, clock=SystemClock(), found=lambda _visit: None)
    return kept.glances


def same_answers(clips: Sequence[str]) -> list[dict[str, object]]:
    """Look at whole clips here and as the hub would, and compare when somebody or something was there."""
    store = Store(folder=Path("/nowhere"), hand_placed=DATA / "models")
    detector = load_detector(MODEL, store, clock=SystemClock())
    rows = []
    for clip in clips:
        far = Far(detector)
        here, there = (_visits(clip, each) for each in (detector, far))
        far.sizes.sort()
        rows.append(
            {
                "clip": clip,
                "events_here": len(here),
                "events_hub": len(there),
                "time_in_common": round(overlap(here, there), 3),
                "glance_bytes_p50": far.sizes[len(far.sizes) // 2],
                "glance_bytes_max": far.sizes[-1],
                "glances": len(far.sizes),
            }
        )
        print(rows[-1], flush=True)
    return rows


def _visits(clip: str, detector: object) -> list[Visit]:
    found: list[Visit] = []
    analyze(DATA / "videos" / clip, detector=detector, clock=SystemClock(), found=found.append)
    return found


def overlap(one: Sequence[Visit], other: Sequence[Visit]) -> float:
    """Return the time both say the same label is there, as a share of that which either says; in steps of a tenth of a second."""

    def moments(visits: Sequence[Visit]) -> set[tuple[str, int]]:
        return {(v.label, tenth) for v in visits for tenth in range(round(v.start_s * 10), round(v.end_s * 10) + 1)}

    a, b = moments(one), moments(other)
    return len(a & b) / len(a | b) if a | b else 1.0


@dataclass
class Bench:
    """`start` begins a worker process, and returns once it looks."""

    offers: Callable[[NodeId], Awaitable[Offers]]
    start: Callable[[bool], Awaitable[subprocess.Popen[bytes]]]


@asynccontextmanager
async def by_nats(folder: Path) -> AsyncIterator[Bench]:
    async with nats_server(folder) as url:
        client = await nats.connect(url)
        await prepare(client)

        async def offers(node: NodeId) -> Offers:
            made = NatsOffers(client, node)
            await made.open()
            return made

        try:
            yield Bench(offers, lambda stands_in: asyncio.to_thread(_process, url, folder, stands_in))
        finally:
            await client.close()


@asynccontextmanager
async def by_https(folder: Path) -> AsyncIterator[Bench]:
    fleet = Fleet(folder, lease_s=LEASE_S, patience_s=PATIENCE_S)
    await fleet.open()
    fleet.keep_identity(HELPER, folder / "helper")

    async def offers(node: NodeId) -> Offers:
        return HttpsOffers(fleet.link(node))

    try:
        yield Bench(offers, lambda stands_in: asyncio.to_thread(_process, "", folder / "helper", stands_in))
    finally:
        await fleet.close()


def _process(hub: str, data: Path, stands_in: bool) -> subprocess.Popen[bytes]:
    words = ["-m", "hearthwatch", "worker", "--data", str(data), "--model", MODEL, *(("--hub", hub) if hub else ())]
    if stands_in:
        words = ["-m", "tests.runs.workers", "--stand-in", hub]
    env = {**os.environ, "HEARTHWATCH_MODELS": str(DATA / "models")}
    with tempfile.NamedTemporaryFile() as log:
        process = subprocess.Popen([sys.executable, *words], env=env, cwd=ROOT, stdout=log, stderr=log)
        ends = time.monotonic() + _READY_S
        while b"looking with" not in Path(log.name).read_bytes():
            assert process.poll() is None, Path(log.name).read_text()
            assert time.monotonic() < ends, "a worker does not come up"
            time.sleep(0.05)
    return process


class _Waits:
    """A Looks that waits as long as a GPU might take, and finds nothing."""

    told = f"a stand-in that waits {STAND_IN_MS} ms"

    async def look(self, glance: Glance) -> Answer:
        await asyncio.sleep(STAND_IN_MS / 1000)
        return Answer(found=((),) * len(glance.pieces), model="stand-in", took_ms=float(STAND_IN_MS))

    async def close(self) -> None:
        pass


async def stand_in(url: str) -> None:
    logs.set_up("worker")
    client = await nats.connect(url)
    work = NatsWork(client)
    await work.open()

    async def begin() -> _Waits:
        return _Waits()

    await Worker(work, begin, SystemClock()).run()


@dataclass
class Tally:
    took_s: list[float] = field(default_factory=list)
    unanswered: list[str] = field(default_factory=list)

    def row(self, seconds: float) -> dict[str, object]:
        took = sorted(self.took_s) or [0.0]
        return {
            "answered": len(self.took_s),
            "unanswered": len(self.unanswered),
            "seconds": round(seconds, 1),
            "per_s": round(len(self.took_s) / seconds, 1),
            "p50_ms": round(took[len(took) // 2] * 1000, 1),
            "p95_ms": round(took[len(took) * 95 // 100] * 1000, 1),
            "max_ms": round(took[-1] * 1000, 1),
        }


async def ask(bench: Bench, sent: Sequence[Glance], tally: Tally, *, seconds: float, every_s: float = 0.0) -> None:
    """Have four nodes of four cameras offer: each camera the next picture once the last is answered, and not before `every_s`."""
    ends = time.monotonic() + seconds

    async def camera(offers: Offers, name: str, first: int) -> None:
        if every_s:
            await asyncio.sleep(random.random() * every_s)
        for glance in itertools.islice(itertools.cycle(sent), first, None):
            started = time.monotonic()
            if started > ends:
                return
            try:
                await offers.offer(Glance(camera=name, at_us=glance.at_us, pieces=glance.pieces))
            except HearthwatchError as error:
                tally.unanswered.append(str(error))
            else:
                tally.took_s.append(time.monotonic() - started)
            await asyncio.sleep(max(0.0, started + every_s - time.monotonic()))

    ends_of = [await bench.offers(node) for node in _NODES]
    async with asyncio.TaskGroup() as tasks:
        for at, offers in enumerate(ends_of):
            for number in range(_CAMERAS):
                tasks.create_task(camera(offers, f"camera{number}", at * _CAMERAS + number))


@asynccontextmanager
async def working(
    bench: Bench, count: int, sent: Sequence[Glance], *, stands_in: bool
) -> AsyncIterator[list[subprocess.Popen[bytes]]]:
    """Lend so many workers."""
    workers = [await bench.start(stands_in) for _ in range(count)]
    try:
        offers = await bench.offers(NodeId("warmwarm"))
        for _ in range(3 * count):
            with contextlib.suppress(HearthwatchError):
                await offers.offer(sent[0])
        yield workers
    finally:
        for worker in workers:
            worker.terminate()
        for worker in workers:
            await asyncio.to_thread(worker.wait)


async def measure(engine: str, counts: Sequence[int], sent: Sequence[Glance], *, seconds: float, stands_in: bool) -> list[dict]:
    rows = []
    engines = {"nats": by_nats, "https": by_https}
    for count in counts:
        with tempfile.TemporaryDirectory() as folder:
            async with engines[engine](Path(folder)) as bench, working(bench, count, sent, stands_in=stands_in):
                full, calm = Tally(), Tally()
                await ask(bench, sent, full, seconds=seconds)
                await ask(bench, sent, calm, seconds=seconds, every_s=4.0)
        row = {"engine": engine, "workers": count, "looks": "stand-in 50 ms" if stands_in else MODEL}
        rows.append({**row, "as_much_as_goes": full.row(seconds), "four_a_second": calm.row(seconds)})
        print(json.dumps(rows[-1]), flush=True)
    return rows


async def killed(trials: int, sent: Sequence[Glance]) -> dict[str, object]:
    """Kill -9 one of two workers while it has a picture, again and again; another takes its place.

    It is stopped first: the queue hands it the next picture all the same, which it has then, unanswered, when it is killed.
    """
    tally = Tally()
    rng = random.Random(8)
    with tempfile.TemporaryDirectory() as folder:
        async with by_nats(Path(folder)) as bench, working(bench, 2, sent, stands_in=False) as workers:
            started = time.monotonic()
            for _ in range(trials):
                asking = asyncio.create_task(ask(bench, sent, tally, seconds=4.0, every_s=4.0))
                await asyncio.sleep(rng.random())
                victim = workers.pop(rng.randrange(len(workers)))
                victim.send_signal(signal.SIGSTOP)
                await asyncio.sleep(0.7)
                victim.send_signal(signal.SIGKILL)
                await asyncio.to_thread(victim.wait)
                await asking
                workers.append(await bench.start(False))
            seconds = time.monotonic() - started
    late = sum(took > LEASE_S for took in tally.took_s)
    row = {"kills": trials, "looked_at_again": late, **tally.row(seconds), "why": sorted(set(tally.unanswered))}
    print(json.dumps(row), flush=True)
    return row


async def run(seconds: float, trials: int, keep: Callable[[dict[str, object]], None]) -> int:
    """Hand over what was measured after each step; return how many pictures the kills cost."""
    sent = glances()
    found: dict[str, object] = {"killed": await killed(trials, sent)}
    lost = found["killed"]["unanswered"]
    rows: list[dict] = []
    for engine, counts, stands_in in (("nats", (1, 2, 4), False), ("nats", (1, 2, 4), True), ("https", (1, 2), False)):
        rows += await measure(engine, counts, sent, seconds=seconds, stands_in=stands_in)
        keep(found | {"engines": rows})
    keep(found | {"engines": rows, "same_answers": same_answers(CLIPS)})
    return lost


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Measures detection elsewhere.")
    parser.add_argument("--seconds", type=float, default=10.0, help="of each row, twice")
    parser.add_argument("--trials", type=int, default=20, help="how many workers are killed")
    parser.add_argument("--json", type=Path, default=EVIDENCE)
    parser.add_argument("--stand-in", default="", help=argparse.SUPPRESS)
    words = parser.parse_args(argv)
    if words.stand_in:
        asyncio.run(stand_in(words.stand_in))
    before = os.getloadavg()
    commit = subprocess.run(["git", "rev-parse", "HEAD"], capture_output=True, text=True, check=False, cwd=ROOT).stdout.strip()

    def keep(found: dict[str, object]) -> None:
        told = {
            "what": "pictures of nodes looked at by workers: pictures a second, milliseconds from offer to answer, and kill -9",
            "command": f"python -m tests.runs.workers --seconds {words.seconds:g} --trials {words.trials}",
            "at": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
            "commit": commit,
            "machine": f"{os.cpu_count()} cores, {platform.machine()}, Linux {platform.release()}",
            "load_before": [round(each, 1) for each in before],
            "load_after": [round(each, 1) for each in os.getloadavg()],
            "asking": f"{len(_NODES)} nodes of {_CAMERAS} cameras; lease {LEASE_S} s, patience {PATIENCE_S} s",
        }
        words.json.write_text(json.dumps(told | found, indent=1) + "\n")

    lost = asyncio.run(run(words.seconds, words.trials, keep))
    print(f"{lost} lost by kills; {words.json}")
    return 1 if lost else 0


if __name__ == "__main__":
    sys.exit(main())
