"""Whether what a target holds is all that it was given (pure): missing, swapped and altered pieces, by name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from hearthwatch.kit.units import CameraId, WallUs
from hearthwatch.offsite.manifest import Brief, Manifest, chain_hash
from hearthwatch.offsite.names import KEPT
from hearthwatch.offsite.pruning import Rules


class FindingKind(StrEnum):
    """`PRUNED` is as it should be: the rules took it. `UNKNOWN` are gone pieces of which nothing is known any more."""

    MISSING = "missing"
    UNKNOWN = "unknown"
    SWAPPED = "swapped"
    ALTERED = "altered"
    FORGED = "forged"
    PRUNED = "pruned"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing about the copies. `name` is empty when it is not known; `count` pieces are meant."""

    kind: FindingKind
    text: str
    camera: CameraId | None = None
    name: str = ""
    count: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """One manifest as it was found: `name` is the file it came from, `raw` its bytes."""

    name: str
    manifest: Manifest
    raw: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Judge:
    """`damaged` are the files that do not open, and why; `rules` those by which the target is pruned, as of `now_us`."""

    rules: Rules
    now_us: WallUs
    damaged: Mapping[str, str]

    def findings(self, held: Sequence[Held]) -> Iterator[Finding]:
        """Yield what is wrong with the copies, and what the rules took."""
        cameras: dict[CameraId, dict[int, Held]] = {}
        for name, why in self.damaged.items():
            yield Finding(kind=FindingKind.ALTERED, name=name, text=f"{name}: {why}")
        for one in held:
            made = one.manifest
            if made.name != one.name:
                text = f"{one.name} holds what was sent as {made.name}: files were swapped or copied over each other"
                yield Finding(kind=FindingKind.SWAPPED, camera=made.camera, name=one.name, text=text)
            there = cameras.setdefault(made.camera, {})
            other = there.setdefault(made.number, one)
            if other.raw != one.raw:
                text = f"{one.name} and {other.name} both claim place {made.number} of {made.camera}: one was never sent"
                yield Finding(kind=FindingKind.FORGED, camera=made.camera, name=one.name, text=text)
        reached = _reached(held)
        for camera in sorted({*cameras, *reached}):
            yield from _broken(camera, cameras.get(camera, {}))
            yield from self._gone(camera, cameras.get(camera, {}), reached.get(camera, 0))

    def _gone(self, camera: CameraId, there: Mapping[int, Held], reached: int) -> Iterator[Finding]:
        briefs = {brief.number: brief for one in there.values() for brief in one.manifest.before}
        oldest_us = min((one.manifest.start_us for one in there.values()), default=WallUs(0))
        unknown: list[int] = []
        for number in range(1, max([reached, *there]) + 1):
            if number in there:
                continue
            brief = briefs.get(number)
            if brief is None:
                unknown.append(number)
            elif self._is_due(brief, oldest_us):
                yield Finding(kind=FindingKind.PRUNED, camera=camera, name=brief.name, text=f"{brief.name}: taken by the rules")
            elif brief.name not in self.damaged:
                text = f"{brief.name} of {camera} is missing: it was sent, and the rules would not have taken it yet"
                yield Finding(kind=FindingKind.MISSING, camera=camera, name=brief.name, text=text)
        for first, last in _runs(unknown):
            yield self._run(camera, first, last, there)

    def _run(self, camera: CameraId, first: int, last: int, there: Mapping[int, Held]) -> Finding:
        count = last - first + 1
        after = min((number for number in there if number > last), default=None)
        if after is None:
            text = f"{count} of the last pieces of {camera} cannot be found: other cameras' pieces tell that they were sent"
            return Finding(kind=FindingKind.MISSING, camera=camera, count=count, text=text)
        longest = self.rules.longest_us()
        if longest is not None and there[after].manifest.start_us + longest < self.now_us:
            return Finding(kind=FindingKind.PRUNED, camera=camera, count=count, text=f"{count} pieces: taken by the rules")
        text = f"{count} pieces of {camera} before {there[after].name} are gone, and whether the rules took them is not known"
        return Finding(kind=FindingKind.UNKNOWN, camera=camera, count=count, text=text)

    def _is_due(self, brief: Brief, oldest_us: int) -> bool:
        if brief.name.startswith(f"{KEPT}/"):
            return False
        if self.rules.max_bytes and brief.start_us <= oldest_us:
            return True
        keep_us = self.rules.keep_us(brief.footage_class)
        return keep_us is not None and brief.start_us + keep_us < self.now_us


def _broken(camera: CameraId, there: Mapping[int, Held]) -> Iterator[Finding]:
    """Yield the pieces that are not what the one after them names."""
    for number, one in there.items():
        before = there.get(number - 1)
        if before is not None and chain_hash(before.raw) != one.manifest.previous:
            text = f"{before.name} is not what was sent in its place: {one.name}, sent after it, names another"
            yield Finding(kind=FindingKind.FORGED, camera=camera, name=before.name, text=text)


def _reached(held: Sequence[Held]) -> dict[CameraId, int]:
    """How far each camera's chain had come, as the manifests of the others tell."""
    found: dict[CameraId, int] = {}
    for one in held:
        for camera, reach in one.manifest.others.items():
            found[camera] = max(found.get(camera, 0), reach.number)
    return found


def _runs(numbers: Sequence[int]) -> Iterator[tuple[int, int]]:
    start = 0
    for at, number in enumerate(numbers):
        if at + 1 == len(numbers) or numbers[at + 1] != number + 1:
            yield numbers[start], number
            start = at + 1
