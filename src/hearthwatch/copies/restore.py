"""What it takes to bring a camera back to a copy, or another of its family to parts of it. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from hearthwatch.copies import diff as differ
from hearthwatch.copies.copy import Diff, KeptSetting, Proposal, Skipped
from hearthwatch.copies.families import is_name, is_network, is_our_door, is_volatile, section_of, why_read_only
from hearthwatch.copies.sealing import is_masked
from hearthwatch.copies.words import title_of
from hearthwatch.vendors.device import Setting, Vendor

_ADDS_KEYS = frozenset({Vendor.DAHUA})
"""Their lists grow when a new key is written; on the others a camera has the setting or it has not."""


def proposal(
    now: Iterable[KeptSetting],
    wanted: Iterable[KeptSetting],
    vendor: Vendor,
    *,
    masked: Collection[str] = (),
    sections: Sequence[str] = (),
    other_camera: bool = False,
    own: bool = False,
    tls: bool = False,
) -> Proposal:
    """Return what to write so that `now` becomes `wanted`, in these `sections` (none: in all).

    A section goes by its own name and by the heading a difference stands under. `masked` are the keys of secrets that the copy
    does not know, since the camera showed stars. What decides how a camera is reached stays as it is unless `own`; so does,
    for another camera than the copy's, what says which camera it is. `tls`: we come in by HTTPS.
    """
    before, after = {one.key: one for one in now}, {one.key: one for one in wanted}
    wanted_sections = {section.casefold() for section in sections}
    writes: list[str] = []
    skipped: list[Skipped] = []
    for key in sorted(before.keys() | after.keys()):
        if is_volatile(vendor, key) or differ.is_same(before.get(key), after.get(key)):
            continue
        if wanted_sections and not _names(vendor, key) & wanted_sections:
            continue
        why = _why_not(key, before, after, vendor, masked) or locks_us_out(after[key], vendor, tls=tls)
        if not why and not own and is_network(vendor, key):
            why = "it decides how the camera is reached (--own writes it, too)"
        if not why and not own and other_camera and is_name(vendor, key):
            why = "it belongs to that camera alone (--own writes it, too)"
        if why:
            skipped.append(Skipped(what=key, why=why))
        else:
            writes.append(key)
    return Proposal(keys=tuple(writes), diff=differ.of_keys(before, after, writes, vendor), skipped=tuple(skipped))


def _why_not(
    key: str, before: Mapping[str, KeptSetting], after: Mapping[str, KeptSetting], vendor: Vendor, masked: Collection[str]
) -> str:
    if key not in after:
        return "the copy has no such setting, and settings cannot be taken away"
    if why := why_read_only(vendor, key):
        return why
    if key not in before and vendor not in _ADDS_KEYS:
        return "the camera no longer has this setting"
    return "the camera never showed this secret, so the copy does not have it" if key in masked else ""


def locks_us_out(wanted: KeptSetting, vendor: Vendor, *, tls: bool) -> str:
    """Return why a setting is not written that would close the door by which we come in, "" when it does not."""
    closes = is_our_door(vendor, wanted.key, tls=tls) and wanted.value.lower() in {"0", "false"}
    return f"we come in by {'HTTPS' if tls else 'HTTP'} ourselves, and would be locked out" if closes else ""


def unknown_sections(sections: Iterable[str], copy: Iterable[KeptSetting], vendor: Vendor) -> tuple[str, ...]:
    """Return those of `sections` that nothing in the copy belongs to."""
    known = {name for one in copy for name in _names(vendor, one.key)}
    return tuple(section for section in sections if section.casefold() not in known)


def _names(vendor: Vendor, key: str) -> set[str]:
    return {section_of(vendor, key).casefold(), title_of(vendor, key).casefold()}


def masked_keys(secrets: Mapping[str, str]) -> frozenset[str]:
    """Return the keys whose secret the copy knows only as stars."""
    return frozenset(key for key, value in secrets.items() if is_masked(value))


def writes(found: Proposal, wanted: Iterable[KeptSetting], secrets: Mapping[str, str]) -> tuple[Setting, ...]:
    """Return the settings to write for a proposal, secrets in clear: for the camera and nobody else."""
    chosen = {one.key: one for one in wanted}
    return tuple(
        Setting(
            key=key,
            value=secrets.get(key, "") if chosen[key].is_secret else chosen[key].value,
            is_secret=chosen[key].is_secret,
        )
        for key in found.keys
    )


def batches(settings: Iterable[Setting], vendor: Vendor) -> tuple[tuple[str, tuple[Setting, ...]], ...]:
    """Return the settings section by section, last those that may cut us off: one that is refused does not stop the others."""
    found: dict[str, list[Setting]] = {}
    for one in settings:
        found.setdefault(section_of(vendor, one.key), []).append(one)
    ordered = sorted(found.items(), key=lambda item: (any(is_network(vendor, one.key) for one in item[1]), item[0]))
    return tuple((section, tuple(some)) for section, some in ordered)


def remaining(found: Proposal, wanted: Iterable[KeptSetting], now: Iterable[KeptSetting], vendor: Vendor) -> Diff:
    """Return what of a proposal the camera has not taken. A secret that it answers masked counts as taken."""
    after = {one.key: one for one in wanted}
    before = {one.key: one for one in now}
    keys = [key for key in found.keys if not after[key].is_secret or key not in before]
    return differ.of_keys(before, after, keys, vendor)
