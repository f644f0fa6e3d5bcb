"""A supervisor that was stopped for a while (a machine that froze, a paused container) must not take its own sleep for theirs."""

from __future__ import annotations

import os
import selectors
import socket
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest

from hearthwatch.kit.channel import Channel
from hearthwatch.kit.clock import FakeClock
from hearthwatch.run.messages import Beat, FromChild, Role
from hearthwatch.run.patience import Patience
from hearthwatch.run.supervisor import Supervisor, _Process


class Sleeping:
    """A selector whose wait is a minute in which the process was stopped: Linux ends the wait with nothing found."""

    def __init__(self, real: selectors.BaseSelector, clock: FakeClock) -> None:
        self.real, self.clock = real, clock

    def select(self, timeout_s: float) -> list[Any]:
        if timeout_s:
            self.clock.advance(60)
            return []
        return self.real.select(0)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.real, name)


@pytest.fixture
def watched() -> Iterator[tuple[Supervisor, Channel[Any], subprocess.Popen[bytes]]]:
    """A supervisor that was stopped while it waited, the recorder's end of their line, and the recorder."""
    clock = FakeClock()
    supervisor = Supervisor(None, clock)  # type: ignore[arg-type]
    ours, theirs = socket.socketpair()
    line: Channel[Any] = Channel(theirs, FromChild)
    with subprocess.Popen(["sleep", "60"]) as recorder:
        patience = Patience(clock.mono_ns(), heard_ns=clock.mono_ns(), is_ready=True)
        process = _Process(Role.RECORDER, "", popen=recorder, control=Channel(ours, FromChild), patience=patience)
        supervisor._processes[Role.RECORDER, ""] = process
        supervisor._processes[Role.HOUSE, ""] = _Process(Role.HOUSE, "", ending=True)
        supervisor._selector.register(ours, selectors.EVENT_READ, process)
        supervisor._selector = Sleeping(supervisor._selector, clock)  # type: ignore[assignment]
        yield supervisor, line, recorder
        recorder.kill()
    supervisor._forget_control(process)
    line.close()
    supervisor._selector.close()
    supervisor._quarantine._marks.close()
    os.close(supervisor._quarantine.fd)
    supervisor._wake_read.close()
    supervisor._wake_write.close()


def test_one_that_said_it_is_well_meanwhile_is_left_alone(watched) -> None:
    supervisor, line, recorder = watched
    line.send(Beat())
    supervisor._step()
    assert recorder.poll() is None


def test_one_that_said_nothing_all_the_time_is_not(watched) -> None:
    supervisor, _line, recorder = watched
    supervisor._step()
    assert recorder.poll() is not None


def test_one_that_was_stopped_by_what_another_said_is_not_heard_any_more(watched, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both had spoken before the supervisor looked; a changed guest is stopped by the house's word."""
    monkeypatch.setattr("hearthwatch.run.supervisor._END_LIMIT_S", 0.1)
    supervisor, line, _recorder = watched
    line.send(Beat())
    ((key, _events),) = supervisor._selector.select(0)
    supervisor._stop(key.data)
    supervisor._hear(key.data)
    assert key.data.control is None
