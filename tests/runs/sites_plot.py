"""The plot of the scale run as one SVG file: what it costs and how long it takes, against the number of sites."""

from __future__ import annotations

from collections.abc import Callable, Sequence

_WIDTH_PX, _HEIGHT_PX, _LEFT_PX, _TOP_PX, _GAP_PX = 620, 150, 70, 50, 60
_COLOURS = ("#3366cc", "#dc3912", "#109618", "#990099")

Line = tuple[str, Sequence[tuple[float, float]]]


def svg(runs: Sequence[dict]) -> str:
    """Return the picture; nothing in it but lines and words."""

    def lines(name: str, value: Callable[[dict], float]) -> list[Line]:
        return [(f"{run['database']}: {name}", [(row["sites"], value(row)) for row in run["steps"]]) for run in runs]

    panels = [
        ("letters kept a second", lines("letters", lambda row: row["letters_per_s"])),
        (
            "until kept, ms",
            lines("p50", lambda row: row["kept_ms_p50"]) + lines("p99", lambda row: row["kept_ms_p99"]),
        ),
        (
            "processor, % of a core (hub and database)",
            lines("all", lambda row: 100 * (row["hub_core_frac"] + row["postgres_core_frac"])),
        ),
        ("memory of the hub, MB", lines("RSS", lambda row: row["hub_rss_mb"])),
    ]
    most_sites = max(row["sites"] for run in runs for row in run["steps"])
    height = _TOP_PX + len(panels) * (_HEIGHT_PX + _GAP_PX)
    body = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH_PX + _LEFT_PX + 170} {height}"',
        'font-family="sans-serif" font-size="12"><rect width="100%" height="100%" fill="white"/>',
        f'<text x="{_LEFT_PX}" y="22" font-size="15">Sites of four cameras at one hub</text>',
    ]
    for number, (title, found) in enumerate(panels):
        body += _panel(title, found, _TOP_PX + number * (_HEIGHT_PX + _GAP_PX), most_sites)
    return "\n".join([*body, "</svg>", ""])


def _panel(title: str, lines: Sequence[Line], top_px: int, most_sites: float) -> list[str]:
    most = max((value for _name, points in lines for _at, value in points), default=1.0) or 1.0
    bottom = top_px + _HEIGHT_PX
    found = [
        f'<text x="{_LEFT_PX}" y="{top_px - 6}">{title}</text>',
        f'<path d="M{_LEFT_PX} {top_px}V{bottom}H{_LEFT_PX + _WIDTH_PX}" fill="none" stroke="#999"/>',
        f'<text x="{_LEFT_PX - 6}" y="{top_px + 10}" text-anchor="end">{most:.3g}</text>',
        f'<text x="{_LEFT_PX - 6}" y="{bottom}" text-anchor="end">0</text>',
        f'<text x="{_LEFT_PX + _WIDTH_PX}" y="{bottom + 16}" text-anchor="end">{most_sites:.0f} sites</text>',
    ]
    for number, (name, points) in enumerate(lines):
        colour = _COLOURS[number % len(_COLOURS)]
        placed = [(_LEFT_PX + at / most_sites * _WIDTH_PX, bottom - value / most * _HEIGHT_PX) for at, value in points]
        joined = " ".join(f"{x:.1f},{y:.1f}" for x, y in placed)
        found.append(f'<polyline points="{joined}" fill="none" stroke="{colour}"/>')
        found += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>' for x, y in placed]
        found.append(f'<text x="{_LEFT_PX + _WIDTH_PX + 10}" y="{top_px + 12 + 15 * number}" fill="{colour}">{name}</text>')
    return found
