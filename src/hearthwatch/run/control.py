"""The control door of a running house: `control.sock` in its data folder, through which the command line asks it.

One line of JSON asks, one line answers, then the connection ends. Only processes of the same user, and root, are answered.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import socket
import struct
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import msgspec

from hearthwatch.kit.errors import BadReply, HearthwatchError, StorageFailed, StorageFault, Unreachable
from hearthwatch.kit.files import storage_failed
from hearthwatch.kit.units import CameraId, WallUs
from hearthwatch.run.control_actions import ActionsAsk, ActionsReply
from hearthwatch.run.control_arming import ArmingAsk, ArmingReply
from hearthwatch.run.control_audit import AuditAsk, AuditReply
from hearthwatch.run.control_cameras import CamerasAsk, CamerasReply
from hearthwatch.run.control_copies import CopiesAsk, CopiesReply
from hearthwatch.run.control_fleet import FleetAsk, FleetReply
from hearthwatch.run.control_offsite import OffsiteAsk, OffsiteReply
from hearthwatch.run.control_people import PeopleAsk, PeopleReply
from hearthwatch.run.control_remedies import RemedyAsk, RemedyReply
from hearthwatch.run.control_telegram import TelegramAsk, TelegramReply
from hearthwatch.run.control_users import UsersAsk, UsersReply
from hearthwatch.run.pins import Pinned
from hearthwatch.run.status import Status

log = logging.getLogger(__name__)

SOCKET = "control.sock"
_LIMIT_BYTES = 4 << 20
_ASK_LIMIT_BYTES = 64 << 10
_ASK_S = 5.0
_ANSWER_S = 30.0
CAMERA_ANSWER_S = 600.0
"""For what a camera is asked: it may take its time."""
_PEER = struct.Struct("3i")


class _Line(msgspec.Struct, frozen=True, kw_only=True, tag=True, forbid_unknown_fields=True):
    """Base of all: the class name travels as the tag."""


class AskStatus(_Line, frozen=True):
    """Answered by Now."""


class AskKeep(_Line, frozen=True):
    """Answered by Kept."""

    camera: CameraId
    start_us: WallUs
    end_us: WallUs
    note: str


class AskPins(_Line, frozen=True):
    """Answered by Kept."""


class AskDrop(_Line, frozen=True):
    """Answered by Kept, with what was dropped."""

    id: int


class AskNewModel(_Line, frozen=True):
    """A model was fetched: have it taken up. Answered by Done."""


HouseAsk = AskStatus | AskKeep | AskPins | AskDrop | AskNewModel
Ask = (
    HouseAsk
    | ActionsAsk
    | ArmingAsk
    | PeopleAsk
    | OffsiteAsk
    | CamerasAsk
    | CopiesAsk
    | FleetAsk
    | AuditAsk
    | RemedyAsk
    | TelegramAsk
    | UsersAsk
)


class Now(_Line, frozen=True):
    status: Status


class Kept(_Line, frozen=True):
    pins: tuple[Pinned, ...]


class Done(_Line, frozen=True):
    """It was done."""


class Refusal(_Line, frozen=True):
    """It was not done; `text` says why, for a person."""

    text: str


HouseReply = Now | Kept | Done | Refusal | OffsiteReply
Reply = (
    HouseReply
    | ActionsReply
    | ArmingReply
    | PeopleReply
    | CamerasReply
    | CopiesReply
    | FleetReply
    | AuditReply
    | RemedyReply
    | TelegramReply
    | UsersReply
)


class ControlDoor:
    """The house's side."""

    def __init__(self, data_folder: Path, answer: Callable[[Ask], Awaitable[Reply]]) -> None:
        """`answer` may raise any HearthwatchError, which is told to who asked."""
        self._folder = data_folder
        self._answer = answer

    async def run(self) -> None:
        """Answer until cancelled. Raises StorageFailed when the door cannot be made, or another house has it."""
        with _short_path(self._folder) as path:
            await self._make_way(path)
            try:
                server = await asyncio.start_unix_server(self._serve, path, limit=_ASK_LIMIT_BYTES)
                path_now = self._folder / SOCKET
                path_now.chmod(0o600)
            except OSError as error:
                raise storage_failed(error, f"opening {self._folder / SOCKET}") from error
        try:
            async with server:
                await server.serve_forever()
        finally:
            (self._folder / SOCKET).unlink(missing_ok=True)

    async def _make_way(self, path: str) -> None:
        """Take away the door a killed house left; one that is answered belongs to a living one."""
        try:
            _reader, writer = await asyncio.open_unix_connection(path)
        except OSError:
            _take_away(path)
            return
        writer.close()
        raise StorageFailed(StorageFault.BROKEN, f"another Hearthwatch runs with the data folder {self._folder}")

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            if _is_ours(writer):
                try:
                    async with asyncio.timeout(_ASK_S):
                        line = await reader.readline()
                except (TimeoutError, ValueError):  # too slow or too long
                    return
                if line:
                    writer.write(msgspec.json.encode(await self._reply(line)) + b"\n")
                    await writer.drain()
        except OSError:
            log.debug("who asked at the control door did not wait for the answer")
        finally:
            writer.close()

    async def _reply(self, line: bytes) -> Reply:
        try:
            ask: Ask = msgspec.json.decode(line, type=Ask)
        except (msgspec.DecodeError, msgspec.ValidationError):
            return Refusal(text="the running Hearthwatch is of another version than this command: restart it")
        try:
            return await self._answer(ask)
        except HearthwatchError as error:
            return Refusal(text=str(error))


def _take_away(path: str) -> None:
    Path(path).unlink(missing_ok=True)


def _is_ours(writer: asyncio.StreamWriter) -> bool:
    sock = writer.get_extra_info("socket")
    _pid, uid, _gid = _PEER.unpack(sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _PEER.size))
    if uid in {os.getuid(), 0}:
        return True
    log.warning("user %d of this machine knocked at the control door and was not let in", uid)
    return False


@contextlib.contextmanager
def _short_path(folder: Path) -> Iterator[str]:
    """Yield a path to the socket that fits the 107 bytes a socket's address has, however deep the folder lies."""
    try:
        fd = os.open(folder, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        raise storage_failed(error, f"opening the data folder {folder}") from error
    try:
        yield f"/proc/self/fd/{fd}/{SOCKET}"
    finally:
        os.close(fd)


def ask_house(data_folder: Path, ask: Ask, answer_s: float = _ANSWER_S) -> Reply | None:
    """Ask the house that runs with this data folder; None when none does.

    Raises Unreachable when it does not answer, BadReply for an answer this version does not know, StorageFailed without a
    data folder or the right to it, and HearthwatchError with the house's words for a Refusal.
    """
    with _short_path(data_folder) as path, socket.socket(socket.AF_UNIX) as sock:
        sock.settimeout(answer_s)
        try:
            sock.connect(path)
        except (FileNotFoundError, ConnectionRefusedError):
            return None
        except OSError as error:
            raise storage_failed(error, f"asking the running Hearthwatch at {data_folder / SOCKET}") from error
        line = _exchange(sock, ask)
    if not line.endswith(b"\n"):
        raise Unreachable(
            "the running Hearthwatch does not answer: it may be just starting or ending, or belong to another user; try again"
        )
    try:
        reply: Reply = msgspec.json.decode(line, type=Reply)
    except (msgspec.DecodeError, msgspec.ValidationError) as error:
        raise BadReply("the running Hearthwatch is of another version than this command: restart it") from error
    if isinstance(reply, Refusal):
        raise HearthwatchError(reply.text)
    return reply


def _exchange(sock: socket.socket, ask: Ask) -> bytes:
    line = bytearray()
    try:
        sock.sendall(msgspec.json.encode(ask) + b"\n")
        while not line.endswith(b"\n") and len(line) < _LIMIT_BYTES and (piece := sock.recv(65_536)):
            line += piece
    except OSError:
        return b""
    return bytes(line)
