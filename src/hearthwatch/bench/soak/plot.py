"""The plot of a soak as one SVG file: memory, processor, open files and lateness over time, by process."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape

from hearthwatch.bench.soak.samples import Process, Sample

_WIDTH_PX, _HEIGHT_PX, _LEFT_PX, _TOP_PX, _GAP_PX = 900, 150, 70, 60, 55
_COLOURS = ("#3366cc", "#dc3912", "#109618", "#990099", "#ff9900", "#0099c6", "#666666", "#aa1166")
_MOST_POINTS = 1500


@dataclass(frozen=True, slots=True)
class _Line:
    name: str
    points: Sequence[tuple[float, float]]


def svg(title: str, samples: Sequence[Sample]) -> str:
    """Return the picture; nothing in it but lines and words."""
    roles = sorted({one.role for sample in samples for one in sample.processes})
    panels = [
        ("memory (RSS), MB", [_by_role(samples, role, lambda one: one.rss_bytes / 1e6) for role in roles]),
        ("processor, % of a core", [_busy(samples, role) for role in roles]),
        ("open files", [_by_role(samples, role, lambda one: float(one.fds)) for role in roles]),
        ("the house's loop late, ms", [_Line("loop", [(s.at_s, s.spoken.loop_late_s * 1000) for s in samples if s.spoken])]),
        ("write-ahead log, MB", [_Line("largest", [(s.at_s, s.wal_bytes / 1e6) for s in samples])]),
    ]
    height = _TOP_PX + len(panels) * (_HEIGHT_PX + _GAP_PX)
    end_s = max((one.at_s for one in samples), default=1.0)
    box = f"0 0 {_WIDTH_PX + _LEFT_PX + 160} {height}"
    body = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{box}" font-family="sans-serif" font-size="12">',
        f'<rect width="100%" height="100%" fill="white"/><text x="{_LEFT_PX}" y="22" font-size="15">{escape(title)}</text>',
    ]
    for number, (name, lines) in enumerate(panels):
        body += _panel(name, [line for line in lines if line.points], _TOP_PX + number * (_HEIGHT_PX + _GAP_PX), end_s)
    return "\n".join([*body, "</svg>", ""])


def _panel(name: str, lines: Sequence[_Line], top_px: int, end_s: float) -> list[str]:
    most = max((value for line in lines for _, value in line.points), default=1.0) or 1.0
    bottom = top_px + _HEIGHT_PX
    found = [
        f'<text x="{_LEFT_PX}" y="{top_px - 6}">{escape(name)}</text>',
        f'<path d="M{_LEFT_PX} {top_px}V{bottom}H{_LEFT_PX + _WIDTH_PX}" fill="none" stroke="#999"/>',
        f'<text x="{_LEFT_PX - 6}" y="{top_px + 10}" text-anchor="end">{most:.4g}</text>',
        f'<text x="{_LEFT_PX - 6}" y="{bottom}" text-anchor="end">0</text>',
        f'<text x="{_LEFT_PX + _WIDTH_PX}" y="{bottom + 16}" text-anchor="end">{end_s / 60:.0f} min</text>',
    ]
    for number, line in enumerate(lines):
        colour = _COLOURS[number % len(_COLOURS)]
        step = max(1, len(line.points) // _MOST_POINTS)
        points = " ".join(
            f"{_LEFT_PX + at_s / end_s * _WIDTH_PX:.1f},{bottom - value / most * _HEIGHT_PX:.1f}"
            for at_s, value in line.points[::step]
        )
        found.append(f'<polyline points="{points}" fill="none" stroke="{colour}"/>')
        found.append(
            f'<text x="{_LEFT_PX + _WIDTH_PX + 10}" y="{top_px + 12 + 15 * number}" fill="{colour}">{escape(line.name)}</text>'
        )
    return found


def _by_role(samples: Sequence[Sample], role: str, value: Callable[[Process], float]) -> _Line:
    return _Line(role, [(sample.at_s, value(one)) for sample in samples for one in sample.processes if one.role == role])


def _busy(samples: Sequence[Sample], role: str) -> _Line:
    """Return the share of a core between each two samples in which the role was the same process."""
    points: list[tuple[float, float]] = []
    before: tuple[float, Process] | None = None
    for sample in samples:
        one = next((each for each in sample.processes if each.role == role), None)
        if one is not None and before is not None and before[1].pid == one.pid and sample.at_s > before[0]:
            points.append((sample.at_s, 100 * (one.cpu_s - before[1].cpu_s) / (sample.at_s - before[0])))
        before = None if one is None else (sample.at_s, one)
    return _Line(role, points)
