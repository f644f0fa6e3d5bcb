"""The judge of a soak must be able to say no: coverage, slopes, targets, and what a camera shows when."""

from __future__ import annotations

import csv
import math
import os
import random
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import cv2
import numpy as np
import pytest

from hearthwatch.bench.soak.cameras import Sent, order
from hearthwatch.bench.soak.coverage import Window, match
from hearthwatch.bench.soak.mjpeg import number_of, numbered
from hearthwatch.bench.soak.plot import svg
from hearthwatch.bench.soak.samples import ALL, Process, Sample, Spoken, Table, spoken, tree
from hearthwatch.bench.soak.slope import slope
from hearthwatch.bench.soak.terms import Tier, terms_of
from hearthwatch.bench.soak.verdict import Account, Held, exit_code, judged, rank
from hearthwatch.feeds.packet import Stream
from hearthwatch.kit.errors import ConfigFault

S = 1_000_000_000
TERMS = terms_of(Tier.S2, cameras=None, hours=2, seed=1)


def sent(units: list[int], *, start_s: float = 100.0, fps: float = 15.0) -> Sent:
    times = np.array([round((start_s + number / fps) * S) for number in range(len(units))], np.uint64)
    return Sent(mono_ns=times, wall_ns=times, unit=np.array(units, np.uint64))


def on_disk(ledger: Sent, without: set[int], late_s: float = 0.05) -> list[tuple[int, int]]:
    rows = zip(ledger.wall_ns.tolist(), ledger.unit.tolist(), strict=True)
    return [(at + round(late_s * S), unit) for number, (at, unit) in enumerate(rows) if number not in without]


def test_each_picture_that_is_not_on_disk_is_counted_although_the_same_comes_again() -> None:
    ledger = sent([number % 120 for number in range(1500)])
    window = Window(start_ns=100 * S, end_ns=201 * S)
    whole = match("cam-1", Stream.MAIN, ledger, on_disk(ledger, set()), window)
    assert (whole.sent, whole.kept, whole.strangers) == (1500, 1500, 0)
    lost = {3, 200, *range(600, 720)}
    found = match("cam-1", Stream.MAIN, ledger, on_disk(ledger, lost), window)
    assert (found.sent - found.kept, found.strangers) == (len(lost), 0)
    assert found.longest_s == pytest.approx(121 / 15, abs=0.01)
    assert found.lost_at_s[0] == 0.2


def test_what_no_camera_sent_is_a_stranger_and_disturbed_stretches_are_left_out() -> None:
    ledger = sent(list(range(150)))
    disk = [*on_disk(ledger, {10}), (101 * S, -1)]
    found = match("cam-1", Stream.MAIN, ledger, sorted(disk), Window(start_ns=100 * S, end_ns=110 * S))
    assert (found.sent, found.kept, found.strangers) == (150, 149, 1)
    calm = Window(start_ns=100 * S, end_ns=110 * S, without=((100 * S, 105 * S),))
    assert match("cam-1", Stream.MAIN, ledger, sorted(disk), calm).frac == 1.0


def test_a_slope_is_that_of_the_line_whatever_a_few_wild_samples_say() -> None:
    rng = random.Random(1)
    times = [5.0 * number for number in range(1440)]
    values = [300 + at / 3600 * 2.0 + rng.gauss(0, 1) for at in times]
    for number in range(0, 1440, 50):
        values[number] += 400
    found = slope(times, values)
    assert found.low_per_h < 2.0 < found.high_per_h
    assert found.high_per_h - found.low_per_h < 0.5
    assert slope(times, [7.0] * len(times)).high_per_h == 0.0
    assert math.isinf(slope([0.0, 5.0], [1.0, 2.0]).high_per_h), "two samples bound nothing"


def process(role: str, *, rss: float = 100e6, fds: int = 40, cpu_s: float = 0.0, zombie: bool = False) -> Process:
    pid = {"supervisor": 1, "recorder": 2, "house": 3}.get(role, 9)
    return Process(
        role=role, pid=pid, parent=0, rss_bytes=round(rss), cpu_s=cpu_s, fds=fds, threads=5, is_zombie=zombie
    )  # fmt: skip


def sample(at_s: float, *, grows_mb_h: float = 0.0, late_s: float = 0.001, cores: float = 1.0) -> Sample:
    house = process("house", rss=100e6 + grows_mb_h * 1e6 * at_s / 3600, cpu_s=cores * at_s)
    said = Spoken(loop_late_s=late_s, commits=round(at_s), slow_commits=0, dropped=3)
    return Sample(at_s=at_s, processes=(house, process("recorder")), spoken=said, wal_bytes=4_000_000, load=1.0, viewed=1)


def account(**changed: object) -> Account:
    ledger = sent(list(range(150)))
    window = Window(start_ns=100 * S, end_ns=110 * S)
    whole = Account(
        terms=TERMS,
        cores=2,
        live_in_s=4.0,
        samples=tuple(sample(5.0 * number) for number in range(1440)),
        covered=(match("cam-1", Stream.MAIN, ledger, on_disk(ledger, set()), window),),
        text_s=(0.3,) * 200,
        picture_s=(0.9,) * 200,
        decided_s=(0.03,) * 200,
        undelivered=0,
        outbox_s=0.2,
        alarms=240,
        gaps=(),
        outages=(),
        faults=(),
        shortfalls=(),
        exit_code=0,
    )
    return replace(whole, **changed)


def missed(found: Account) -> list[str]:
    return [one.what for one in judged(found) if one.held is Held.MISSED]


def test_a_good_run_keeps_every_promise() -> None:
    targets = judged(account())
    assert missed(account()) == []
    assert exit_code(targets) == 0
    assert any(one.what == "memory of house" and one.held is Held.MET for one in targets)


@pytest.mark.parametrize(
    ("changed", "what"),
    [
        ({"text_s": (0.3,) * 50 + (0.6,) * 60}, "text, from the camera's first picture of somebody to the Bot API, p50"),
        ({"text_s": (0.3,) * 199 + (math.inf,)}, "visitors told of"),
        ({"text_s": ()}, "visitors told of"),
        ({"picture_s": (3.1,) * 5}, "picture, the same way, p99"),
        ({"live_in_s": 11.0}, "all cameras recorded after"),
        ({"undelivered": 1}, "deliveries still waiting at the end"),
        ({"gaps": ("cam-1 main: disk-slow",)}, "losses the house wrote down (the recorder dropped, a camera was away)"),
        ({"outages": ("process-restarted recorder",)}, "outages told"),
        ({"shortfalls": ("verify: hole",)}, "what else must not be"),
        ({"exit_code": -9}, "exit code"),
        ({"samples": tuple(sample(5.0 * n, grows_mb_h=2.0) for n in range(1440))}, "memory of house"),
        ({"samples": tuple(sample(5.0 * n, late_s=0.2) for n in range(1440))}, "the house's loop late, p99"),
        ({"samples": tuple(sample(5.0 * n, cores=1.5) for n in range(1440))}, "processor of all 2 cores"),
    ],
)
def test_each_broken_promise_is_named(changed: dict[str, object], what: str) -> None:
    assert what in missed(account(**changed))


def test_what_is_lost_is_missed_and_a_short_run_says_nothing_of_growth() -> None:
    ledger = sent(list(range(150)))
    window = Window(start_ns=100 * S, end_ns=110 * S)
    short = replace(TERMS, length_s=600.0)
    found = account(
        covered=(match("cam-1", Stream.MAIN, ledger, on_disk(ledger, {5}), window),),
        terms=short,
        samples=tuple(sample(5.0 * number, grows_mb_h=50) for number in range(120)),
    )
    assert missed(found) == ["pictures on disk, of those the cameras sent"]
    assert rank([3.0, 1.0, 2.0], 0.5) == 2.0


@pytest.mark.parametrize("tier", [Tier.S1, Tier.S2])
def test_one_camera_after_the_other_has_a_visitor(tier: Tier) -> None:
    terms = terms_of(tier, cameras=None, hours=None, seed=1)
    at: list[int] = []
    for number in range(terms.cameras):
        gops = [gop for first, end in order(terms, number) for gop in range(first, end)]
        assert len(gops) == terms.event_s // 2 * terms.cameras, "all go round in the same time"
        visits = [place for place, gop in enumerate(gops) if gop % 6 >= 4]
        assert len(visits) == 2
        at.append(visits[0])
    assert at == [terms.event_s // 2 * number for number in range(terms.cameras)]


def test_terms_that_make_no_soak_are_refused() -> None:
    with pytest.raises(ConfigFault, match="take more cameras"):
        terms_of(Tier.S1, cameras=1, hours=None, seed=1)


def test_metrics_are_read_and_samples_are_a_table_and_a_picture(tmp_path: Path) -> None:
    said = spoken(
        "# HELP x\nhearthwatch_up 1.0\nhearthwatch_loop_late_seconds 0.0123\n"
        'hearthwatch_commit_seconds_bucket{le="0.1"} 97.0\nhearthwatch_commit_seconds_count 100.0\n'
        'hearthwatch_dropped_total{box="looker/a",camera="a",stream="sub"} 4.0\n'
        'hearthwatch_dropped_total{box="web/a",camera="a",stream="main"} 1.0\n',
        0.1,
    )
    assert said == Spoken(loop_late_s=0.0123, commits=100, slow_commits=3, dropped=5)
    table = Table(tmp_path / "soak.csv")
    for number in range(3):
        table.add(sample(5.0 * number))
    table.close()
    rows = list(csv.DictReader((tmp_path / "soak.csv").read_text().splitlines()))
    assert [row["role"] for row in rows[:3]] == ["house", "recorder", ALL]
    assert rows[2]["rss_bytes"] == str(200_000_000)
    drawn = ET.fromstring(svg("a <title>", [sample(5.0 * number) for number in range(20)]))
    assert len(drawn.findall("{http://www.w3.org/2000/svg}polyline")) == 8


def test_a_process_and_its_children_are_found() -> None:
    mine = tree(os.getpid())
    assert (mine[0].pid, mine[0].role) == (os.getpid(), "supervisor")
    assert mine[0].rss_bytes > 10_000_000
    assert mine[0].fds > 2


def test_a_jpeg_bears_its_number_and_stays_one() -> None:
    picture = np.zeros((40, 40, 3), np.uint8)
    jpeg = bytes(cv2.imencode(".jpg", picture)[1])
    marked = numbered(jpeg, 399)
    assert number_of(marked) == 399
    assert number_of(jpeg) == number_of(b"\xff\xd8") == -1
    assert cv2.imdecode(np.frombuffer(marked, np.uint8), cv2.IMREAD_COLOR).shape == (40, 40, 3)
