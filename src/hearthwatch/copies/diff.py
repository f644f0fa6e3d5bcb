"""What differs between two copies. Pure; what changes by itself is left out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from hearthwatch.copies.copy import HIDDEN, Change, ChangeKind, Diff, KeptSetting
from hearthwatch.copies.families import is_volatile, section_of
from hearthwatch.copies.sealing import same_mark
from hearthwatch.copies.words import line, title_of
from hearthwatch.vendors.device import Vendor


def diff(old: Iterable[KeptSetting], new: Iterable[KeptSetting], vendor: Vendor) -> Diff:
    """Return what is different in `new`, the sections that we have words for first."""
    before, after = {one.key: one for one in old}, {one.key: one for one in new}
    return of_keys(before, after, sorted(before.keys() | after.keys()), vendor)


def of_keys(before: Mapping[str, KeptSetting], after: Mapping[str, KeptSetting], keys: Iterable[str], vendor: Vendor) -> Diff:
    """Return what is different in `keys` only."""
    found = [
        _change(before.get(key), after.get(key), key, vendor)
        for key in keys
        if not is_volatile(vendor, key) and not is_same(before.get(key), after.get(key))
    ]
    known = {change.title for change in found if change.is_known}
    return Diff(changes=tuple(sorted(found, key=lambda one: (one.title not in known, one.title, not one.is_known, one.key))))


def is_same(old: KeptSetting | None, new: KeptSetting | None) -> bool:
    """Whether both hold one value. Secrets are compared by their marks."""
    if old is None or new is None:
        return old is new
    if old.is_secret and new.is_secret:
        return same_mark(old.value, new.value)
    return old.is_secret == new.is_secret and old.value == new.value


def _change(old: KeptSetting | None, new: KeptSetting | None, key: str, vendor: Vendor) -> Change:
    kind = ChangeKind.ADDED if old is None else ChangeKind.REMOVED if new is None else ChangeKind.CHANGED
    is_secret = any(one is not None and one.is_secret for one in (old, new))
    was, becomes = (one.shown if one is not None else "" for one in (old, new))
    if is_secret:
        was, becomes = (HIDDEN if one is not None and one.value else "" for one in (old, new))
    text, is_known = line(vendor, key, kind, was, becomes, is_secret=is_secret)
    return Change(
        key=key,
        section=section_of(vendor, key),
        title=title_of(vendor, key),
        kind=kind,
        old=was,
        new=becomes,
        is_secret=is_secret,
        is_known=is_known,
        text=text,
    )
