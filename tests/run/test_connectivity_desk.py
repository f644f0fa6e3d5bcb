"""Whom a house has to reach, and which other outages only follow from a way out that is broken."""

from __future__ import annotations

import pytest
from tests.alerts.house import House

from hearthwatch.alerts.policy import outage_key
from hearthwatch.health.board import Board
from hearthwatch.health.connectivity import NAME_SERVER, EndpointKind
from hearthwatch.health.outage import Fault, Outage
from hearthwatch.health.reach import KernelReach
from hearthwatch.kit.units import WallUs
from hearthwatch.run.config import parse
from hearthwatch.run.connectivity_desk import ConnectivityDesk, endpoints
from hearthwatch.run.house_secrets import HouseSecrets

TEXT = """
[alerts.email]
host = "mail.example.org"
to = ["me@example.org"]
[alerts.webhook]
url = "https://hook.example.org/x"
[mqtt]
host = "192.168.1.9"
[connectivity]
outside = "example.net:443"
"""
SECRETS = {"alerts.telegram.token": "123:abc", "heartbeat.url": "http://beat.example.org/token"}


def test_every_endpoint_is_one_the_owner_named() -> None:
    assert list(endpoints(parse(""), lambda _: "")) == []
    found = list(endpoints(parse(TEXT), lambda name: SECRETS.get(name, "")))
    assert [(one.host, one.port) for one in found] == [
        ("api.telegram.org", 443),
        ("mail.example.org", 587),
        ("hook.example.org", 443),
        ("beat.example.org", 80),
        ("192.168.1.9", 1883),
        ("example.net", 443),
    ]
    assert [one.host for one in found if one.kind is EndpointKind.BROKER] == ["192.168.1.9"]
    assert not any("token" in one.name for one in found)


def outage(fault: Fault, subject: str) -> Outage:
    return Outage(fault=fault, camera=None, subject=subject, start_us=WallUs(1), end_us=None, detail="")


def desk_of(house: House, board: Board, **fields) -> ConnectivityDesk:
    return ConnectivityDesk(
        HouseSecrets.open(house.folder),
        config=lambda: parse(TEXT),
        board=board,
        outbox=house.outbox,
        policy=lambda: None,
        db=house.db,
        clock=house.clock,
        hurry=lambda: None,
        **fields,
    )


class Lost(KernelReach):
    """Nobody answers."""

    async def resolve(self, host):
        return None

    async def router_answers(self, gateway):
        return True


async def test_the_beginning_is_over_once_its_end_was_seen_and_other_alerts_never_are(tmp_path) -> None:
    house = House(tmp_path)
    await house.start("webhook")
    board = Board(house.db, house.clock, None)
    desk = desk_of(house, board, reach=Lost())
    board.failed(Fault.NAME_SERVER_SILENT, NAME_SERVER, "no answer")
    (lost,) = board.snapshot()
    begun = house.alert(dedupe_key=outage_key(lost, begins=True))
    assert await house.outbox.is_over(house.alert()) is False
    assert await house.outbox.is_over(house.alert(dedupe_key=outage_key(lost, begins=False))) is False
    assert await desk.is_over(begun) is False
    board.recovered(Fault.NAME_SERVER_SILENT, NAME_SERVER)
    assert await desk.is_over(begun) is True
    house.close()


@pytest.mark.parametrize(
    ("one", "told", "explained"),
    [
        (outage(Fault.CHANNEL_DEAD, "telegram:42"), outage(Fault.INTERNET_LOST, "x"), True),
        (outage(Fault.HEARTBEAT_LOST, "heartbeat"), outage(Fault.ROUTER_SILENT, "x"), True),
        (outage(Fault.CHANNEL_DEAD, "mqtt"), outage(Fault.BROKER_SILENT, "the broker"), True),
        (outage(Fault.CHANNEL_DEAD, "email"), outage(Fault.SERVICE_SILENT, "the mail server"), True),
        (outage(Fault.CHANNEL_DEAD, "email"), outage(Fault.SERVICE_SILENT, "Telegram"), False),
        (outage(Fault.CHANNEL_DEAD, "webhook"), outage(Fault.INTERNET_LOST, "x"), False),
        (outage(Fault.CHANNEL_DEAD, "telegram"), outage(Fault.DISK_FULL, "x"), False),
        (outage(Fault.CAMERA_UNREACHABLE, "front"), outage(Fault.ROUTER_SILENT, "x"), False),
    ],
)
def test_what_only_follows_is_not_told_beside_it(tmp_path, one, told, explained) -> None:
    house = House(tmp_path)
    desk = desk_of(house, Board(house.db, house.clock, None))
    assert desk.explains(one, [told]) is explained
    house.close()
