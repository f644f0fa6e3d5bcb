"""What a house was told in confidence must be nowhere to be found but in its sealed store."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

_LEAST_CHARS = 8
"""A shorter secret may stand somewhere by chance."""
_LARGEST_BYTES = 8 * 1024 * 1024
_FOOTAGE = {".mp4", ".jpg", ".mkv"}


def in_files(folder: Path, secrets: Collection[str]) -> list[str]:
    """Return the files below `folder` in which one of the secrets stands in clear, each with which one it is by number."""
    wanted = {number: secret.encode() for number, secret in enumerate(sorted(secrets)) if len(secret) >= _LEAST_CHARS}
    found = []
    for path in sorted(folder.rglob("*")):
        try:
            if path.suffix in _FOOTAGE or not path.is_file() or path.is_symlink() or path.stat().st_size > _LARGEST_BYTES:
                continue
            data = path.read_bytes()
        except OSError:  # a running house has just deleted it
            continue
        found += [f"{path.relative_to(folder)} holds secret {number}" for number, secret in wanted.items() if secret in data]
    return found


def in_text(text: str, secrets: Collection[str]) -> bool:
    """Tell whether one of the secrets stands in it."""
    return any(secret in text for secret in secrets if len(secret) >= _LEAST_CHARS)


def in_arguments(pids: dict[str, int], secrets: Collection[str]) -> list[str]:
    """Return the processes in whose arguments or environment a secret stands."""
    wanted = [secret.encode() for secret in secrets if len(secret) >= _LEAST_CHARS]
    found = []
    for role, pid in pids.items():
        for what in ("cmdline", "environ"):
            try:
                data = Path(f"/proc/{pid}/{what}").read_bytes()
            except OSError:  # it has just ended
                continue
            if any(secret in data for secret in wanted):
                found.append(f"the {what} of {role} holds a secret")
    return found
