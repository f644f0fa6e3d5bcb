"""Every hostile word as the name of something an owner names: taken and kept letter by letter, or refused in plain words."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import tomlkit
from tests.web.conftest import Browser
from tests.web.fake_house import Built
from tests.web.naughty import BIG_LIST, HALF, big_list, kept_words

from hearthwatch.run.config import load
from hearthwatch.run.config_faults import ConfigMistakes


@pytest.fixture(scope="module")
def words() -> list[str]:
    return [*(big_list() if BIG_LIST.exists() else ()), *kept_words(), "\x00", "a\x00b"]


@pytest.mark.long
async def test_people_and_programs_of_any_name(owner: Browser, built: Built, words: list[str]) -> None:
    headers = owner.page_headers() | {"Content-Type": "application/json"}
    taken, refused = 0, 0
    for number, word in enumerate([*words[::4], *HALF]):
        wish = {"name": word, "password": "seven lanterns by the gate", "role": "viewer"}
        if number % 2:
            path, wish = "tokens", {"name": word, "scopes": ["look"]}
        else:
            path = "people"
        answer = await owner.post(f"/api/v1/access/{path}", content=json.dumps(wish).encode(), headers=headers)
        said = answer.json()
        if answer.status_code == 201:
            taken += 1
            assert (said["name"] if path == "people" else said["token"]["name"]) in {word, word.strip()}, repr(word)
            made = said["id"] if path == "people" else said["token"]["id"]
            gone = (
                await owner.send_json("/api/v1/access/leave", {"user": made})
                if path == "people"
                else await owner.delete(f"/api/v1/access/tokens/{made}", headers=headers)
            )
            assert gone.status_code in {200, 204}, gone.text
        else:
            refused += 1
            assert answer.status_code in {409, 422}, (answer.status_code, word)
            assert answer.headers["content-type"] == "application/problem+json"
            assert len(answer.text) < 700, repr(word)
    assert (taken > 100, refused > 20) == (True, True), (taken, refused)


def test_cameras_and_zones_of_any_name(tmp_path: Path, words: list[str]) -> None:
    """All of them in one file: what is wrong is named by its key, once, and the rest is not in its way."""
    path = tmp_path / "hearthwatch.toml"
    document: dict[str, object] = {"home": {"name": "House"}, "camera": {}}
    for number, word in enumerate(words[::8]):
        document["camera"][f"c{number:04}"] = {"main": f"rtsp://192.168.1.9/{number}", "name": word}
    path.write_text(tomlkit.dumps(document), encoding="utf-8")
    refused: dict[str, str] = {}
    for _ in range(3):
        try:
            kept = [camera.name for camera in load(path).cameras.values() if camera.name]
            break
        except ConfigMistakes as error:
            wrong = {mistake.key: mistake.text for mistake in error.mistakes}
        assert all(key.startswith("camera.c") and key.endswith(".name") for key in wrong), wrong
        refused |= wrong
        for key in wrong:
            del document["camera"][key.split(".")[1]]["name"]
        path.write_text(tomlkit.dumps(document), encoding="utf-8")
    else:
        pytest.fail("there is always something more")
    assert set(refused.values()) == {"must be one line of at most 60 ordinary characters"}
    assert len(refused) > 10
    assert len(kept) > 40
    assert set(kept) <= set(words)
