"""What a person is told when a camera is at another address, or is not quite what it was. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256

from hearthwatch.alerts.alert import Alert, AlertId, Severity
from hearthwatch.alerts.wording import many_lines, one_line
from hearthwatch.kit.units import CameraId, WallUs

_WORD = 60


def moved(
    *, id_: str, camera: CameraId, name: str, before: str, after: str, proof: str, fault: str, now_us: WallUs, seen_us: WallUs
) -> Alert:
    """`proof` is by what it was recognised; `fault` why our configuration could not follow, "" when it did."""
    lines = [f"It answers at {after} now; before it was {before}. It is the same camera ({one_line(proof, 120)})."]
    if fault:
        lines.append(f"Its address in the configuration could not be changed: {one_line(fault)}")
        lines.append(f"Until you write {after} there, it is neither recorded nor watched.")
    else:
        lines.append("The configuration was changed with it: recording and watching go on at the new address.")
    lines.append("To keep this from happening again, reserve its address for it in your router.")
    return Alert(
        id=AlertId(id_),
        event="",
        camera=camera,
        severity=Severity.WARN if fault else Severity.INFO,
        title=f"{one_line(name, _WORD)}: has a new address",
        text=many_lines("\n".join(lines)),
        at_us=now_us,
        dedupe_key=_key("moved", camera, before, after, str(seen_us)),
    )


def changed(
    *, id_: str, camera: CameraId, name: str, changes: Sequence[tuple[str, str, str]], now_us: WallUs, seen_us: WallUs
) -> Alert:
    """`changes` are what, before and after; `seen_us` is when it was as before for the last time."""
    lines = [f"{what}: {one_line(old, _WORD)} before, {one_line(new, _WORD)} now." for what, old, new in changes]
    only_firmware = all(what == "firmware" for what, _, _ in changes)
    if only_firmware:
        lines.append("If you did not update it, somebody else did: look at its log-ins and change its password.")
    else:
        lines.append(
            "A camera does not change this by itself. If nobody repaired or reset it, take it for a device that was tampered "
            "with: look at it, and change its password."
        )
    what = " and ".join(what for what, _, _ in changes)
    return Alert(
        id=AlertId(id_),
        event="",
        camera=camera,
        severity=Severity.WARN if only_firmware else Severity.URGENT,
        title=f"{one_line(name, _WORD)}: another {what}",
        text=many_lines("\n".join(lines)),
        at_us=now_us,
        dedupe_key=_key("changed", camera, *(part for change in changes for part in change), str(seen_us)),
    )


def _key(kind: str, camera: CameraId, *parts: str) -> str:
    """A key of bounded length, whatever a camera calls its firmware."""
    return f"{kind}/{camera}/{sha256(chr(0).join(parts).encode(errors='replace')).hexdigest()[:24]}"
