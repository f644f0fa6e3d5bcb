"""What a person is told when every camera's last minutes are brought to safety first. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from hearthwatch.alerts.alert import Alert, AlertId, Severity
from hearthwatch.alerts.wording import many_lines, one_line
from hearthwatch.kit.units import WallUs


def began(
    *, id_: str, home: str, cause: str, cameras: Sequence[str], targets: Sequence[str], minutes: float, now_us: WallUs
) -> Alert:
    """`cause` is what happened, as a sentence; `cameras` and `targets` are named as a person reads them."""
    return Alert(
        id=AlertId(id_),
        event="",
        camera=None,
        severity=Severity.URGENT,
        title=f"{one_line(home, 60)}: footage is being brought to safety",
        text=many_lines(f"{one_line(cause, 200)}\n{saving(cameras, targets, minutes)}"),
        at_us=now_us,
        dedupe_key=f"failsafe/{now_us}",
    )


def saving(cameras: Sequence[str], targets: Sequence[str], minutes: float) -> str:
    """Return what is done, as a sentence of another alert or of this one."""
    if not targets:
        return "No place for copies is set up, so nothing can be brought to safety."
    where = " and ".join(one_line(name, 40) for name in targets)
    which = ", ".join(one_line(name, 40) for name in cameras) or "no camera"
    return f"The last {minutes:g} minutes of {which}, and what they see now, go to {where} before all else."
