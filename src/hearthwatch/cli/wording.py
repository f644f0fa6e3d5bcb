"""How the commands write moments, lengths of time, sizes and counts."""

from __future__ import annotations

from datetime import tzinfo

from hearthwatch.kit.units import US_PER_S, WallUs, to_datetime


def shown(at_us: WallUs, zone: tzinfo) -> str:
    """Return a moment to the second, in the home's zone."""
    return to_datetime(at_us, zone).strftime("%Y-%m-%d %H:%M:%S")


def lasting(span_us: int) -> str:
    """Return a length of time in its two largest units."""
    left_s = max(0, round(span_us / US_PER_S))
    parts: list[tuple[int, str]] = []
    for name, unit_s in (("d", 86_400), ("h", 3600), ("min", 60), ("s", 1)):
        count, left_s = divmod(left_s, unit_s)
        if count or parts:
            parts.append((count, name))
    return " ".join(f"{count} {name}" for count, name in parts[:2] if count) or "0 s"


def sized(size_bytes: int) -> str:
    """Return a size in the unit that suits it."""
    for unit, unit_bytes in (("TB", 1e12), ("GB", 1e9), ("MB", 1e6)):
        if size_bytes >= unit_bytes:
            return f"{size_bytes / unit_bytes:.1f} {unit}"
    return f"{size_bytes / 1e3:.0f} kB"


def counted(count: int, noun: str) -> str:
    """Return `1 file`, `2 files`."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
