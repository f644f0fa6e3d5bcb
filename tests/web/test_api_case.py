"""Footage for somebody else by the API: one zip of one or several cameras."""

from __future__ import annotations

import io
import zipfile

import pytest
from tests.web.conftest import Browser, MakeBrowser
from tests.web.test_media import window

from hearthwatch.kit.clock import FakeClock

PATH = "/api/v1/case.zip"


async def test_several_cameras_come_in_one_zip_with_a_name(owner: Browser, viewer: Browser, clock: FakeClock) -> None:
    answer = await owner.get(PATH, params=window(clock) | {"camera": ["garden", "front-door", "garden"]})
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/zip"
    assert answer.headers["content-disposition"].startswith('attachment; filename="case_2-cameras_2023-11-14_')
    with zipfile.ZipFile(io.BytesIO(answer.content)) as box:
        assert box.namelist() == ["garden.mp4", "front-door.mp4", "SHA256SUMS"]
    again = await owner.get(PATH, params=window(clock) | {"camera": "garden"})
    assert 'filename="case_garden_' in again.headers["content-disposition"]
    assert (await viewer.get(PATH, params=window(clock) | {"camera": "garden"})).status_code == 403, (
        "who only looks takes nothing"
    )


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ({}, 422),
        ({"camera": "../etc"}, 422),
        ({"camera": ["garden"] * 33}, 422),
        ({"camera": ["garden", "nowhere"]}, 404),
        ({"camera": "garage"}, 404),
        ({"camera": "garden", "length_s": 0}, 422),
        ({"camera": "garden", "length_s": 3 * 3600}, 422),
    ],
)
async def test_what_cannot_be_made_is_said(asked: dict, status: int, owner: Browser, clock: FakeClock) -> None:
    length_s = asked.pop("length_s", 4)
    answer = await owner.get(PATH, params=window(clock, 300 if length_s == 4 else 9000, length_s) | asked)
    assert answer.status_code == status
    assert answer.json()["detail"]


async def test_nobody_gets_one_without_a_log_in(browser: MakeBrowser, clock: FakeClock) -> None:
    assert (await browser().get(PATH, params=window(clock) | {"camera": "garden"})).status_code == 401
