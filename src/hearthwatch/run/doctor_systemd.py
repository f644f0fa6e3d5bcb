"""The doctor's look at the service: does systemd keep it within the walls our unit asks for?"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping

from hearthwatch.run.check import Check, ok, warn

_SUBJECT = "service"
_UNIT = "hearthwatch.service"
_ASK_S = 10.0
_WALLS = {
    "NoNewPrivileges": ("yes",),
    "ProtectSystem": ("strict",),
    "ProtectHome": ("yes",),
    "PrivateTmp": ("yes",),
    "ProtectKernelTunables": ("yes",),
    "ProtectKernelModules": ("yes",),
    "ProtectControlGroups": ("yes",),
    "RestrictNamespaces": ("yes",),
    "RestrictSUIDSGID": ("yes",),
    "LockPersonality": ("yes",),
}
"""What no drop-in of ours takes away, and the values that are as good."""


def service(ask: Callable[[], Mapping[str, str] | None] | None = None) -> Iterator[Check]:
    """Yield how the installed unit is; one line where there is none. `ask` is for tests."""
    found = (ask or _asked)()
    if not found or found.get("LoadState") != "loaded":
        yield ok(_SUBJECT, "not installed as a service of systemd (docs/systemd.md says how, and what it would keep out)")
        return
    missing = [name for name, values in _WALLS.items() if found.get(name) not in values]
    if missing:
        yield warn(
            _SUBJECT,
            f"systemd does not set {', '.join(missing)}: install deploy/systemd/hearthwatch.service anew, then "
            "systemctl daemon-reload && systemctl restart hearthwatch",
        )
    if found.get("User") in {"", "root"}:
        yield warn(_SUBJECT, "runs as root: set User=hearthwatch, as our unit does")
    if found.get("NRestarts", "0") not in {"", "0"}:
        yield warn(_SUBJECT, f"was restarted {found['NRestarts']} times since it was installed: journalctl -u hearthwatch")
    if not missing:
        yield ok(_SUBJECT, f"systemd keeps it within its walls, {found.get('ActiveState', 'state unknown')}")


def _asked() -> Mapping[str, str] | None:
    program = shutil.which("systemctl")
    if program is None:
        return None
    names = ",".join(["LoadState", "ActiveState", "User", "NRestarts", *_WALLS])
    try:
        done = subprocess.run(  # noqa: S603 our own arguments
            [program, "show", _UNIT, "--property", names], capture_output=True, text=True, timeout=_ASK_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    if done.returncode:
        return None
    return dict(line.split("=", 1) for line in done.stdout.splitlines() if "=" in line)
