"""F09: the detector stalls, answers what is no number, is ten times slower, dies, or its file is gone or is another."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import tempfile
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from tests.faults.fault import Fault, NotHere, Outcome, Terms
from tests.faults.injection import Injected, environment, injectable
from tests.faults.ledger_camera import holes
from tests.faults.ledger_house import LedgerHouse, ledger_house, now_us
from tests.runs import rig

_MODEL = "nanodet_plus_m_416"
_WEIGHTS = f"{_MODEL}.bin"
WAYS = ("nan", "stall", "wrong file", "die", "slow", "no file")
_TOLD = frozenset({"stall", "nan", "wrong file", "no file"})
"""Slower is still right, and one that died is back before anybody must be bothered."""
_MAX_NOTICE_S = 60.0
_MOST_OUTAGES = 2


@dataclass(slots=True, kw_only=True)
class Seeing:
    """A house with a camera that has the detector look all the time, and the folder its model is in."""

    ledger: LedgerHouse
    models: Path
    outages: int = 0
    """Of the detector that this life of the house told of: a third one would be taken for one that comes and goes."""


@contextlib.asynccontextmanager
async def seeing_house() -> AsyncIterator[Seeing]:
    with contextlib.ExitStack() as stack:
        models = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="hearthwatch-models-")))
        for name in (_WEIGHTS, f"{_MODEL}.param"):
            if not (rig.DATA / "models" / name).exists():
                raise NotHere(f"the model file {name} is not among the test data")
            shutil.copy(rig.DATA / "models" / name, models / name)
        stack.enter_context(injectable())
        stack.enter_context(environment({"HEARTHWATCH_MODELS": str(models)}))
        async with ledger_house(("hall", "gate", "porch"), moving=("porch",), more=f'[detect]\nmodel = "{_MODEL}"\n') as ledger:
            await ledger.house.until(lambda: _works(ledger), bool, timeout_s=60)
            yield Seeing(ledger=ledger, models=models)


async def run(terms: Terms) -> Outcome:
    """Make it sick, until the owner knows; then well again."""
    at = await terms.shared.once(seeing_house)
    found = at.ledger
    await found.whole()
    way = WAYS[(terms.number - 1) % len(WAYS)]
    if way in _TOLD:
        at.outages += 1
    if at.outages > _MOST_OUTAGES:
        at.outages = 1
        house = found.house.kill("house")
        await found.house.until(lambda: _another(found, "house", house), bool, timeout_s=60)
        await found.whole()
    since_us = now_us()
    await asyncio.sleep(1 + terms.random.uniform(0, 2))
    before = found.pids()
    began_ns = time.monotonic_ns()
    figures: dict[str, float] = {}
    broken: list[str] = []
    try:
        await asyncio.to_thread(_make_sick, at, way, before["looker"])
        figures["alert_s"] = await found.told_after(await found.ring())
        if way in _TOLD:
            try:
                await found.services.telegram.wait_for(lambda: _notices(found, began_ns), timeout_s=_MAX_NOTICE_S)
                notice_s = (_notices(found, began_ns)[0].at_ns - began_ns) / 1e9
                figures |= {"notice_s": notice_s, f"{way.replace(' ', '_')}_notice_s": notice_s}
            except TimeoutError:
                broken.append(f"{way}: after {_MAX_NOTICE_S:g} s the owner knew nothing of the detector")
        else:
            await asyncio.sleep(4)
    finally:
        await asyncio.to_thread(_make_well, at, way, found.pids().get("looker", 0))
    if way == "die":
        await found.house.until(lambda: _another(found, "looker", before["looker"]), bool, timeout_s=60)
    await found.house.until(lambda: _works(found), bool, timeout_s=90, every_s=0.25)
    await found.recorded_again(found.cameras, now_us())
    gap_s = 0.0
    for name in found.cameras:
        numbers = [one.number for one in await asyncio.to_thread(found.kept, name, since_us)]
        gap_s = max([gap_s, *(hole.lasts_s for hole in holes(numbers))])
    if gap_s:
        broken.append(f"{way}: {gap_s:.1f} s were not recorded")
    others = [role for role, pid in found.pids().items() if role != "looker" and before[role] != pid]
    if others:
        broken.append(f"{way}: {', '.join(others)} went, too")
    findings, _ = await found.settled()
    broken += [f"{one.flaw.value} {one.path}: {one.detail}" for one in findings]
    return Outcome(
        figures={**figures, "gap_s": gap_s, "lying_rows": len(findings)}, broken=tuple(broken), notes={"detector": way}
    )


def _make_sick(at: Seeing, way: str, looker: int) -> None:
    if way == "no file":
        (at.models / _WEIGHTS).unlink()
    elif way == "wrong file":
        weights = bytearray((at.models / _WEIGHTS).read_bytes())
        weights[len(weights) // 2] ^= 1
        (at.models / _WEIGHTS).write_bytes(weights)
    if way in {"no file", "wrong file"}:
        os.kill(looker, 9)
    else:
        os.kill(looker, Injected[way.upper()])


def _make_well(at: Seeing, way: str, looker: int) -> None:
    if way in {"no file", "wrong file"}:
        shutil.copy(rig.DATA / "models" / _WEIGHTS, at.models / _WEIGHTS)
        os.kill(looker, 9)
    elif way != "die":
        with contextlib.suppress(ProcessLookupError):
            os.kill(looker, Injected.HEAL)


def _notices(found: LedgerHouse, since_ns: int) -> list:
    return [one for one in found.messages("basic detector") if one.at_ns >= since_ns]


async def _another(found: LedgerHouse, role: str, pid: int) -> bool:
    return found.pids().get(role, pid) != pid


async def _works(found: LedgerHouse) -> bool:
    """Tell whether the house says that it looks with its full detector."""
    detector = (await found.house.get("/api/v1/house"))["detector"]
    return "looker" in found.pids() and detector["name"] == _MODEL and not detector["error"]


FAULT = Fault(
    id="F09",
    what="The detector stalls, answers no numbers, is ten times slower, dies, or its file is gone or another",
    promise="P5",
    short=1,
    full=12,
    trial=run,
)
