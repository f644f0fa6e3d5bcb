"""What a person is told when a camera's settings changed and nobody here ordered it. Pure."""

from __future__ import annotations

from datetime import tzinfo

from hearthwatch.alerts.alert import Alert, AlertId, Severity
from hearthwatch.alerts.wording import clock_time, many_lines, one_line
from hearthwatch.audit.remedy import Remedy, RemedyKind
from hearthwatch.copies.copy import Drift
from hearthwatch.kit.units import WallUs

COPY = "copy/"
"""How the dedupe key of such an alert begins."""
_LINES = 6
_LINE_CHARS = 160


def drift(found: Drift, *, id_: str, name: str, zone: tzinfo, now_us: WallUs) -> Alert:
    """Return the alert about `found`; it offers to restore the last settings that nobody tampered with."""
    copy, count = found.copy, len(found.diff.changes)
    is_update = bool(copy.firmware and found.old_firmware and copy.firmware != found.old_firmware)
    when, before = clock_time(copy.taken_us, zone, now_us), clock_time(found.before_us, zone, now_us)
    what = "A setting was changed" if count == 1 else f"{count} settings were changed"
    lines = [f"{what} and nobody ordered it here. Found {when}; at {before} all was as before."]
    lines += [f"- {one_line(line, _LINE_CHARS)}" for line in found.diff.headlines(_LINES)]
    if is_update:
        lines.append(f"Its firmware is another one, too: {one_line(found.old_firmware, 60)} → {one_line(copy.firmware, 60)}.")
        lines.append("If you updated it, that is the reason. If not, restore the settings and change its password.")
    else:
        lines.append("If it was not you: restore the settings, then change the camera's password and look at its log-ins.")
    lines.append(f"All of it: hearthwatch copies diff {copy.id}")
    return Alert(
        id=AlertId(id_),
        event="",
        camera=copy.camera,
        severity=Severity.WARN if is_update else Severity.URGENT,
        title=f"{one_line(name, 60)}: its settings were changed",
        text=many_lines("\n".join(lines)),
        at_us=now_us,
        dedupe_key=f"{COPY}{copy.id}",
        offers=(Remedy(kind=RemedyKind.RESTORE_SETTINGS, camera=copy.camera, subject=found.good),),
    )
