"""The routes of the copies elsewhere: who may ask, who may hurry them, and the call of a UPS."""

from __future__ import annotations

import pytest
from tests.web.conftest import Browser, MakeBrowser
from tests.web.fake_offsite import WORD

HOOK = "/api/v1/hooks/power"


async def test_everybody_of_the_house_sees_how_far_the_copies_are(viewer: Browser) -> None:
    found = (await viewer.get("/api/v1/offsite")).json()
    assert found["now_us"] - found["safe_us"] > 10_000_000
    nas, bucket = found["targets"]
    assert (nas["name"], nas["kind"], nas["sealed"], nas["waiting"], nas["error"]) == ("nas", "sftp", True, 3, "")
    assert bucket["error"] == "s3.example.org does not answer."
    assert found["emergency"] == "Something is wrong with Garage."
    assert found["emergency_left"] == 0


async def test_only_the_owner_hurries_them_and_reads_the_word_of_the_hook(owner: Browser, viewer: Browser) -> None:
    assert (await viewer.send_json("/api/v1/offsite/flush")).status_code == 403
    assert (await viewer.get(HOOK)).status_code == 403
    assert (await owner.send_json("/api/v1/offsite/flush")).status_code == 204
    assert (await owner.get(HOOK)).json() == {"path": HOOK, "word": WORD}


@pytest.mark.parametrize(("word", "status"), [(WORD, 204), ("wrong", 404), ("", 404)])
async def test_a_ups_calls_with_the_word_alone(browser: MakeBrowser, word: str, status: int) -> None:
    answer = await browser().post(HOOK, headers={"X-Hearthwatch-Hook": word})
    assert answer.status_code == status
