"""A camera's days as films, as the page and others read them."""

from __future__ import annotations

from pathlib import Path

from tests.web.conftest import Browser
from tests.web.fake_house import Built

from hearthwatch.kit.units import CameraId

PATH = "/api/v1/cameras/garden/timelapses"


async def test_the_films_of_a_camera_are_listed_and_played(built: Built, viewer: Browser, tmp_path: Path) -> None:
    assert (await viewer.get(PATH)).json() == []
    film = tmp_path / "garden-x.mp4"
    film.write_bytes(bytes(range(200)))
    day = built.house.timelapses.film(CameraId("garden"), film)
    assert (await viewer.get(PATH)).json() == [{"day": day.isoformat(), "size_bytes": 200}]
    assert (await viewer.get("/api/v1/cameras/driveway/timelapses")).json() == []
    answer = await viewer.get(f"{PATH}/{day}.mp4", headers={"Range": "bytes=10-19"})
    assert (answer.status_code, answer.headers["content-type"], answer.content) == (206, "video/mp4", bytes(range(10, 20)))


async def test_a_day_without_a_film_and_a_day_that_is_none(viewer: Browser) -> None:
    missing = await viewer.get(f"{PATH}/2001-01-01.mp4")
    assert (missing.status_code, "timelapse" in missing.json()["hint"]) == (404, True)
    assert (await viewer.get(f"{PATH}/yesterday.mp4")).status_code == 422
