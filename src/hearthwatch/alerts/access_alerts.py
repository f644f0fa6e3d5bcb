"""What the owner is told about log-ins to the house's own page. Pure."""

from __future__ import annotations

from hearthwatch.alerts.alert import Alert, AlertId, Severity
from hearthwatch.alerts.wording import many_lines, one_line
from hearthwatch.kit.units import WallUs

_WORD = 60


def new_place(
    *, id_: str, who: str, at_home: bool, address: str, name: str, browser: str, by: str, let_in: bool, now_us: WallUs
) -> Alert:
    """Somebody logged in to the page from where, or with what, they never did; not `let_in`: they had the password alone.
    `by` is how they proved who they are, `name` the reverse name of the address, where it is known."""
    called = one_line(who, _WORD)
    browser, address = one_line(browser, _WORD), one_line(address, _WORD)
    where = "in the home" if at_home else "outside the home"
    known = f" ({one_line(name, _WORD)})" if name else ""
    if let_in:
        title = f"{called} logged in from a new place, {where}"
        first = f"{called} is logged in to Hearthwatch with {browser}, from {address}{known}, {where}."
        do = (
            "If that was you or them, there is nothing to do. If not: open Settings, People with access, end that log-in, and "
            f"give {called} a new password."
        )
        how = f"Shown who they are by {by}. This browser or this network was not used for that account before."
        lines = [first, how, do]
    else:
        title = f"Somebody outside knows {called}'s password"
        first = f"{browser} at {address}{known} entered {called}'s right password, {where}."
        do = (
            "They were not let in, as an owner needs a second factor from outside. If it was you, set one up at home: "
            "Settings, People with access. If not, change the password now."
        )
        lines = [first, do]
    return Alert(
        id=AlertId(id_),
        event="",
        camera=None,
        severity=Severity.INFO if at_home else Severity.WARN if let_in else Severity.URGENT,
        title=title,
        text=many_lines("\n".join(lines)),
        at_us=now_us,
        dedupe_key=f"access/{id_}",
    )
