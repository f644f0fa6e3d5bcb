from __future__ import annotations

import asyncio
import os
import socket
import stat
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from hearthwatch.kit.errors import HearthwatchError, StorageFailed, Unreachable, Unsupported
from hearthwatch.run.control import (
    SOCKET,
    Ask,
    AskDrop,
    AskNewModel,
    ControlDoor,
    Done,
    Kept,
    Reply,
    ask_house,
)
from hearthwatch.run.control_users import AskUsers, Users

pytestmark = pytest.mark.wired


class House:
    """Answers as told; `asked` is what came in."""

    def __init__(self) -> None:
        self.asked: list[Ask] = []
        self.answer: Reply | HearthwatchError = Done()

    async def __call__(self, ask: Ask) -> Reply:
        self.asked.append(ask)
        if isinstance(self.answer, HearthwatchError):
            raise self.answer
        return self.answer


@pytest.fixture
def house() -> House:
    return House()


@pytest.fixture
async def door(tmp_path: Path, house: House) -> AsyncIterator[Path]:
    task = await open_door(tmp_path, house)
    yield tmp_path
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert not (tmp_path / SOCKET).exists()


async def open_door(folder: Path, house: House) -> asyncio.Task[None]:
    """Open a door and wait until it answers."""
    task = asyncio.create_task(ControlDoor(folder, house).run())
    while not task.done():
        try:
            if await asyncio.to_thread(ask_house, folder, AskNewModel()) is not None:
                break
        except HearthwatchError:
            break
        await asyncio.sleep(0)
    house.asked.clear()
    return task


def raw(folder: Path, data: bytes) -> bytes:
    with socket.socket(socket.AF_UNIX) as sock:
        sock.connect(str(folder / SOCKET))
        sock.settimeout(20)
        sock.sendall(data)
        answer = b""
        while piece := sock.recv(65_536):
            answer += piece
        return answer


async def test_question_and_answer(door: Path, house: House) -> None:
    house.answer = Users(accounts=())
    assert await asyncio.to_thread(ask_house, door, AskUsers()) == Users(accounts=())
    assert house.asked == [AskUsers()]


async def test_only_the_owner_may_open_the_door(door: Path) -> None:
    assert stat.S_IMODE((door / SOCKET).stat().st_mode) == 0o600


async def test_a_refusal_comes_in_the_houses_words(door: Path, house: House) -> None:
    house.answer = Unsupported("there is no pin 7: nothing is pinned")
    with pytest.raises(HearthwatchError, match="no pin 7"):
        await asyncio.to_thread(ask_house, door, AskDrop(id=7))


async def test_what_is_no_question_gets_a_refusal(door: Path, house: House) -> None:
    for line in (b"\n", b"{}\n", b'{"type":"AskEverything"}\n', b'{"type":"AskDrop","id":"x"}\n', b"\xff\xfe\n"):
        assert b"another version" in await asyncio.to_thread(raw, door, line)
    assert house.asked == []


async def test_an_endless_question_is_cut_off(door: Path, house: House) -> None:
    try:
        answer = await asyncio.to_thread(raw, door, b"x" * 1_000_000)
    except (BrokenPipeError, ConnectionResetError):
        answer = b""
    assert answer == b""
    house.answer = Kept(pins=())
    assert await asyncio.to_thread(ask_house, door, AskUsers()) == Kept(pins=())


async def test_who_hangs_up_harms_nobody(door: Path) -> None:
    with socket.socket(socket.AF_UNIX) as sock:
        sock.connect(str(door / SOCKET))
        sock.sendall(b'{"type":"AskUsers"}\n')
    assert await asyncio.to_thread(ask_house, door, AskNewModel()) == Done()


async def test_the_door_of_a_killed_house_is_taken_over_and_that_of_a_living_one_is_not(tmp_path: Path, house: House) -> None:
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(tmp_path / SOCKET))
    assert ask_house(tmp_path, AskUsers()) is None
    task = await open_door(tmp_path, house)
    with pytest.raises(StorageFailed, match="another Hearthwatch runs"):
        await ControlDoor(tmp_path, house).run()
    assert await asyncio.to_thread(ask_house, tmp_path, AskUsers()) == Done()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_a_data_folder_may_lie_deeper_than_a_sockets_address_is_long(tmp_path: Path, house: House) -> None:
    folder = tmp_path / ("d" * 120) / ("e" * 120)
    folder.mkdir(parents=True)
    task = await open_door(folder, house)
    assert await asyncio.to_thread(ask_house, folder, AskUsers()) == Done()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def test_no_house_and_no_folder(tmp_path: Path) -> None:
    assert ask_house(tmp_path, AskUsers()) is None
    with pytest.raises(StorageFailed, match="nope"):
        ask_house(tmp_path / "nope", AskUsers())


def test_a_house_that_hangs_up_is_not_taken_for_none(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / SOCKET))
        listening.listen(1)

        def hang_up() -> None:
            listening.accept()[0].close()

        hangs_up = threading.Thread(target=hang_up)
        hangs_up.start()
        with pytest.raises(Unreachable, match="does not answer"):
            ask_house(tmp_path, AskUsers())
        hangs_up.join()


def let_everybody_in(door: Path) -> None:
    door.chmod(0o755)
    (door / SOCKET).chmod(0o666)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be somebody else")
async def test_another_user_of_the_machine_is_not_answered(door: Path, house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    let_everybody_in(door)
    monkeypatch.chdir(door)
    with socket.socket(socket.AF_UNIX) as sock:
        os.seteuid(65_534)
        try:
            sock.connect(SOCKET)
        finally:
            os.seteuid(0)
        sock.settimeout(20)
        sock.sendall(b'{"type":"AskUsers"}\n')
        try:
            answer = await asyncio.to_thread(sock.recv, 1000)
        except ConnectionResetError:
            answer = b""
    assert answer == b""
    assert house.asked == []
