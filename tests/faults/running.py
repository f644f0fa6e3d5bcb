"""Finding the faults, doing their trials, remembering what came of each: one line of JSON per trial."""

from __future__ import annotations

import asyncio
import hashlib
import importlib
import json
import logging
import os
import random
import shutil
import subprocess
import tempfile
import time
import traceback
from collections.abc import AsyncIterator, Callable, Collection, Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from tests.faults.fault import Fault, NotHere, Outcome, Shared, Terms
from tests.runs import rig

log = logging.getLogger(__name__)

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
RECORDS = ROOT / ".artifacts" / "faults"

SEEN = "secrets_or_5xx_seen"
"""The figure that every trial with a running house has."""
_KEPT_FOLDERS = 3
"""Of one fault: fifty broken trials with footage would fill the disk."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """What was tried: two trials with the same fingerprint tried the same files."""

    fingerprint: str
    commit: str
    dirty: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Shard:
    """`2/3`: the second of three machines that share the trials."""

    part: int = 1
    of: int = 1

    @classmethod
    def parsed(cls, text: str) -> Shard:
        """Raises ValueError."""
        part, _, of = text.partition("/")
        found = cls(part=int(part), of=int(of))
        if not 1 <= found.part <= found.of:
            raise ValueError(text)
        return found

    def has(self, number: int) -> bool:
        return (number - self.part) % self.of == 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One trial as its line says it."""

    fault: str
    number: int
    run_seed: int
    seed: int
    figures: dict[str, float]
    broken: list[str]
    notes: dict[str, str]
    seconds: float
    load: float
    """Of the machine over the last minute, when the trial was over."""
    commit: str
    dirty: bool
    code: str
    at: str
    kept: str | None = None
    """Where the trial's folder is, when something broke."""

    def line(self) -> str:
        return json.dumps({name: getattr(self, name) for name in self.__slots__}, sort_keys=True)


def modules() -> dict[str, str]:
    """Return the module of every fault by the name of its file, in order, without importing any."""
    return {path.stem: f"tests.faults.{path.stem}" for path in sorted(HERE.glob("f[0-9][0-9]_*.py"))}


def load(stem: str) -> Fault:
    """Return the fault of one module. Raises ValueError when its id does not fit the name of the file."""
    fault = importlib.import_module(modules()[stem]).FAULT
    if not isinstance(fault, Fault) or fault.id.partition("-")[0] != stem[:3].upper():
        raise ValueError(f"{stem}.py has no fault {stem[:3].upper()} but {fault!r}")
    return fault


def find(wanted: Collection[str] = ()) -> list[Fault]:
    """Return the faults whose ids are wanted (`F06` takes `F06-inodes`, too), all when none is. Raises ValueError."""
    faults = [load(stem) for stem in modules() if not wanted or any(one[:3].upper() == stem[:3].upper() for one in wanted)]
    if wanted:
        faults = [fault for fault in faults if fault.id in wanted or fault.id.partition("-")[0] in wanted]
    ids = [fault.id for fault in faults]
    if len(set(ids)) < len(ids):
        raise ValueError(f"two faults with one id among {', '.join(ids)}")
    unknown = [one for one in wanted if not any(one in {fault, fault.partition("-")[0]} for fault in ids)]
    if unknown:
        raise ValueError(f"no such fault: {', '.join(unknown)}")
    return faults


def seed_of(fault: Fault, run_seed: int, number: int) -> int:
    return int.from_bytes(hashlib.sha256(f"{fault.id}/{run_seed}/{number}".encode()).digest()[:6], "big")


def code_of(fault: Fault) -> Code:
    """Return what the trials of this fault are about: the product, the frame, the stand-ins, the modules of its number."""
    files = sorted((ROOT / "src" / "hearthwatch").rglob("*.py"))
    files += [path for name in ("devices", "runs") for path in sorted((ROOT / "tests" / name).glob("*.py"))]
    others = {f"{stem}.py" for stem in modules() if stem[:3].upper() != fault.id[:3]}
    files += [path for path in sorted(HERE.glob("*.py")) if path.name not in others and not path.name.startswith("test_")]
    digest = hashlib.sha256()
    for path in files:
        digest.update(f"{path.relative_to(ROOT)}\0".encode() + path.read_bytes() + b"\0")
    changed = _git("status", "--porcelain", "--", "src/hearthwatch", "tests/faults", "tests/devices", "tests/runs")
    return Code(fingerprint=digest.hexdigest()[:16], commit=_git("rev-parse", "--short=12", "HEAD"), dirty=bool(changed))


def _git(*words: str) -> str:
    done = subprocess.run(["git", "-C", str(ROOT), *words], capture_output=True, text=True, check=False)
    return done.stdout.strip()


def records_of(fault: Fault, folder: Path, code: Code) -> list[Record]:
    """Return what is known of this very code; a line that a killed run left half is passed over."""
    path = folder / f"{fault.id}.jsonl"
    found: dict[tuple[int, int], Record] = {}
    for line in path.read_text().splitlines() if path.exists() else ():
        try:
            record = Record(**json.loads(line))
        except (ValueError, TypeError):
            continue
        if record.code == code.fingerprint:
            found[record.run_seed, record.number] = record
    return list(found.values())


def remember(record: Record, folder: Path) -> None:
    """Append the line in one write, so that two shards of one machine do not mix theirs."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{record.fault}.jsonl"
    with path.open("ab") as file:
        torn = file.tell() > 0 and path.read_bytes()[-1:] != b"\n"
        file.write(b"\n" * torn + record.line().encode() + b"\n")


async def attempt(fault: Fault, terms: Terms) -> tuple[Outcome, bool]:
    """Do one trial; whatever it raises is an outcome, too. Tell also whether it came to its end. Raises NotHere."""
    try:
        async with asyncio.timeout(fault.limit_s):
            return await fault.trial(terms), True
    except NotHere:
        raise
    except TimeoutError as error:
        said = f"the trial hung for more than {fault.limit_s:g} s, or a wait in it: {error}"
        return Outcome(broken=(said,), notes={"traceback": traceback.format_exc()[-4000:]}), False
    except (Exception, ExceptionGroup) as error:
        said = f"the trial ended with {type(error).__name__}: {error}"[:2000]
        return Outcome(broken=(said,), notes={"traceback": traceback.format_exc()[-4000:]}), False


async def trials(
    fault: Fault, numbers: Iterable[int], run_seed: int, code: Code, *, over: Callable[[], bool] = lambda: False
) -> AsyncIterator[Record]:
    """Do the trials of these numbers one after the other until it is over; yield each as it ends. Raises NotHere.

    `code` is what the caller found when it began: a tree that others change meanwhile does not make it begin anew."""
    shared = Shared()
    kept = 0
    try:
        for number in numbers:
            if over():
                return
            seed = seed_of(fault, run_seed, number)
            folder = Path(tempfile.mkdtemp(prefix=f"hearthwatch-{fault.id.lower()}-"))
            keep = False
            began_ns = time.monotonic_ns()
            try:
                terms = Terms(number=number, seed=seed, random=random.Random(seed), folder=folder, shared=shared)
                outcome, whole = await attempt(fault, terms)
                outcome = await asyncio.to_thread(looked_through, outcome, rig.open_houses())
                if not whole:
                    await _end(fault, shared)
                    shared = Shared()
                keep = bool(outcome.broken) and kept < _KEPT_FOLDERS
                kept += keep
            finally:
                if not keep:
                    shutil.rmtree(folder, ignore_errors=True)
            yield Record(
                fault=fault.id,
                number=number,
                run_seed=run_seed,
                seed=seed,
                figures={name: round(float(value), 6) for name, value in outcome.figures.items()},
                broken=list(outcome.broken),
                notes=dict(outcome.notes),
                seconds=round((time.monotonic_ns() - began_ns) / 1e9, 3),
                load=round(os.getloadavg()[0], 2),
                commit=code.commit,
                dirty=code.dirty,
                code=code.fingerprint,
                at=time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
                kept=str(folder) if keep else None,
            )
    finally:
        await _end(fault, shared)


def looked_through(outcome: Outcome, houses: Collection[rig.House]) -> Outcome:
    """Add what these houses let slip so far; one that a trial closes itself is looked through as it closes."""
    if not houses:
        return outcome
    slips = [slip for house in houses for slip in house.slips()]
    figures = {**outcome.figures, SEEN: float(len(slips))}
    return replace(outcome, figures=figures, broken=(*outcome.broken, *slips))


async def _end(fault: Fault, shared: Shared) -> None:
    """Let go of what the trials had in common; what is known of them is not lost by it."""
    try:
        await shared.aclose()
    except Exception:
        log.exception("%s: what the trials had in common did not end well", fault.id)


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What one call of the command is to do."""

    faults: tuple[Fault, ...]
    n: int | None = None
    """Trials of each; the fault's own `full` when None."""
    run_seed: int = 7
    shard: Shard = Shard()
    minutes: float | None = None
    records: Path = RECORDS

    @cached_property
    def codes(self) -> dict[str, Code]:
        """What there is to try, by the fault's id, as it was when this was first asked."""
        return {fault.id: code_of(fault) for fault in self.faults}

    def records_of(self, fault: Fault) -> list[Record]:
        return records_of(fault, self.records, self.codes[fault.id])

    def open_numbers(self, fault: Fault) -> list[int]:
        """Return which trials of this plan nobody has done yet with this code."""
        done = {one.number for one in self.records_of(fault) if one.run_seed == self.run_seed}
        return [number for number in range(1, (self.n or fault.full) + 1) if self.shard.has(number) and number not in done]


async def carry_out(plan: Plan, say: Callable[[str], None] = print) -> dict[str, str]:
    """Do what is open of the plan, each fault in its fair share of the time left; return what cannot be done here, and why.

    What one fault leaves of its share goes to those after it, and then to those that had too little.
    """
    ends_ns = None if plan.minutes is None else time.monotonic_ns() + round(plan.minutes * 60e9)
    passed_over: dict[str, str] = {}

    def left(until_ns: int | None) -> bool:
        return until_ns is None or time.monotonic_ns() < until_ns

    waiting = [fault for fault in plan.faults if plan.open_numbers(fault)]
    while waiting and left(ends_ns):
        for at, fault in enumerate(waiting):
            share_ns = None
            if ends_ns is not None:
                now_ns = time.monotonic_ns()
                share_ns = now_ns + max(0, ends_ns - now_ns) // (len(waiting) - at)
            try:
                numbers = plan.open_numbers(fault)
                code = plan.codes[fault.id]
                async for record in trials(fault, numbers, plan.run_seed, code, over=lambda until=share_ns: not left(until)):
                    remember(record, plan.records)
                    say(told(record))
            except NotHere as why:
                passed_over[fault.id] = str(why)
                say(f"{fault.id}: not here: {why}")
        waiting = [fault for fault in waiting if fault.id not in passed_over and plan.open_numbers(fault)]
    return passed_over


def told(record: Record) -> str:
    """Return the trial's line for a person."""
    figures = " ".join(f"{name}={value:g}" for name, value in sorted(record.figures.items()))
    notes = " ".join(f"{name}={value}" for name, value in sorted(record.notes.items()) if "\n" not in value)
    lines = [
        f"{record.fault} {record.number}: {'BROKEN' if record.broken else 'held'} {record.seconds:.1f} s  {figures}  {notes}".rstrip()
    ]
    lines += [f"    {sentence}" for sentence in record.broken]
    if record.kept:
        lines.append(f"    kept: {record.kept}")
    return "\n".join(lines)
