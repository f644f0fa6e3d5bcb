"""What a bad-input case is, and the rule each must pass (docs/testing.md): what comes out is an answer or one of our own errors,
in time, in little memory, without a secret.

A corpus is a module `corNN_…` with `CORPUS`. Its cases are made one after the other and tried at once, so that a generator may
keep a server open around them and look afterwards whether anything lies where it must not.
"""

from __future__ import annotations

import gc
import logging
import os
import random
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from hearthwatch.kit import logs
from hearthwatch.kit.errors import HearthwatchError
from tests.vendors.fuzz import mutated

ROOT = Path(__file__).resolve().parents[2]
CANARY = "canary-Xk4711-Secret"
"""Stands in every password a corpus hands out, and must never come back."""
_MIB = 1 << 20
_PAGE = os.sysconf("SC_PAGESIZE")


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """`play` hands the input to the product and returns what came of it. `name` is `group: which`."""

    name: str
    play: Callable[[], object]
    cpu_s: float = 2.0
    rss_bytes: int = 96 * _MIB


@dataclass(frozen=True, slots=True, kw_only=True)
class Skip:
    """Part of a corpus that cannot be tried here, and why."""

    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """`folder` is empty at first; `data` the folder of recorded material, None where there is none. `brief` asks for a part that
    takes seconds."""

    seed: int
    mutations: int
    folder: Path
    data: Path | None
    brief: bool = False

    def random(self, *what: object) -> random.Random:
        return random.Random(f"{self.seed} {what}")

    def few(self, many: Iterable[object], count: int) -> list:
        """Return all of it, or when brief `count` of it drawn by the seed."""
        found = list(many)
        return found if not self.brief or len(found) <= count else self.random("few", len(found)).sample(found, count)

    def folder_for(self, name: str) -> Path:
        folder = self.folder / name
        folder.mkdir()
        return folder


Cases = Callable[[Terms], Iterator[Case | Skip]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Corpus:
    id: str
    what: str
    cases: Cases


@dataclass(slots=True)
class Tally:
    """What came of a corpus so far."""

    groups: Counter[str] = field(default_factory=Counter)
    failures: list[tuple[str, str]] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    cpu_s: float = 0.0
    worst_cpu_s: float = 0.0
    peak_rss_bytes: int = 0

    @property
    def cases(self) -> int:
        return self.groups.total()

    def count(self, name: str) -> None:
        self.groups[name.partition(":")[0]] += 1


def mutations(terms: Terms, group: str, seeds: Iterable[bytes]) -> Iterator[tuple[str, bytes]]:
    """Yield (name, data): each seed as it is and `terms.mutations` times hurt; when brief three of a few."""
    every = tuple(terms.few(seeds, 4))
    rng = terms.random(group)
    for number, seed in enumerate(every):
        yield f"{group}: seed {number}", seed
        others = (seed, *every[number + 1 : number + 200], *every[max(0, number - 50) : number])
        for turn in range(min(3, terms.mutations) if terms.brief else terms.mutations):
            yield f"{group}: seed {number}, mutation {turn}", mutated(others, b"\0" + rng.randbytes(6 * rng.randint(1, 8)))


class _Heard(logging.Handler):
    """What the product would write into its log."""

    def __init__(self) -> None:
        super().__init__()
        self.setFormatter(logs._OneLine("corpora"))
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        if len(self.lines) < 1000:
            self.lines.append(self.format(record))


@contextmanager
def listening() -> Iterator[list[str]]:
    """Collect what is logged, as the house would write it."""
    heard = _Heard()
    root = logging.getLogger()
    root.addHandler(heard)
    try:
        yield heard.lines
    finally:
        root.removeHandler(heard)


def try_case(case: Case, tally: Tally, heard: list[str]) -> str | None:
    """Play one case; return what rule it broke, None for none."""
    heard.clear()
    tally.count(case.name)
    before_bytes = _rss_bytes()
    _forget_peak()
    began_s = time.process_time()
    why: str | None = None
    said = ""
    try:
        said = str(case.play())
    except HearthwatchError as error:
        said = str(error)
    except AssertionError as error:
        why = f"broke a rule: {str(error)[:400]}"
    except Exception as error:
        why = f"let out {type(error).__name__}: {str(error)[:300]}"
    cpu_s = time.process_time() - began_s
    peak_bytes = _peak_bytes()
    tally.cpu_s += cpu_s
    tally.worst_cpu_s = max(tally.worst_cpu_s, cpu_s)
    tally.peak_rss_bytes = max(tally.peak_rss_bytes, peak_bytes)
    if why is None and cpu_s > case.cpu_s:
        why = f"took {cpu_s:.1f} s of CPU (at most {case.cpu_s:.1f})"
    if why is None and peak_bytes - before_bytes > case.rss_bytes:
        why = f"took {(peak_bytes - before_bytes) / _MIB:.0f} MiB (at most {case.rss_bytes / _MIB:.0f})"
    if why is None:
        why = _unspeakable(said, heard)
    if why is not None:
        tally.failures.append((case.name, why))
    return why


def _unspeakable(said: str, heard: list[str]) -> str | None:
    for text in (said, *heard):
        if CANARY in text:
            return f"shows a secret: {text[:200]}"
    if tracebacks := [line for line in heard if "Traceback (most recent call last)" in line]:
        return f"writes a traceback: … {tracebacks[0][-600:]}"
    return None


def play(
    corpus: Corpus,
    terms: Terms,
    tally: Tally,
    *,
    skip: int = 0,
    begin: Callable[[int, str], None] | None = None,
    failed: Callable[[str, str], None] | None = None,
) -> None:
    """Try every case after the first `skip`; `begin` is told of each before it is tried, `failed` of what broke a rule."""
    with listening() as heard:
        for number, case in enumerate(corpus.cases(terms)):
            if number < skip:
                continue
            if begin is not None:
                begin(number, case.name if isinstance(case, Case) else "skipped")
            if isinstance(case, Skip):
                tally.skipped.append(case.why)
                continue
            if (why := try_case(case, tally, heard)) is not None:
                gc.collect()
                if failed is not None:
                    failed(case.name, why)


def _rss_bytes() -> int:
    with open("/proc/self/statm", "rb") as file:  # noqa: PTH123 quicker, and read for each case
        return int(file.read().split()[1]) * _PAGE


def _forget_peak() -> None:
    fd = os.open("/proc/self/clear_refs", os.O_WRONLY)
    try:
        os.write(fd, b"5")
    finally:
        os.close(fd)


def _peak_bytes() -> int:
    with open("/proc/self/status", "rb") as file:  # noqa: PTH123
        for line in file:
            if line.startswith(b"VmHWM:"):
                return int(line.split()[1]) * 1024
    return 0


def data_folder() -> Path | None:
    """Return the folder of recorded material, None where it is missing."""
    folder = Path(os.environ.get("HEARTHWATCH_TEST_DATA", ROOT.parent / "shared" / "data"))
    return folder if folder.is_dir() else None


def foreign(terms: Terms, *places: str) -> tuple[list[Path], list[Skip]]:
    """Return the files of foreign corpora below `corpora/` of the data folder, and a reason for each that is not there."""
    found: list[Path] = []
    missing: list[Skip] = []
    for place in places:
        folder = terms.data / "corpora" / place if terms.data is not None else None
        if folder is None or not folder.is_dir():
            missing.append(Skip(why=f"{place} is not among the data here: it is not ours to ship, and was not fetched"))
            continue
        found += sorted(path for path in folder.rglob("*") if path.is_file())
    return found, missing
