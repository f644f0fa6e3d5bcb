"""How Frigate writes corners, sizes, numbers and lists, in all the forms its versions had. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_MAX_POINTS = 200


def shapes(value: Any) -> list[Any]:
    """A mask is a text, a list of them, or since 0.17 a table of named ones."""
    if isinstance(value, Mapping):
        return [table(one).get("coordinates") for one in value.values() if table(one).get("enabled", True) is not False]
    found = items(value)
    if found and all(isinstance(one, str) and one.count(",") == 1 for one in found):
        return [",".join(found)]  # the form of the first versions: one corner a line
    return found


def points(value: Any, size: tuple[int, int] | None) -> list[list[float]] | str:
    """Return corners 0..1, or why there are none."""
    text = ",".join(str(one) for one in value) if isinstance(value, list) else value
    if not isinstance(text, str):
        return "it has no corners"
    try:
        numbers = [float(word) for word in text.split(",")]
    except ValueError:
        return "its corners are no numbers"
    if len(numbers) < 6 or len(numbers) % 2 or len(numbers) > 2 * _MAX_POINTS or any(not 0 <= one < 1e5 for one in numbers):
        return "its corners make no shape"
    pairs = list(zip(numbers[::2], numbers[1::2], strict=True))
    if all(x <= 1 and y <= 1 for x, y in pairs):
        return [[round(x, 4), round(y, 4)] for x, y in pairs]
    if size is None:
        return "its corners are pixels, and the file does not say of how large a picture (detect.width and height)"
    return [[round(min(1.0, x / size[0]), 4), round(min(1.0, y / size[1]), 4)] for x, y in pairs]


def size_px(detect: Mapping[str, Any]) -> tuple[int, int] | None:
    width, height = detect.get("width"), detect.get("height")
    if isinstance(width, int) and isinstance(height, int) and width > 0 and height > 0:
        return width, height
    return None


def number(value: Any) -> float:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < 100_000 else 0.0


def table(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def items(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]
