"""What false alarms taught, written into the configuration: where it counts, and nothing else is touched."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from tests.alerts.house import House, an_event

from hearthwatch.events import ledger
from hearthwatch.events.suggestion import Suggestion, SuggestionKind
from hearthwatch.frames.geometry import Box
from hearthwatch.kit.db import open_reader
from hearthwatch.kit.errors import ConfigFault, Unsupported
from hearthwatch.kit.units import CameraId
from hearthwatch.run.config import load
from hearthwatch.run.review_desk import ReviewDesk
from hearthwatch.web.changes import Changes

FRONT = CameraId("front")
CORNER = Box(x0=0.0, y0=0.0, x1=0.2, y1=0.15)
CONFIG = """
[camera_defaults]
main = "rtsp://192.168.1.9/main"
motion.masks = [[[0.9, 0.9], [1.0, 0.9], [1.0, 1.0]]]
[camera.front]  # by the bell
labels.car = true
"""


def made(kind: SuggestionKind, label: str = "person", **more) -> Suggestion:
    return Suggestion(kind=kind, camera=FRONT, label=label, of=5, covers=4, also=0, **more)


@pytest.fixture
async def desk(tmp_path: Path):
    house = House(tmp_path)
    path = tmp_path / "hearthwatch.toml"
    path.write_text(CONFIG)
    reader = open_reader(tmp_path / "house.db")
    yield ReviewDesk(reader, house.db, Changes(), config=lambda: load(path), config_path=path), house, path
    reader.dispose()
    house.close()


async def test_each_kind_counts_and_the_rest_stays(desk):
    review, _house, path = desk
    await review.accept(made(SuggestionKind.MASK, region=CORNER), who="ada")
    await review.accept(made(SuggestionKind.MIN_AREA, value=0.02), who="ada")
    await review.accept(made(SuggestionKind.MIN_SCORE, label="car", value=0.55), who="ada")
    camera = load(path).cameras[FRONT]
    assert camera.motion.masks == (((0.9, 0.9), (1.0, 0.9), (1.0, 1.0)), ((0.0, 0.0), (0.2, 0.0), (0.2, 0.15), (0.0, 0.15)))
    assert camera.labels["person"].min_area_frac == 0.02
    assert (camera.labels["car"].min_score, camera.labels["car"].min_area_frac) == (0.55, 0.0)
    assert "# by the bell" in path.read_text()


async def test_the_demo_camera_gets_a_section_of_its_own(desk):
    review, _house, path = desk
    path.write_text("")
    demo = made(SuggestionKind.MASK, region=CORNER)
    with pytest.raises(Unsupported):
        await review.accept(demo, who="ada")
    await review.accept(
        Suggestion(kind=SuggestionKind.MASK, camera=CameraId("demo"), label="person", of=3, covers=3, also=0, region=CORNER),
        who="ada",
    )
    assert tomllib.loads(path.read_text())["camera"]["demo"]["main"].startswith("demo://")
    assert len(load(path).cameras[CameraId("demo")].motion.masks) == 1


async def test_a_file_with_a_mistake_is_left_alone(desk):
    review, _house, path = desk
    path.write_text("[camera.front]\nmain = 7\n")
    with pytest.raises(ConfigFault):
        await review.accept(made(SuggestionKind.MASK, region=CORNER), who="ada")
    assert path.read_text() == "[camera.front]\nmain = 7\n"


async def test_what_was_marked_is_proposed_once(desk):
    review, house, _path = desk
    events = [
        an_event(camera=FRONT, box=Box(x0=0.02 * n, y0=0.02, x1=0.02 * n + 0.1, y1=0.12), label="person") for n in range(4)
    ]
    await house.db.run(lambda connection: [ledger.save(connection, event) for event in events])
    await house.db.run(lambda connection: [ledger.set_false_alarm(connection, event.id, is_false=True) for event in events])
    marked = [event for event in await house.db.run(ledger.recent) if event.false_alarm]
    first = review.suggestions(marked[0])[0]
    assert (first.kind, first.covers, first.of) == (SuggestionKind.MASK, 4, 4)
    await review.accept(first, who="ada")
    assert SuggestionKind.MASK not in [one.kind for one in review.suggestions(marked[0])]
    assert review.suggestions(events[0]) == (), "only for what was marked"
