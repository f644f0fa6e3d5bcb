"""The checks: from Evidence to Findings. Pure; what is not known becomes UNKNOWN, never OK."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from hearthwatch.audit import checks_network, cves
from hearthwatch.audit.evidence import Evidence
from hearthwatch.audit.finding import CheckId, Finding, FindingState, Grade, short
from hearthwatch.audit.remedy import RemedyKind
from hearthwatch.audit.view import View
from hearthwatch.audit.words import WORDS
from hearthwatch.kit.units import US_PER_S
from hearthwatch.vendors.capability import Service

FOUND, OK, UNKNOWN = FindingState.FOUND, FindingState.OK, FindingState.UNKNOWN

_CLOCK_LIMIT_US = 60 * US_PER_S
_QUARTER_US = 15 * 60 * US_PER_S
_MAX_ZONE_US = 15 * 3600 * US_PER_S


def findings(evidence: Evidence) -> tuple[Finding, ...]:
    """Return every finding about the camera."""
    view = View(evidence)
    return tuple(found for check in _CHECKS for found in check(view))


def stored_password(evidence: Evidence) -> tuple[Finding, ...]:
    """Return what can be said of a camera that does not answer: about the password stored for it."""
    view = View(evidence)
    return (*_password(view), *_password_shared(view))


def _password(view: View) -> Iterator[Finding]:
    facts = view.evidence.password
    if not facts.is_set:
        yield view.finding(
            CheckId.PASSWORD,
            UNKNOWN,
            "Hearthwatch has no password for this camera: either it needs none, the worst there is, or it was not given.",
            fix=f"store it: hearthwatch secrets set camera.{view.evidence.camera}.door.password",
        )
        return
    remedy = view.remedy(RemedyKind.CHANGE_PASSWORD, view.evidence.user)
    if facts.weakness:
        yield view.finding(
            CheckId.PASSWORD, FOUND, f"The password stored here for it is weak: {facts.weakness}.", remedy=remedy
        )
    else:
        yield view.finding(CheckId.PASSWORD, OK, "The password stored here for it is not on the lists and long enough.")


def _password_shared(view: View) -> Iterator[Finding]:
    facts = view.evidence.password
    remedy = view.remedy(RemedyKind.CHANGE_PASSWORD, view.evidence.user)
    if facts.shared_with:
        others = ", ".join(facts.shared_with[:10])
        yield view.finding(CheckId.PASSWORD_SHARED, FOUND, f"The same password is used for {others}.", remedy=remedy)
    elif facts.is_set:
        yield view.finding(CheckId.PASSWORD_SHARED, OK, "No other camera has this password.")


def _accounts(view: View) -> Iterator[Finding]:
    accounts, user = view.evidence.accounts, view.evidence.user
    check = CheckId.ACCOUNT_EXTRA
    if accounts is None:
        yield view.finding(check, UNKNOWN, "The camera does not tell its accounts to the one we use.")
        return
    ours = {user, _FACTORY_OWNER}
    extra = [one for one in accounts if one.name not in ours and (not one.is_built_in or one.name in _FACTORY_ACCOUNTS)]
    for one in extra[:_MAX_ACCOUNTS]:
        what = "an administrator" if one.is_admin else f"in the group {short(one.group)}" if one.group else "of lesser rights"
        remedy = view.remedy(RemedyKind.REMOVE_ACCOUNT, one.name)
        saw = f"The camera has an account “{short(one.name)}”, {what}."
        yield view.finding(check, FOUND, saw, subject=short(one.name), remedy=remedy)
    if not extra:
        yield view.finding(check, OK, "There are only our account and those that come with the camera.")


_MAX_ACCOUNTS = 32
_FACTORY_OWNER = "admin"
"""Every family leaves the factory with this one; it is the owner's own."""
_FACTORY_ACCOUNTS = frozenset({"888888", "666666"})
"""Old Dahua firmware comes with these, with passwords that everybody knows."""


def _account_passwords(view: View) -> Iterator[Finding]:
    told = view.evidence.told_passwords
    if told is None:
        return
    weak = {name: why for name, why in told.items() if why and name != view.evidence.user}
    for name, why in weak.items():
        remedy = view.remedy(RemedyKind.CHANGE_PASSWORD, name)
        saw = f"The camera itself tells us the password of “{short(name)}”, and it is weak: {why}."
        yield view.finding(CheckId.ACCOUNT_PASSWORD, FOUND, saw, subject=short(name), remedy=remedy)
    if not weak:
        yield view.finding(CheckId.ACCOUNT_PASSWORD, OK, "None of the passwords the camera tells us is on the lists.")


def _firmware(view: View) -> Iterator[Finding]:
    identity = view.evidence.identity
    check = CheckId.FIRMWARE
    if identity is None:
        yield view.finding(check, UNKNOWN, "The camera did not say which firmware it has.")
        return
    on = {service: is_on for service in (Service.P2P,) if (is_on := view.is_on(service)) is not None}
    known = cves.known(view.evidence.vendor, identity, on, view.evidence.table)
    if not known:
        model = short(identity.model) or "this camera"
        saw = f"Our table has no entry for {model}: that proves nothing, look at its maker's page."
        yield view.finding(check, UNKNOWN, saw)
    states = {cves.Verdict.AFFECTED: FOUND, cves.Verdict.FIXED: OK, cves.Verdict.UNKNOWN: UNKNOWN}
    for one in known:
        rule = one.rule
        also = f" (with {', '.join(rule.also)})" if rule.also else ""
        used = " It is known to be used in attacks." if rule.attacked else ""
        remedy = None
        if rule.unless_off is not None:
            remedy = view.remedy(RemedyKind.SERVICE_OFF, rule.unless_off.value)
        yield view.finding(
            check,
            states[one.verdict],
            f"{rule.what} {one.because}{used if one.verdict is not cves.Verdict.FIXED else ''} See {rule.source}{also}.",
            subject=rule.cve,
            title=f"{WORDS[check].title if states[one.verdict] is FOUND else WORDS[check].name}: {rule.cve}",
            remedy=remedy,
            fix=view.family.menus.get(CheckId.P2P, "") if rule.unless_off is Service.P2P else "",
        )


def _ntp(view: View) -> Iterator[Finding]:
    match view.tells(CheckId.NTP):
        case True:
            remedy = view.remedy(RemedyKind.USE_NTP, value=view.evidence.time_server)
            yield view.finding(CheckId.NTP, FOUND, "It asks no time server.", remedy=remedy)
        case False:
            yield view.finding(CheckId.NTP, OK, "It sets its clock by a time server.")
        case None:
            yield view.finding(CheckId.NTP, UNKNOWN, "The camera does not tell us.")


def _clock(view: View) -> Iterator[Finding]:
    reading = view.evidence.clock
    check = CheckId.CLOCK
    if reading is None:
        yield view.finding(check, UNKNOWN, "The camera does not tell its time.")
        return
    off_us = reading.ahead_us - (0 if view.family.universal_clock else view.evidence.utc_offset_us)
    zone_us = round(off_us / _QUARTER_US) * _QUARTER_US
    limit_us = _CLOCK_LIMIT_US + reading.error_us
    remedy = view.remedy(RemedyKind.SET_CLOCK)
    if abs(off_us) <= limit_us:
        yield view.finding(check, OK, f"It is right to {max(1, abs(off_us) // US_PER_S)} s.")
    elif abs(off_us - zone_us) <= limit_us and abs(zone_us) <= _MAX_ZONE_US:
        saw = f"It shows the time of another zone, {_span(zone_us)}, or knows nothing of summer time."
        fix = f"{view.family.menus[check]}: set time zone and summer time"
        yield view.finding(check, FOUND, saw, grade=Grade.HINT, fix=fix)
    else:
        yield view.finding(check, FOUND, f"It is {_span(off_us)}.", remedy=remedy)


def _span(off_us: int) -> str:
    seconds = abs(off_us) // US_PER_S
    if seconds >= 2 * 86_400:
        shown = f"{seconds // 86_400} days"
    elif seconds >= 3600:
        shown = f"{seconds // 3600} h {seconds // 60 % 60} min"
    else:
        shown = f"{seconds // 60} min {seconds % 60} s"
    return f"{shown} {'ahead' if off_us > 0 else 'behind'}"


_CHECKS: tuple[Callable[[View], Iterable[Finding]], ...] = (
    _password,
    _password_shared,
    _accounts,
    _account_passwords,
    _firmware,
    checks_network.services,
    checks_network.ftp_server,
    checks_network.settings_only,
    checks_network.encryption,
    checks_network.certificate,
    checks_network.status,
    checks_network.internet,
    _clock,
    _ntp,
)
