"""Which copies have been at a target long enough (pure), and the rule that lets a bucket delete by itself."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from hearthwatch.kit.units import US_PER_S, WallUs
from hearthwatch.offsite.names import noted, read_sealed
from hearthwatch.offsite.upload import Piece, Stored, TargetOptions
from hearthwatch.recording.segment import FootageClass

_DAY_US = 86_400 * US_PER_S


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """Days that each class stays, 0 for good, and the most bytes that all may take, 0 for no limit."""

    continuous_days: float
    motion_days: float
    event_days: float
    max_bytes: int = 0

    def keep_us(self, footage_class: FootageClass) -> int | None:
        """Return how long footage of a class stays, None for good."""
        days = {
            FootageClass.BRIEF: self.continuous_days,
            FootageClass.CONTINUOUS: self.continuous_days,
            FootageClass.MOTION: self.motion_days,
            FootageClass.EVENT: self.event_days,
        }[footage_class]
        return round(days * _DAY_US) or None

    def longest_us(self) -> int | None:
        """Return after how long nothing that is not kept is left, None when something stays for good."""
        keeps = [self.keep_us(one) for one in FootageClass]
        return None if None in keeps else max(keep for keep in keeps if keep is not None)


def rules_of(options: TargetOptions) -> Rules:
    """Return the rules a target's section states."""
    return Rules(
        continuous_days=options.keep_continuous_days,
        motion_days=options.keep_motion_days,
        event_days=options.keep_event_days,
        max_bytes=round(options.max_gib * (1 << 30)),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """One piece at a target, with what its name or its manifest tells; `size_bytes` with all that belongs to it."""

    name: str
    size_bytes: int
    start_us: WallUs
    footage_class: FootageClass
    is_kept: bool


def copies(stored: Iterable[Stored], kept: Collection[str], plain: Mapping[str, Copy]) -> tuple[Copy, ...]:
    """Return the pieces among files; whatever is not one of ours is left out, and so is never deleted.

    `kept` are the pieces that a note keeps, `plain` what the manifests beside plain pieces tell, by name.
    """
    found = []
    for one in stored:
        named = read_sealed(one.name)
        if named is not None:
            made = Copy(
                name=one.name,
                size_bytes=one.size_bytes,
                start_us=named.start_us,
                footage_class=named.footage_class or FootageClass.EVENT,
                is_kept=named.footage_class is None or one.name in kept,
            )
            found.append(made)
        elif one.name in plain:
            found.append(plain[one.name])
    return tuple(found)


def due(held: Iterable[Copy], rules: Rules, now_us: WallUs) -> list[Copy]:
    """Return what is to be deleted: what is over its age, then the oldest until the rest fits. Kept pieces stay."""
    there = sorted(held, key=lambda one: one.start_us)
    gone: list[Copy] = []
    left: list[Copy] = []
    for one in there:
        keep_us = rules.keep_us(one.footage_class)
        is_due = not one.is_kept and keep_us is not None and one.start_us + keep_us < now_us
        (gone if is_due else left).append(one)
    over = sum(one.size_bytes for one in left) - rules.max_bytes if rules.max_bytes else 0
    for one in left:
        if over <= 0:
            break
        if not one.is_kept:
            gone.append(one)
            over -= one.size_bytes
    return gone


def may_be_gone(name: str, piece: Piece, rules: Rules, now_us: WallUs) -> bool:
    """Tell whether a piece that is not at a target was taken there by its age; a sealed one goes by the class in its name."""
    named = read_sealed(name)
    footage_class = piece.footage_class if named is None else named.footage_class
    if footage_class is None or (named is None and piece.pinned):
        return False
    keep_us = rules.keep_us(footage_class)
    return keep_us is not None and piece.start_us + keep_us < now_us


def kept_names(notes: Mapping[str, bytes]) -> set[str]:
    """Return the pieces that notes keep; `notes` are their contents by name."""
    return {piece for name, content in notes.items() if (piece := noted(name)) and content.strip() == b"kept"}


def lifecycle(rules: Rules, prefix: str) -> str:
    """Return the rule, as JSON for `aws s3api put-bucket-lifecycle-configuration`, by which a bucket keeps to the rules itself.

    It knows ages only: `max_bytes` is not in it, and a piece that was kept after it was sent must be put under `kept/` again.
    """
    lead = f"{prefix.strip('/')}/" if prefix.strip("/") else ""
    made = []
    for footage_class in FootageClass:
        keep_us = rules.keep_us(footage_class)
        if keep_us is not None:
            days = max(1, -(-keep_us // _DAY_US))
            made.append(
                {
                    "ID": f"hearthwatch-{footage_class}",
                    "Status": "Enabled",
                    "Filter": {"Prefix": f"{lead}{footage_class}/"},
                    "Expiration": {"Days": days},
                }
            )
    made.append(
        {
            "ID": "hearthwatch-half-sent",
            "Status": "Enabled",
            "Filter": {"Prefix": lead},
            "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7},
        }
    )
    return json.dumps({"Rules": made}, indent=2)
