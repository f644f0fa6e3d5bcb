"""How the emulated Reolink answers: JSON as the firmware prints it, one element for each command, failures with their code."""

from __future__ import annotations

from typing import Any

from tests.devices.camera_message import Reply
from tests.devices.dahua_tree import styled

_WORDS = {
    -1: "not exist",
    -4: "param error",
    -5: "max session",
    -6: "please login first",
    -7: "login failed",
    -9: "not support",
    -26: "ability error",
    -27: "user not exist",
    -502: "password error",
    -506: "user is locked",
}


class Failed(Exception):
    """What a command fails with: its `rspCode`."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


def good(name: str, value: dict[str, Any]) -> dict[str, Any]:
    return {"cmd": name, "code": 0, "value": value}


def bad(name: str, code: int) -> dict[str, Any]:
    return {"cmd": name, "code": 1, "error": {"detail": _WORDS[code], "rspCode": code}}


def reply(rows: list[dict[str, Any]]) -> Reply:
    return Reply(body=(styled(rows) + "\n").encode(), headers=(("Content-Type", "text/html"),))
