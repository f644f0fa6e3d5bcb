"""sd_notify: a datagram where systemd listens, nothing where there is none, and no wait for one that does not read."""

from __future__ import annotations

import contextlib
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from hearthwatch.run.notify import notify, watchdog_every_s


@pytest.fixture
def systemd(monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    with tempfile.TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        path = str(Path(folder) / "notify")
        listening.bind(path)
        monkeypatch.setenv("NOTIFY_SOCKET", path)
        yield listening


def test_a_state_is_one_datagram(systemd: socket.socket) -> None:
    notify("READY=1\nSTATUS=recording")
    assert systemd.recv(100) == b"READY=1\nSTATUS=recording"


def test_an_abstract_address_works_too(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind("")
        monkeypatch.setenv("NOTIFY_SOCKET", "@" + listening.getsockname()[1:].decode())
        notify("WATCHDOG=1")
        assert listening.recv(100) == b"WATCHDOG=1"


def test_without_systemd_nothing_happens(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    notify("READY=1")
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "nobody"))
    notify("READY=1")


def test_a_systemd_that_does_not_read_holds_up_nobody(systemd: socket.socket) -> None:
    systemd.setblocking(False)
    filler = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    filler.setblocking(False)
    with filler, contextlib.suppress(BlockingIOError):
        while True:
            filler.sendto(b"full", systemd.getsockname())
    notify("WATCHDOG=1")
    said = []
    with contextlib.suppress(BlockingIOError):
        while True:
            said.append(systemd.recv(100))
    assert set(said) == {b"full"}


@pytest.mark.parametrize(
    ("given", "every_s"), [(None, 2.0), ("30000000", 2.0), ("1000000", 0.5), ("0", 2.0), ("soon", 2.0)], ids=str
)
def test_systemd_is_told_at_least_twice_in_its_time(given: str | None, every_s: float, monkeypatch: pytest.MonkeyPatch) -> None:
    if given is None:
        monkeypatch.delenv("WATCHDOG_USEC", raising=False)
    else:
        monkeypatch.setenv("WATCHDOG_USEC", given)
    assert watchdog_every_s() == every_s
