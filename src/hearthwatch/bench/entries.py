"""People who enter an empty room at exact pictures, each numbered, so that any program's answer to it can be timed."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from hearthwatch.bench.terms import Terms
from hearthwatch.frames.frame import Frame

CLIP = "indoor_one_by_one.mp4"
ONSETS = (60, 227, 502, 745, 921, 1234)
"""The first picture of the clip (10 a second) in which more than 0.2 % of the pixels show each of its six people."""
WIDTH_PX, HEIGHT_PX, FPS = 640, 480, 10
STRIP_PX = 16
"""The number stands in the lowest rows; programs that look for motion must not look there (`STRIP_MASK`)."""
STRIP_MASK = ((0.0, 0.95), (1.0, 0.95), (1.0, 1.0), (0.0, 1.0))
_EMPTY, _VISIT = 75, 25
_BEFORE = (-22, -2)
"""Pictures of the empty room before each person, shown forth and back: nothing jumps when the person comes."""
VISITS = tuple(_EMPTY + index * (_EMPTY + _VISIT) for index in range(len(ONSETS)))
"""The number of the picture in which each person appears."""
LOOP = len(ONSETS) * (_EMPTY + _VISIT)
LOOP_S = LOOP / FPS
VISIT_S = _VISIT / FPS
_CELLS, _CHECK = 12, 4
_NOISE = 2.0
_VERSION = 1


def entries(terms: Terms, *, every: int = 1) -> Path:
    """Return the room with its entries; `every` = 2 leaves out each second picture, so that it runs at 5 a second."""
    pictures = _pictures(terms.video(CLIP))
    order = [at for onset in ONSETS for at in _visit(onset)]
    return _written(f"entries-{_VERSION}-{every}.mp4", pictures, list(enumerate(order))[::every], FPS // every)


def empty(terms: Terms) -> Path:
    """Return the same room, nobody in it for 25 s: each stretch before a person, forth and back."""
    pictures = _pictures(terms.video(CLIP))
    order = [at for onset in ONSETS for at in _forth_and_back(onset, 42)]
    return _written(f"empty-{_VERSION}.mp4", pictures, list(enumerate(order)), FPS)


def visits(every: int) -> frozenset[int]:
    """Return the number of the first picture with each person, of those that are left."""
    return frozenset(-(-number // every) * every for number in VISITS)


def number_of(frame: Frame) -> int | None:
    """Return the number a picture carries, None where it cannot be read."""
    strip = frame.y[frame.height_px - STRIP_PX + 4 : frame.height_px - 4]
    cells = strip.reshape(strip.shape[0], _CELLS + _CHECK, -1)[:, :, 8:-8].mean(axis=(0, 2)) > 128
    value = int("".join("1" if cell else "0" for cell in cells), 2)
    number, check = value >> _CHECK, value & ((1 << _CHECK) - 1)
    return number if check == _check_of(number) else None


def numbered(grey: NDArray[np.uint8], number: int) -> None:
    """Write `number` into the lowest rows of a luma plane."""
    cells = format(number << _CHECK | _check_of(number), f"0{_CELLS + _CHECK}b")
    wide = grey.shape[1] // len(cells)
    for index, cell in enumerate(cells):
        grey[-STRIP_PX:, index * wide : (index + 1) * wide] = 220 if cell == "1" else 30


def _check_of(number: int) -> int:
    """Return a check that no single wrong cell passes, and that 0 does not pass for a black strip."""
    return (number ^ number >> 4 ^ number >> 8 ^ 0b0101) & 0b1111


def _visit(onset: int) -> list[int]:
    return [*_forth_and_back(onset, _EMPTY), *range(onset, onset + _VISIT)]


def _forth_and_back(onset: int, count: int) -> list[int]:
    """Return `count` pictures of the empty room that end just before `onset`."""
    stretch = list(range(onset + _BEFORE[0], onset + _BEFORE[1]))
    there_and_back = [*stretch, *reversed(stretch[1:-1])]
    backwards = [there_and_back[(len(stretch) - 1 - index) % len(there_and_back)] for index in range(count)]
    return backwards[::-1]


def _pictures(clip: Path) -> Iterator[NDArray[np.uint8]]:
    with av.open(str(clip)) as container:
        for picture in container.decode(video=0):
            yield np.asarray(picture.reformat(WIDTH_PX, HEIGHT_PX, "yuv420p").to_ndarray(), np.uint8)


def _written(name: str, pictures: Iterator[NDArray[np.uint8]], order: list[tuple[int, int]], fps: int) -> Path:
    """Encode (number, index of the picture in the clip) in `order`, as cameras do, unless that was done before."""
    folder = Path(tempfile.gettempdir()) / f"hearthwatch-clips-{os.getuid()}"
    target = folder / name
    if target.exists():
        return target
    folder.mkdir(mode=0o700, exist_ok=True)
    wanted = {index for _number, index in order}
    kept = {index: picture for index, picture in enumerate(pictures) if index in wanted}
    rng = np.random.default_rng(1)
    temporary = target.with_name(f"{target.stem}.{os.getpid()}.mp4")
    with av.open(str(temporary), "w") as container:
        stream = container.add_stream("libx264", rate=fps)
        stream.width, stream.height, stream.pix_fmt = WIDTH_PX, HEIGHT_PX, "yuv420p"
        stream.bit_rate = 500_000
        stream.options = {
            "preset": "veryfast", "profile": "main", "bf": "0", "g": str(2 * fps), "keyint_min": str(2 * fps),
            "sc_threshold": "0", "maxrate": "500k", "bufsize": "1000k",
        }  # fmt: skip
        for number, index in order:
            i420 = kept[index].copy()
            grey = i420[:HEIGHT_PX]
            noise = rng.normal(0, _NOISE, (HEIGHT_PX // 2, WIDTH_PX // 2)).astype(np.float32)
            noisy = grey + cv2.resize(noise, (WIDTH_PX, HEIGHT_PX), interpolation=cv2.INTER_NEAREST)
            grey[:] = np.clip(noisy, 0, 255).astype(np.uint8)
            numbered(grey, number)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(i420, format="yuv420p")))
        container.mux(stream.encode(None))
    temporary.rename(target)
    return target
