"""What the owner is told about the phones of the household. Pure; no address is ever in it."""

from __future__ import annotations

from hearthwatch.alerts.alert import Alert, AlertId, Severity
from hearthwatch.alerts.wording import many_lines, one_line
from hearthwatch.kit.units import WallUs


def perhaps_renamed(*, id_: str, person: str, name: str, device: str, seen_us: WallUs, now_us: WallUs) -> Alert:
    """`name` is how `person`, an id, is called; `seen_us` is when the device gave its last sign."""
    called = one_line(name, 60)
    came = (
        f"{called}'s {device} gives no sign any more, and just then a device nobody knows came into the home network, with an "
        "address it made up itself. It may be the same phone: phones can change their address."
    )
    do = (
        "If it is, open the phone's Wi-Fi settings for your network, set the private address to fixed (iPhone), or the address "
        f"to one per network (Android), and enter it anew: hearthwatch people device add {person} {device}"
    )
    lines = (came, do, f"Until then {called} counts as away. If it was a visitor, there is nothing to do.")
    return Alert(
        id=AlertId(id_),
        event="",
        camera=None,
        severity=Severity.INFO,
        title=f"{called}'s {device}: does it have a new address?",
        text=many_lines("\n".join(lines)),
        at_us=now_us,
        dedupe_key=f"people/renamed/{person}/{device}/{seen_us}",
    )
