"""The emulated Reolink says what a real one said: the same keys in the same order, types and spelling, without our clients."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.devices import reolink
from tests.devices.raw_client import Answer, fetch

pytestmark = pytest.mark.wired
COMMANDS = (
    "GetAbility",
    "GetTime",
    "GetNetPort",
    "GetDevInfo",
    "GetMdState",
    "GetAiState",
    "GetZoomFocus",
    "GetAutoFocus",
    "GetAiCfg",
)


async def post(camera: reolink.Reolink, cmd: str, commands: list[dict[str, Any]], token: str = "") -> Answer:
    target = f"/cgi-bin/api.cgi?cmd={cmd}" + (f"&token={token}" if token else "")
    return await fetch(camera.port, target, method="POST", body=json.dumps(commands).encode())


async def logged_in(camera: reolink.Reolink) -> str:
    user = {"Version": "0", "userName": "watch", "password": "watch-Pass-1"}
    answer = await post(camera, "Login", [{"cmd": "Login", "action": 0, "param": {"User": user}}])
    return str(json.loads(answer.body)[0]["value"]["Token"]["name"])


async def batch(commands: tuple[str, ...]) -> Answer:
    async with reolink.camera().running() as camera:
        token = await logged_in(camera)
        return await post(camera, commands[0], [{"cmd": one, "action": 0, "param": {"channel": 0}} for one in commands], token)


def shape(node: Any) -> Any:
    """Names in their order, and what kind of value each has."""
    if isinstance(node, dict):
        return [(key, shape(value)) for key, value in node.items()]
    return [shape(one) for one in node] if isinstance(node, list) else type(node).__name__


async def test_a_batch_has_the_recorded_shape(test_data: Path) -> None:
    recorded = json.loads((test_data / "tapes/reolink/rlc-822a-v3.1.0.956/batch.json").read_text())
    answers = json.loads((await batch(COMMANDS)).body)
    assert [one["cmd"] for one in answers] == [one["cmd"] for one in recorded]
    assert shape(answers[1:]) == shape(recorded[1:])
    for name in ("GetNetPort", "GetMdState", "GetZoomFocus", "GetAutoFocus"):
        at = COMMANDS.index(name)
        hide = {"httpPort": 0, "httpEnable": 0}
        emulated, real = (one[at]["value"] for one in (answers, recorded))
        assert {**emulated.get("NetPort", emulated), **hide} == {**real.get("NetPort", real), **hide}


async def test_abilities_are_some_of_the_recorded_ones(test_data: Path) -> None:
    recorded = json.loads((test_data / "tapes/reolink/rlc-822a-v3.1.0.956/batch.json").read_text())[0]["value"]["Ability"]
    emulated = json.loads((await batch(("GetAbility",))).body)[0]["value"]["Ability"]
    assert emulated.keys() <= recorded.keys()
    assert emulated["abilityChn"][0].keys() <= recorded["abilityChn"][0].keys()
    assert shape(emulated["log"]) == shape(recorded["log"])


@pytest.mark.parametrize(
    ("cmd", "tape"), [("GetMdState", "scrypted-comment/GetMdState.json"), ("GetAiState", "reolink-aio-comment/GetAiState.json")]
)
async def test_json_is_spelled_as_recorded(test_data: Path, cmd: str, tape: str) -> None:
    """The recordings are comments, whose indentation was changed; the blanks around colons were not. One has no animals."""
    recorded = (test_data / "tapes/reolink" / tape).read_text()
    printed = re.sub(r'"dog_cat" : \{[^}]*\},\s*', "", (await batch((cmd,))).body.decode())
    assert re.sub(r"\n\s*", "\n", printed) == re.sub(r"\n\s*", "\n", recorded.rstrip("\n") + "\n")


async def test_failures_come_with_status_200_and_their_code() -> None:
    async with reolink.camera().running() as camera:
        answer = await post(camera, "GetOnline", [{"cmd": "GetOnline", "action": 0}])
    assert answer.status == 200
    assert json.loads(answer.body) == [
        {"cmd": "GetOnline", "code": 1, "error": {"detail": "please login first", "rspCode": -6}}
    ]
