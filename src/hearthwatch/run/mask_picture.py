"""A mask drawn as a picture (PGM, black is not looked at), as polygons of our own. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator

from hearthwatch.kit.errors import ConfigFault

MAX_BYTES = 64 << 20
_MAX_SIDE_PX = 16_384
_GRID = 160
_LEAST_FRAC = 0.0005
_MAX_POLYGONS = 24
_TOLERANCE = 0.8
_DIGITS = 4

Cell = tuple[int, int]
Points = tuple[tuple[float, float], ...]


def polygons(data: bytes) -> tuple[Points, ...]:
    """Return the black parts of a PGM picture as polygons, points 0..1, the largest first. Raises ConfigFault for what is none.

    Small specks are left out; a white island in black is kept free by cutting the black around it in two."""
    width, height, dark = _read(data)
    columns = min(_GRID, width)
    rows = max(1, min(_GRID, round(height * columns / width)))
    cells = {
        (x, y)
        for y in range(rows)
        for x in range(columns)
        if dark[(2 * y + 1) * height // (2 * rows) * width + (2 * x + 1) * width // (2 * columns)]
    }
    found = sorted(_without_holes(cells), key=len, reverse=True)
    return tuple(
        _scaled(_simplified(loop), columns, rows)
        for part in found[:_MAX_POLYGONS]
        if len(part) >= max(1, _LEAST_FRAC * columns * rows)
        for loop in _loops(part)
    )


def _read(data: bytes) -> tuple[int, int, list[bool]]:
    """Return width, height, and of each pixel whether it is black."""
    head = re.match(rb"(P[25])(?:\s|#[^\n]*\n)+(\d{1,5})(?:\s|#[^\n]*\n)+(\d{1,5})(?:\s|#[^\n]*\n)+(\d{1,5})\s", data[:4096])
    if head is None:
        raise ConfigFault("it is no PGM picture")
    width, height, white = int(head[2]), int(head[3]), int(head[4])
    if not (0 < width <= _MAX_SIDE_PX and 0 < height <= _MAX_SIDE_PX and 0 < white < 65_536):
        raise ConfigFault("it is no PGM picture of a size that a camera has")
    pixels = width * height
    body = data[head.end() :]
    if head[1] == b"P2":
        numbers = [int(word) for word in body.split()[:pixels] if re.fullmatch(b"[0-9]{1,5}", word)]
    elif white < 256:
        numbers = list(body[:pixels])
    else:
        numbers = [high << 8 | low for high, low in zip(body[: 2 * pixels : 2], body[1 : 2 * pixels : 2], strict=False)]
    if len(numbers) < pixels:
        raise ConfigFault("the PGM picture is cut off")
    return width, height, [2 * number < white for number in numbers]


def _parts(cells: set[Cell]) -> Iterator[set[Cell]]:
    """Yield what hangs together by its sides."""
    left = set(cells)
    while left:
        start = left.pop()
        part, edge = {start}, [start]
        while edge:
            x, y = edge.pop()
            for near in ((x + 1, y), (x - 1, y), (x, y + 1), (x, y - 1)):
                if near in left:
                    left.remove(near)
                    part.add(near)
                    edge.append(near)
        yield part


def _without_holes(cells: set[Cell]) -> Iterator[set[Cell]]:
    waiting = list(_parts(cells))
    while waiting:
        part = waiting.pop()
        hole = _hole(part)
        if hole is None:
            yield part
            continue
        waiting += _parts({cell for cell in part if cell[0] <= hole})
        waiting += _parts({cell for cell in part if cell[0] > hole})


def _hole(part: set[Cell]) -> int | None:
    """Return a column through a hole in `part`, None where there is none."""
    x0, x1 = min(x for x, _ in part) - 1, max(x for x, _ in part) + 1
    y0, y1 = min(y for _, y in part) - 1, max(y for _, y in part) + 1
    empty = {(x, y) for x in range(x0, x1 + 1) for y in range(y0, y1 + 1)} - part
    for one in _parts(empty):
        if (x0, y0) not in one:
            columns = sorted(x for x, _ in one)
            return columns[len(columns) // 2]
    return None


def _loops(part: set[Cell]) -> Iterator[list[Cell]]:
    """Yield the outlines of `part`, walked with the inside at the right hand."""
    ways: dict[Cell, list[Cell]] = {}
    for x, y in part:
        for beside, start, end in (
            ((x, y - 1), (x, y), (x + 1, y)),
            ((x + 1, y), (x + 1, y), (x + 1, y + 1)),
            ((x, y + 1), (x + 1, y + 1), (x, y + 1)),
            ((x - 1, y), (x, y + 1), (x, y)),
        ):
            if beside not in part:
                ways.setdefault(start, []).append(end)
    while ways:
        start = next(iter(ways))
        at, loop = start, [start]
        before: Cell | None = None
        while True:
            ends = ways[at]
            dx, dy = (at[0] - before[0], at[1] - before[1]) if before else (0, 0)
            right = (at[0] - dy, at[1] + dx)
            end = right if right in ends else ends[0]
            ends.remove(end)
            if not ends:
                del ways[at]
            before, at = at, end
            if at == start:
                break
            loop.append(at)
        yield loop


def _simplified(loop: list[Cell]) -> list[Cell]:
    """Return the loop with as few corners as keep it within `_TOLERANCE` cells."""
    start = loop.index(min(loop))  # a corner for sure
    loop = loop[start:] + loop[:start]
    far = max(range(len(loop)), key=lambda at: abs(loop[at][0] - loop[0][0]) + abs(loop[at][1] - loop[0][1]))
    halves = (loop[: far + 1], [*loop[far:], loop[0]])
    kept = [point for half in halves for point in _line(half)[:-1]]
    return kept if len(kept) >= 3 else loop


def _line(points: list[Cell]) -> list[Cell]:
    """Ramer, Douglas and Peucker, without recursion."""
    keep = {0, len(points) - 1}
    waiting = [(0, len(points) - 1)]
    while waiting:
        first, last = waiting.pop()
        (x0, y0), (x1, y1) = points[first], points[last]
        length = ((x1 - x0) ** 2 + (y1 - y0) ** 2) ** 0.5 or 1.0
        worst, where = 0.0, 0
        for at in range(first + 1, last):
            x, y = points[at]
            off = abs((x1 - x0) * (y0 - y) - (x0 - x) * (y1 - y0)) / length
            if off > worst:
                worst, where = off, at
        if worst > _TOLERANCE:
            keep.add(where)
            waiting += [(first, where), (where, last)]
    return [points[at] for at in sorted(keep)]


def _scaled(points: list[Cell], columns: int, rows: int) -> Points:
    return tuple((round(x / columns, _DIGITS), round(y / rows, _DIGITS)) for x, y in points)
