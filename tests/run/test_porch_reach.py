"""Connections the house makes for the porch: to cameras with an account at high ports, and nowhere else."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from hearthwatch.kit.channel import Channel
from hearthwatch.kit.errors import Unreachable
from hearthwatch.run.porch_messages import HouseToPorch, PorchToHouse, Reach
from hearthwatch.run.porch_reach import Asking, Reaching


class Lines:
    """Both ends, with a porch that asks and a house that knows one camera's address."""

    def __init__(self, *networks: str) -> None:
        porch, house = socket.socketpair()
        self.house: Channel[Reach] = Channel(house, PorchToHouse)
        self.asking = Asking()
        self.porch: Channel = Channel(porch, HouseToPorch)
        self.asking.connect(self.porch)
        self.reaching = Reaching(lambda: networks)

    def reach(self, address: str, port: int) -> socket.socket:
        future = self.asking.reach(address, port)
        wish = self.house.receive()
        self.reaching.answer(self.house, wish)
        return future.result(20)

    def close(self) -> None:
        self.porch.close()
        self.house.close()


@pytest.fixture
def lines() -> Iterator[Lines]:
    made = Lines("127.0.0.1/32", "2001:db8::/64")
    yield made
    made.close()


def test_a_camera_that_waits_is_connected_with(lines: Lines) -> None:
    with socket.create_server(("127.0.0.1", 0)) as waiting, lines.reach("127.0.0.1", waiting.getsockname()[1]) as sock:
        far, _ = waiting.accept()
        with far:
            far.sendall(b"a picture")
            sock.setblocking(True)
            assert sock.recv(20) == b"a picture"


@pytest.mark.parametrize(
    ("address", "port", "why"),
    [
        ("127.0.0.2", 40_000, "no camera with an account"),
        ("::ffff:127.0.0.2", 40_000, "no camera with an account"),
        ("127.0.0.1", 22, "below 1024"),
        ("127.0.0.1", 70_000, "below 1024"),
        ("localhost", 40_000, "no address of a camera"),
        ("169.254.169.254", 8080, "no camera with an account"),
    ],
)
def test_sec_26_a_porch_gone_bad_is_connected_with_nothing_else(lines: Lines, address: str, port: int, why: str) -> None:
    with pytest.raises(Unreachable, match=why):
        lines.reach(address, port)


def test_nobody_there_is_told(lines: Lines) -> None:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port = sock.getsockname()[1]
    with pytest.raises(Unreachable, match="refused"):
        lines.reach("127.0.0.1", port)


def test_a_house_that_goes_away_leaves_nobody_waiting(lines: Lines) -> None:
    future = lines.asking.reach("127.0.0.1", 40_000)
    lines.house.close()
    with pytest.raises(Unreachable, match="house is gone"):
        future.result(20)
    with pytest.raises(Unreachable):
        lines.asking.reach("127.0.0.1", 40_000).result(20)
