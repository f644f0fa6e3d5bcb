"""What every child does while it serves: it beats, and tidies up now and then."""

from __future__ import annotations

import signal
import socket
import threading

import pytest

from hearthwatch.run import child as of_child
from hearthwatch.run.child import Child


def test_it_tidies_up_after_its_start_and_each_minute_and_goes_on_beating(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(of_child, "BEAT_S", 0.0)
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    monkeypatch.setattr(threading, "excepthook", threading.excepthook)
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
    child = Child(["child", str(theirs.detach())])
    at: list[int] = []
    beats = iter(range(10_000))
    beaten = [0]

    def alive() -> bool:
        beaten[0] = next(beats)
        if beaten[0] == 200:
            child.stop.set()
        return False

    with ours:
        child.serve(None, alive, lambda: at.append(beaten[0] + 1))
    for thread in threading.enumerate():
        if thread.name == "control":
            thread.join()
    child._control.close()
    assert at == [15, 75, 135, 195]
