"""The frame itself: what is done again, what is not, and what the figures say."""

from __future__ import annotations

import asyncio
import contextlib
import json
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from tests.faults import __main__ as command
from tests.faults import evidence, running
from tests.faults.fault import Fault, NotHere, Outcome, Terms
from tests.faults.running import Code, Plan, Record, Shard, carry_out, code_of, records_of, remember, trials
from tests.runs import rig

CODE = Code(fingerprint="c0de", commit="abc", dirty=False)


def fault(trial=None, *, name: str = "F99", full: int = 4) -> Fault:
    async def held(terms: Terms) -> Outcome:
        return Outcome(figures={"gap_s": terms.number / 10})

    return Fault(id=name, what="nothing", promise="P1", short=1, full=full, trial=trial or held, limit_s=5)


def record(number: int, *, gap_s: float = 0.0, broken: tuple[str, ...] = (), seed: int = 7, code: str = "c0de") -> Record:
    return Record(
        fault="F99",
        number=number,
        run_seed=seed,
        seed=number,
        figures={"gap_s": gap_s},
        broken=list(broken),
        notes={"killed": "looker" if number % 2 else "house"},
        seconds=1.0,
        load=0.5,
        commit="abc",
        dirty=False,
        code=code,
        at="2026-01-02T03:04:05Z",
    )


def left_in(found: Record) -> list[str]:
    """Return what a broken trial left, and take it away."""
    assert found.kept is not None
    left = [path.name for path in Path(found.kept).iterdir()]
    shutil.rmtree(found.kept)
    return left


async def done(one: Fault, numbers=range(1, 4)) -> list[Record]:
    return [record async for record in trials(one, numbers, run_seed=7, code=CODE)]


async def test_a_trial_is_given_the_same_chance_again_and_another_than_the_next() -> None:
    async def trial(terms: Terms) -> Outcome:
        assert terms.folder.is_dir()
        assert not list(terms.folder.iterdir())
        return Outcome(figures={"drawn": terms.random.random()})

    first, again = await done(fault(trial)), await done(fault(trial))
    assert [one.figures for one in first] == [one.figures for one in again]
    assert len({one.figures["drawn"] for one in first}) == 3


async def test_what_is_done_with_this_code_and_seed_is_not_done_again(tmp_path: Path) -> None:
    tried: list[int] = []

    async def trial(terms: Terms) -> Outcome:
        tried.append(terms.number)
        return Outcome()

    one = fault(trial)
    plan = Plan(faults=(one,), n=2, records=tmp_path)
    await carry_out(plan, lambda _: None)
    await carry_out(Plan(faults=(one,), records=tmp_path), lambda _: None)
    assert tried == [1, 2, 3, 4]
    await carry_out(Plan(faults=(one,), n=1, run_seed=8, records=tmp_path), lambda _: None)
    assert tried == [1, 2, 3, 4, 1]
    lines = (tmp_path / "F99.jsonl").read_text().splitlines()
    (tmp_path / "F99.jsonl").write_text("\n".join(lines).replace(code_of(one).fingerprint, "older") + "\n")
    await carry_out(plan, lambda _: None)
    assert tried == [1, 2, 3, 4, 1, 1, 2]


def test_a_line_that_was_cut_off_costs_that_trial_alone(tmp_path: Path) -> None:
    for number in (1, 2):
        remember(record(number), tmp_path)
    path = tmp_path / "F99.jsonl"
    path.write_bytes(path.read_bytes()[:-20])
    remember(record(3), tmp_path)
    assert [one.number for one in records_of(fault(), tmp_path, CODE)] == [1, 3]


def test_shards_share_all_trials_and_none_twice(tmp_path: Path) -> None:
    one = fault(full=50)
    parts = [Plan(faults=(one,), shard=Shard.parsed(f"{part}/3"), records=tmp_path).open_numbers(one) for part in (1, 2, 3)]
    assert sorted(number for part in parts for number in part) == list(range(1, 51))
    for wrong in ("0/3", "4/3", "x", "1"):
        with pytest.raises(ValueError):
            Shard.parsed(wrong)


async def test_a_tree_that_changes_meanwhile_does_not_make_a_run_begin_anew(tmp_path: Path, monkeypatch) -> None:
    tried: list[int] = []
    codes = (Code(fingerprint=str(number), commit="abc", dirty=True) for number in range(100))
    monkeypatch.setattr(running, "code_of", lambda _: next(codes))

    async def trial(terms: Terms) -> Outcome:
        tried.append(terms.number)
        return Outcome()

    plan = Plan(faults=(fault(trial),), records=tmp_path)
    await carry_out(plan, lambda _: None)
    assert tried == [1, 2, 3, 4]
    assert len(plan.records_of(plan.faults[0])) == 4


async def test_what_a_trial_raises_is_a_broken_promise_and_its_folder_stays() -> None:
    opened: list[str] = []

    @contextlib.asynccontextmanager
    async def house() -> AsyncIterator[str]:
        opened.append("open")
        yield "house"
        opened.append("closed")

    async def trial(terms: Terms) -> Outcome:
        assert await terms.shared.once(house) == "house"
        (terms.folder / "left").touch()
        if terms.number == 2:
            raise RuntimeError("as a house that fell")
        return Outcome()

    first, second, third = await done(fault(trial))
    assert not first.broken
    assert not third.broken
    assert second.broken == ["the trial ended with RuntimeError: as a house that fell"]
    assert "in trial" in second.notes["traceback"]
    assert opened == ["open", "closed", "open", "closed"]
    assert first.kept is None
    assert left_in(second) == ["left"]


async def test_a_trial_that_hangs_is_ended() -> None:
    async def trial(_: Terms) -> Outcome:
        await asyncio.Event().wait()
        raise AssertionError

    slow = Fault(id="F99", what="", promise="", short=1, full=1, trial=trial, limit_s=0.01)
    (found,) = await done(slow, [1])
    assert "hung" in found.broken[0]
    assert left_in(found) == []


async def test_time_is_shared_and_what_one_leaves_goes_to_the_others(tmp_path: Path) -> None:
    said: list[str] = []
    faults = (fault(name="F98", full=3), fault(name="F99", full=5))
    await carry_out(Plan(faults=faults, minutes=0, records=tmp_path), said.append)
    assert not said
    await carry_out(Plan(faults=faults, minutes=5, records=tmp_path), said.append)
    assert [line.split(":")[0] for line in said] == [*(f"F98 {n}" for n in range(1, 4)), *(f"F99 {n}" for n in range(1, 6))]


async def test_what_this_machine_cannot_do_is_said_and_is_no_evidence(tmp_path: Path) -> None:
    async def trial(_: Terms) -> Outcome:
        raise NotHere("needs root")

    assert await carry_out(Plan(faults=(fault(trial),), records=tmp_path), lambda _: None) == {"F99": "needs root"}
    assert records_of(fault(trial), tmp_path, code_of(fault(trial))) == []


def test_figures_are_median_p99_and_worst() -> None:
    assert evidence.spread([float(n) for n in range(1, 201)]) == {"count": 200, "median": 100.5, "p99": 198.0, "worst": 200.0}
    assert evidence.spread([0.25]) == {"count": 1, "median": 0.25, "p99": 0.25, "worst": 0.25}
    assert evidence.rate_below(50) == pytest.approx(0.058, abs=0.001)


def test_a_summary_says_n_beside_every_zero() -> None:
    held = evidence.summary(fault(), [record(n, gap_s=n / 10) for n in range(1, 51)], CODE)
    assert (held["trials"], held["broken"], held["rate_below_95"]) == (50, 0, 0.0582)
    assert held["notes"] == {"killed": {"looker": 25, "house": 25}}
    assert held["commands"] == [".venv/bin/python -m tests.faults F99 --seed 7 --n 50"]
    broke = evidence.summary(fault(), [record(1), record(2, broken=("a row lied",))], CODE)
    assert broke["broken"] == 1
    assert "rate_below_95" not in broke
    assert broke["examples"] == [{"seed": 7, "number": 2, "broken": ["a row lied"]}]


def test_evidence_of_the_other_faults_stays(tmp_path: Path) -> None:
    path = tmp_path / "evidence" / "faults.json"
    evidence.write({"F02": {"trials": 1}, "F01": {"trials": 1}}, path)
    evidence.write({"F02": {"trials": 2}}, path)
    assert json.loads(path.read_text()) == {"F01": {"trials": 1}, "F02": {"trials": 2}}


@pytest.mark.parametrize("broken", [(), ("a row lied",)])
def test_the_exit_code_tells(broken: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    async def trial(_: Terms) -> Outcome:
        return Outcome(figures={"gap_s": 0.5}, broken=broken)

    monkeypatch.setattr(command, "find", lambda _: [fault(trial)])
    monkeypatch.setattr(running.tempfile, "tempdir", str(tmp_path))
    words = ["--records", str(tmp_path / "records"), "--evidence", str(tmp_path / "faults.json"), "--n", "2"]
    assert command.main(words) == (1 if broken else 0)
    assert json.loads((tmp_path / "faults.json").read_text())["F99"]["trials"] == 2
    assert "gap_s" in capsys.readouterr().out


def test_every_module_is_found_by_its_name() -> None:
    stems = list(running.modules())
    assert stems == sorted(stems)
    assert all(module == f"tests.faults.{stem}" for stem, module in running.modules().items())
    with pytest.raises(ValueError, match="no such fault: F00"):
        running.find(["F00"])


async def test_a_secret_in_clear_or_a_servers_mistake_breaks_the_trial_of_whatever_fault(tmp_path: Path) -> None:
    house = rig.House(tmp_path / "house", "", {"camera.hall.password": "canary-0123456789"})
    assert house in rig.open_houses()
    (whole,) = await done(fault(), range(1, 2))
    assert (whole.broken, whole.figures["secrets_or_5xx_seen"]) == ([], 0)
    (house.folder / "core.17").write_bytes(b"\0canary-0123456789\0")
    (found,) = await done(fault(), range(1, 2))
    assert found.broken == ["core.17 holds secret 0"]
    assert found.figures == {"gap_s": 0.1, "secrets_or_5xx_seen": 1}
    left_in(found)
    with pytest.raises(AssertionError, match=r"core\.17 holds secret 0"):
        await house.close()
    assert house not in rig.open_houses()


@pytest.mark.parametrize(
    ("status", "kind", "text", "slips"),
    [
        (200, "application/json", "{}", 0),
        (503, "application/problem+json", "{}", 0),
        (503, "text/plain", "no", 1),
        (500, "application/problem+json", "{}", 1),
        (404, "application/problem+json", "canary-0123456789", 1),
    ],
)
async def test_every_answer_is_looked_at(tmp_path: Path, status: int, kind: str, text: str, slips: int) -> None:
    async def answer(_request: web.Request) -> web.Response:
        return web.Response(status=status, content_type=kind, text=text)

    app = web.Application()
    app.router.add_get("/x", answer)
    house = rig.House(tmp_path / "house", "", {"camera.hall.password": "canary-0123456789"})
    async with TestServer(app) as server, aiohttp.ClientSession() as house._http:
        house.port = server.port or 0
        with contextlib.suppress(AssertionError):
            await house.get("/x")
    house._http = None
    assert len(house.slips()) == slips
    with contextlib.suppress(AssertionError):
        await house.close()
