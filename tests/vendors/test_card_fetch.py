"""A fetch from a card that is given up at a bad moment."""

from __future__ import annotations

import asyncio
import os
import threading
from pathlib import Path
from typing import Any

import pytest

from hearthwatch.kit.units import WallUs
from hearthwatch.vendors import card_fetch
from hearthwatch.vendors.card import CardClip, CardFile
from hearthwatch.vendors.device import LocalUs


async def test_a_fetch_given_up_while_its_file_is_opened_leaves_neither_file_nor_descriptor(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opens, may_open = asyncio.Event(), threading.Event()
    loop, opened, really = asyncio.get_running_loop(), [], os.open

    def slow_open(*args: object) -> int:
        loop.call_soon_threadsafe(opens.set)
        may_open.wait()
        opened.append(really(*args))  # type: ignore[arg-type]
        return opened[-1]

    monkeypatch.setattr(card_fetch.os, "open", slow_open)
    file = CardFile(name="1.mp4", start_us=LocalUs(0), end_us=LocalUs(1), size_bytes=9)
    clip = CardClip(file=file, channel=0, start_us=WallUs(0), end_us=WallUs(1))
    into = tmp_path / "front.part"
    camera: Any = None  # it is not asked for anything yet
    fetching = asyncio.create_task(card_fetch.fetch(camera, clip, into, limit_bytes=9))
    await opens.wait()
    fetching.cancel()
    loop.call_later(0.05, may_open.set)
    with pytest.raises(asyncio.CancelledError):
        await fetching
    assert not into.exists()
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(opened[0])
