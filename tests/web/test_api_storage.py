"""How many days of footage will be there, as the page and others read it."""

from __future__ import annotations

import pytest
from tests.web.conftest import Browser, Built


async def test_the_forecast_says_days_and_what_ends_them(built: Built, owner: Browser) -> None:
    found = (await owner.get("/api/v1/storage")).json()
    assert found["footage_used_bytes"] == 412_000_000_000
    forecast = found["forecast"]
    assert (forecast["days"], forecast["bound"]) == (7, "rules")
    assert forecast["bytes_per_day"] == sum(stay["bytes_per_day"] for camera in forecast["cameras"] for stay in camera["stays"])
    assert forecast["disk_days"] == pytest.approx(forecast["room_bytes"] / forecast["bytes_per_day"], abs=0.01)
    assert [camera["camera"] for camera in forecast["cameras"]] == list(built.house.cameras_on)
    events = [stay for camera in forecast["cameras"] for stay in camera["stays"] if stay["footage_class"] == "event"]
    assert all(stay["days"] <= 30 for stay in events)
