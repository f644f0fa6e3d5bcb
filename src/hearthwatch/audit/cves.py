"""Which publicly known weaknesses a camera's firmware has: judged by our own dated table `cves.toml`, never by trying them."""

from __future__ import annotations

import datetime as dt
import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib import resources

from hearthwatch.audit.finding import short
from hearthwatch.audit.firmware import Firmware, Grammar, Order, compare, parse, same_branch
from hearthwatch.kit.errors import ConfigFault
from hearthwatch.vendors.capability import Service
from hearthwatch.vendors.device import DeviceIdentity, Vendor

_ANY = ".*"


class Verdict(StrEnum):
    """UNKNOWN is never shown as OK."""

    AFFECTED = "affected"
    FIXED = "fixed"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A row of `cves.toml`; its head says what the fields mean."""

    product: Grammar
    cve: str
    also: tuple[str, ...]
    what: str
    model: re.Pattern[str]
    hardware: re.Pattern[str] | None
    affected_from: Firmware | None
    affected_to: Firmware | None
    fixed_in: Firmware | None
    later_unknown: bool
    maybe: bool
    unless_off: Service | None
    attacked: bool
    source: str
    reviewed: dt.date


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What the table says of one CVE on one camera. `because` is for the owner."""

    rule: Rule
    verdict: Verdict
    because: str


@cache
def rules() -> tuple[Rule, ...]:
    """Return the shipped table."""
    return read(resources.files("hearthwatch.audit").joinpath("cves.toml").read_text("utf-8"))


def read(text: str) -> tuple[Rule, ...]:
    """Return the rows of a table. Raises ConfigFault for one that is written wrong."""
    try:
        return tuple(_rule(row) for row in tomllib.loads(text)["rule"])
    except KeyError as error:
        raise ConfigFault(f"a table of known weaknesses lacks {error}: its shape is that of the shipped cves.toml") from error
    except (ValueError, TypeError, AttributeError, re.error, RecursionError) as error:
        raise ConfigFault(f"a table of known weaknesses is not understood: {error}") from error


def renewed(shipped: Sequence[Rule], own: Sequence[Rule]) -> tuple[Rule, ...]:
    """Return the shipped table with the rows of `own` in place of those of the same CVE and product."""
    told = {(rule.product, rule.cve) for rule in own}
    return (*own, *(rule for rule in shipped if (rule.product, rule.cve) not in told))


_KEYS = frozenset(
    {"product", "cve", "also", "what", "model", "hardware", "affected_from", "affected_to", "fixed_in", "later", "maybe"}
    | {"unless_off", "attacked", "source", "reviewed"}
)


def _rule(row: dict[str, object]) -> Rule:
    if unknown := set(row) - _KEYS:
        raise ValueError(f"a rule has a key that means nothing: {', '.join(sorted(unknown))}")
    product = Grammar(str(row["product"]))
    also, reviewed = row.get("also", []), row["reviewed"]
    if not isinstance(also, list) or not isinstance(reviewed, dt.date):
        raise TypeError(f"{row['cve']}: `also` is a list, `reviewed` a date")
    return Rule(
        product=product,
        cve=str(row["cve"]),
        also=tuple(str(one) for one in also),
        what=str(row["what"]),
        model=re.compile(str(row["model"]), re.IGNORECASE),
        hardware=re.compile(str(row["hardware"]), re.IGNORECASE) if "hardware" in row else None,
        affected_from=_limit(row, "affected_from", product),
        affected_to=_limit(row, "affected_to", product),
        fixed_in=_limit(row, "fixed_in", product),
        later_unknown=row.get("later") == "unknown",
        maybe=row.get("maybe") is True,
        unless_off=Service(str(row["unless_off"])) if "unless_off" in row else None,
        attacked=row.get("attacked") is True,
        source=str(row["source"]),
        reviewed=reviewed,
    )


def _limit(row: dict[str, object], key: str, product: Grammar) -> Firmware | None:
    if key not in row:
        return None
    found = parse(product, str(row[key]))
    if found is None:
        raise ValueError(f"{row['cve']}: {key} is no version of {product}: {row[key]}")
    return found


def product_of(vendor: Vendor, identity: DeviceIdentity) -> Grammar | None:
    """Return whose firmware it is; a camera asked by ONVIF tells its maker."""
    match vendor:
        case Vendor.FOSCAM_MJPEG:
            return Grammar.FOSCAM_MJPEG
        case Vendor.FOSCAM_HD:
            return Grammar.FOSCAM_HD
        case Vendor.DAHUA:
            return Grammar.DAHUA
        case Vendor.REOLINK:
            return Grammar.REOLINK
    maker = identity.vendor.casefold()
    makers = {
        "hikvision": Grammar.HIKVISION, "dahua": Grammar.DAHUA, "amcrest": Grammar.DAHUA, "reolink": Grammar.REOLINK,
        "foscam": Grammar.FOSCAM_HD,
    }  # fmt: skip
    return next((product for name, product in makers.items() if name in maker), None)


def is_built_by_hikvision(maker: str) -> bool:
    """Whether it is theirs or, as TRENDnet's, built and set up like theirs."""
    return any(name in maker.casefold() for name in ("hikvision", "trendnet"))


def known(
    vendor: Vendor, identity: DeviceIdentity, services: Mapping[Service, bool], table: Sequence[Rule]
) -> tuple[Known, ...]:
    """Return what the table knows of this camera, one entry a CVE in the table's order; nothing when no row names its model.

    `services` says which are surely on or off.
    """
    product = product_of(vendor, identity)
    if product is None:
        return ()
    firmware = parse(product, identity.firmware, identity.build_date)
    groups: dict[str, list[Rule]] = {}
    for rule in table:
        if rule.product is product and _names(rule, identity):
            groups.setdefault(rule.cve, []).append(rule)
    return tuple(_judged(group, identity, firmware, services) for group in groups.values())


def _names(rule: Rule, identity: DeviceIdentity) -> bool:
    """A camera that does not tell its model may be any of the family; hardware that is not told may be any, too."""
    if identity.model and not rule.model.fullmatch(identity.model.strip()):
        return False
    return rule.hardware is None or not identity.hardware or rule.hardware.fullmatch(identity.hardware.strip()) is not None


def _judged(
    group: Sequence[Rule], identity: DeviceIdentity, firmware: Firmware | None, services: Mapping[Service, bool]
) -> Known:
    """The rows of the exact branch decide; without one, those that name the model; else those for the whole family."""
    exact = [rule for rule in group if firmware and any(same_branch(firmware, limit) for limit in _limits(rule))]
    named = [rule for rule in group if rule.model.pattern != _ANY]
    found = [_one(rule, identity, firmware, services) for rule in exact or named or group]
    order = (Verdict.AFFECTED, Verdict.FIXED, Verdict.UNKNOWN)
    return min(found, key=lambda one: order.index(one.verdict))


def _limits(rule: Rule) -> Iterable[Firmware]:
    return (limit for limit in (rule.affected_from, rule.affected_to, rule.fixed_in) if limit is not None)


def _one(rule: Rule, identity: DeviceIdentity, firmware: Firmware | None, services: Mapping[Service, bool]) -> Known:
    shown = short(identity.firmware) or "(it does not tell which)"
    if rule.unless_off is not None:
        return _of_service(rule, services.get(rule.unless_off))
    if firmware is None:
        return Known(rule=rule, verdict=Verdict.UNKNOWN, because=f"Its firmware {shown} cannot be compared.")
    verdict = _verdict(rule, firmware)
    if verdict is Verdict.AFFECTED and (rule.maybe or (not identity.model and rule.model.pattern != _ANY)):
        because = f"Its firmware {shown} is old enough to have it, but nobody says for certain that this model has."
        return Known(rule=rule, verdict=Verdict.UNKNOWN, because=because)
    because = {
        Verdict.AFFECTED: f"Its firmware {shown} has it.",
        Verdict.FIXED: f"Its firmware {shown} does not have it any more.",
        Verdict.UNKNOWN: f"Nobody says for certain whether its firmware {shown} has it.",
    }[verdict]
    return Known(rule=rule, verdict=verdict, because=because)


def _of_service(rule: Rule, is_on: bool | None) -> Known:
    """No firmware is said to mend it, but without the service nobody gets at it."""
    name = str(rule.unless_off).upper()
    if is_on is None:
        return Known(
            rule=rule, verdict=Verdict.UNKNOWN, because=f"Whether {name} is on, through which it is reached, is not known."
        )
    if is_on:
        return Known(rule=rule, verdict=Verdict.AFFECTED, because=f"{name}, through which it is reached, is on.")
    return Known(rule=rule, verdict=Verdict.FIXED, because=f"{name}, through which it is reached, is off.")


def _verdict(rule: Rule, firmware: Firmware) -> Verdict:  # noqa: PLR0911 - a decision table
    if rule.affected_from is not None and compare(firmware, rule.affected_from) is Order.BEFORE:
        return Verdict.UNKNOWN
    if rule.affected_to is not None:
        order = compare(firmware, rule.affected_to)
        if order in {Order.BEFORE, Order.SAME}:
            return Verdict.AFFECTED
        if order is Order.UNKNOWN or rule.later_unknown:
            return Verdict.UNKNOWN
        if rule.fixed_in is None:
            return Verdict.FIXED
    if rule.fixed_in is not None:
        match compare(firmware, rule.fixed_in):
            case Order.SAME | Order.AFTER:
                return Verdict.FIXED
            case Order.BEFORE:
                return Verdict.AFFECTED if rule.affected_to is None else Verdict.UNKNOWN
    return Verdict.UNKNOWN
