"""How the emulated Dahua writes: lines with CRLF, records as `name[0].Key=value`, and its failures."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from tests.devices.camera_message import Reply

TIME = "%Y-%m-%d %H:%M:%S"


class Failed(Exception):
    """What the camera says no with: a status and a body."""

    def __init__(self, body: str = "Error\r\nBad Request!\r\n", status: str = "400 Bad Request") -> None:
        super().__init__(body)
        self.body, self.status = body, status


def rows(name: str, index: int, fields: dict[str, str]) -> list[str]:
    return [f"{name}[{index}].{key}={value}" for key, value in fields.items()]


def lines(of: Iterable[str]) -> str:
    return "".join(f"{row}\r\n" for row in of)


def reply(body: str, *, status: str = "200 OK", more: tuple[tuple[str, str], ...] = ()) -> Reply:
    return Reply(body=body.encode(), status=status, headers=(("Content-Type", "text/plain;charset=utf-8"), *more))


def time_of(text: str) -> dt.datetime:
    """Return a date of the camera's clock; Failed for what is none."""
    try:
        return dt.datetime.strptime(text, TIME)  # noqa: DTZ007 - the camera's own clock
    except ValueError:
        raise Failed from None
