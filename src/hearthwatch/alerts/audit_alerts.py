"""What a person is told when an audit finds something serious that was not there before. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from hearthwatch.alerts.alert import Alert, AlertId, Severity
from hearthwatch.alerts.wording import many_lines, one_line
from hearthwatch.audit.finding import Finding, Report

_SHOWN = 6
_OFFERS = 3


def weaknesses(*, id_: str, name: str, found: Sequence[Finding], report: Report) -> Alert:
    """Return the alert about the new serious findings of one audit; `report.at_us` names the audit."""
    who = one_line(name, 60)
    if len(found) == 1:
        one = found[0]
        title = f"{who}: {_lower(one.title)}"
        lines = [one.saw, one.why, f"By hand: {one.fix}"]
    else:
        title = f"{who}: {len(found)} serious weaknesses"
        lines = [f"• {one.title}: {one.saw}" for one in found[:_SHOWN]]
        if len(found) > _SHOWN:
            lines.append(f"… and {len(found) - _SHOWN} more.")
    lines.append(
        f"`hearthwatch audit --camera {report.camera}` and the page show all, with what to do; --apply does what it can."
    )
    remedies = dict.fromkeys(one.remedy for one in found if one.remedy is not None)
    return Alert(
        id=AlertId(id_),
        event="",
        camera=report.camera,
        severity=Severity.WARN,
        title=one_line(title),
        text=many_lines("\n".join(lines)),
        at_us=report.at_us,
        dedupe_key=f"audit/{report.camera}/{report.at_us}",
        offers=tuple(remedies)[:_OFFERS],
    )


def _lower(title: str) -> str:
    """Names and abbreviations keep their capitals."""
    first, second = title[:1], title[1:2]
    return title if second.isupper() or second.isdigit() else first.lower() + title[1:]
