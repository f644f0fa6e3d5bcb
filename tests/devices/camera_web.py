"""The web server of an emulated camera: requests in, bytes out exactly as written, every fault a socket allows.

A family derives from `EmulatedCamera` and answers `answer`. Started by a test (`async with camera.running()`) or by hand
(`python -m tests.devices.NAME --port 8081 --fault slow`), and scripted by its methods or from outside by
`GET /_emulator/VERB?key=value` on the same port: `python -m tests.devices.NAME --help` lists the verbs.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import json
import random
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import ClassVar, Protocol, Self

from tests.devices import camera_control
from tests.devices.camera_message import Reply, Request, without_secrets
from tests.devices.camera_state import CameraState, Fault, LogKind, LogLine

MAX_BODY_BYTES = 64 << 20
NTP_AFTER_S = 1.0


Say = Callable[[str], None]


class Video(Protocol):
    """The camera's video, served beside its web server: it goes, freezes and changes its password with the camera."""

    async def follow(self) -> None: ...

    async def go(self) -> None: ...

    async def come(self) -> None: ...

    def freeze(self, *, on: bool) -> None: ...


@dataclass(kw_only=True)
class EmulatedCamera:
    """One camera. `requests` holds what was asked; `ledger` is the truth about its log."""

    state: CameraState
    rng: random.Random = field(default_factory=lambda: random.Random(1))
    say: Say | None = None
    down_s: float = 0.3
    comes_back: Callable[[], Awaitable[object]] | None = None
    """Waited for by a restart, instead of `down_s`."""
    ntp_after_s: float = NTP_AFTER_S
    host: str = "127.0.0.1"
    port: int = 0
    tls: ssl.SSLContext | None = None
    requests: list[Request] = field(default_factory=list)
    tasks: set[asyncio.Task[None]] = field(default_factory=set)
    _server: asyncio.Server | None = None
    _connections: int = 0
    _video: Video | None = None

    family: ClassVar[str]

    @property
    def ledger(self) -> list[LogLine]:
        return self.state.ledger

    async def answer(self, request: Request) -> Reply:
        """Return what the camera says to `request`."""
        raise NotImplementedError

    def error_in_200(self, request: Request) -> Reply:
        """Return the family's failure that comes with status 200."""
        raise NotImplementedError

    async def change_setting(self, key: str, value: str) -> None:
        """Change a setting as somebody at its own page would, by the key the family's export shows."""
        raise NotImplementedError

    def is_blocked(self, address: str) -> bool:
        """Whether the camera's own firewall keeps `address` out."""
        return address in self.state.blocked

    def asked(self, request: Request) -> str:
        """Return the request for a person to read, without secrets."""
        return without_secrets(request.target)

    def connection_ended(self, connection: int) -> None:
        """A TCP connection is gone."""

    def after_start(self) -> None:
        """The family's own consequences of a start."""

    async def log_in(
        self, address: str, user: str = "admin", *, ok: bool = True, via: str = "Web", stay: bool = False, times: int = 1
    ) -> list[LogLine]:
        """Somebody logs in (or fails to) from `address`; with `stay` the session lasts until `log_out`."""
        lines = []
        for _ in range(times):
            if ok:
                lines.append(self.state.write(LogKind.LOGIN, user=user, address=address, via=via))
                if stay:
                    self.state.open_session(user, address, via)
            else:
                before = len(self.ledger)
                self.state.count_wrong(user, address, via)
                lines += self.ledger[before:]
            await self.somebody_tried(address, user, ok=ok, via=via)
        return lines

    async def somebody_tried(self, address: str, user: str, *, ok: bool, via: str) -> None:
        """The family's own signs of a log-in beside the log."""

    async def log_out(self, address: str, user: str = "admin", *, via: str = "Web") -> LogLine:
        for number, one in list(self.state.sessions.items()):
            if (one.user, one.address) == (user, address):
                del self.state.sessions[number]
        self.somebody_left()
        return self.state.write(LogKind.LOGOUT, user=user, address=address, via=via)

    def somebody_left(self) -> None:
        """The family's own signs of a log-out beside the log."""

    async def cause(self, fault: Fault) -> None:
        """Let `fault` be; what happens once happens now."""
        state = self.state
        match fault:
            case Fault.TOKEN_EXPIRED:
                state.sessions.clear()
            case Fault.LOCKED_OUT:
                for account in state.accounts:
                    state.lock(account.name)
            case Fault.CLOCK_1970:
                state.clock.stand_at_1970()
            case Fault.CLOCK_JUMP:
                state.clock.error_us += 3_600_000_000
            case Fault.LOG_CLEARED:
                state.clear_log(by="admin", address="203.0.113.9", via="Web")
            case Fault.NONCE_STALE:
                self.forget_nonces()
            case Fault.UNREACHABLE:
                state.faults.add(fault)
                await self._go()
            case _:
                state.faults.add(fault)
                if fault is Fault.STALLED and self._video is not None:
                    self._video.freeze(on=True)

    async def heal(self, fault: Fault) -> None:
        self.state.faults.discard(fault)
        if fault is Fault.UNREACHABLE and self._server is None:
            await self._come()
        if fault is Fault.STALLED and self._video is not None:
            self._video.freeze(on=False)

    async def _go(self) -> None:
        await self._close()
        if self._video is not None:
            await self._video.go()

    async def _come(self) -> None:
        await self._listen()
        if self._video is not None:
            await self._video.come()

    def forget_nonces(self) -> None:
        """Digest nonces given out are no longer good."""

    async def alarm(self, code: str, *, on: bool, channel: int = 0) -> None:
        """Let an alarm begin or end, by the vendor's code."""
        channels = self.state.alarms.setdefault(code, set())
        (channels.add if on else channels.discard)(channel)

    async def set_clock(self, local: dt.datetime) -> None:
        """Somebody sets the camera's clock."""
        self.state.clock.set_local(local)
        self.state.write(LogKind.CLOCK_SET, user="admin", address="203.0.113.9", via="Web")

    async def change_password(self, user: str, password: str) -> None:
        """Somebody changes a password at the camera's own page."""
        account = self.state.account(user)
        assert account is not None
        account.password = password
        self.state.write(LogKind.PASSWORD_CHANGED, user=user, address="203.0.113.9", via="Web")
        self.credentials_changed()

    def credentials_changed(self) -> None:
        """Accounts changed: its video must follow."""
        if self._video is not None:
            self.spawn(self._video.follow())

    def attach(self, video: Video) -> None:
        """From now on `video` shares the camera's fate."""
        self._video = video

    async def reboot(self) -> None:
        """Be gone for `down_s`, or until it `comes_back`; then there with the clock at 1970 until NTP answers."""
        await self._go()
        await (asyncio.sleep(self.down_s) if self.comes_back is None else self.comes_back())
        self.state.start()
        self.after_start()
        await self._come()
        self.spawn(self._ntp())

    def move_soon(self, host: str | None, port: int | None) -> None:
        """Be found elsewhere once the answer is out; only addresses of loopback can be moved to."""
        if host is not None and not host.startswith("127."):
            host = None
        if (host or self.host, port or self.port) == (self.host, self.port):
            return

        async def soon() -> None:
            await asyncio.sleep(0.05)
            await self._close()
            self.host, self.port = host or self.host, port or self.port
            await self._listen()

        self.spawn(soon())

    def on_listening(self) -> None:
        """It listens at `host` and `port`: the family's own settings may say so."""

    def on_video(self, port: int) -> None:
        """Its video is served at `port`: the family's own settings may say so."""

    async def _ntp(self) -> None:
        await asyncio.sleep(self.ntp_after_s)
        if self.has_ntp() and Fault.NO_NTP not in self.state.faults:
            self.state.clock.sync()
            self.clock_synced()

    def has_ntp(self) -> bool:
        return True

    def clock_synced(self) -> None:
        """The family's own signs of it."""

    def spawn(self, work: Awaitable[None]) -> None:
        async def run() -> None:
            await work

        task = asyncio.create_task(run())
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    def reboot_soon(self) -> None:
        """Reboot once the answer is out."""

        async def soon() -> None:
            await asyncio.sleep(0.05)
            await self.reboot()

        self.spawn(soon())

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[Self]:
        """Serve on `port`, or on a free one."""
        await self._listen()
        try:
            yield self
        finally:
            for task in list(self.tasks):
                task.cancel()
            await asyncio.gather(*self.tasks, return_exceptions=True)
            await self._close()

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(
            self._serve, self.host, self.port, limit=1 << 20, reuse_address=True, ssl=self.tls
        )
        self.port = self._server.sockets[0].getsockname()[1]
        self.on_listening()

    async def _close(self) -> None:
        if self._server is None:
            return
        server, self._server = self._server, None
        server.close()
        serving = [task for task in self._serving if task is not asyncio.current_task()]
        for task in serving:
            task.cancel()
        await asyncio.gather(*serving, return_exceptions=True)

    def __post_init__(self) -> None:
        self._serving: set[asyncio.Task[None]] = set()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._serving.add(task)
        self._connections += 1
        connection = self._connections
        try:
            with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
                while not writer.is_closing() and await self._one(reader, writer, connection):
                    pass
        except asyncio.CancelledError:
            writer.transport.abort()
        finally:
            self._serving.discard(task)
            writer.close()
            self.connection_ended(connection)

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, connection: int) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        first, *lines = head.split("\r\n")
        method, target, version = [*first.split(" "), "", ""][:3]
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines if line)}
        length = int(headers.get("content-length", "0"))
        body = await reader.readexactly(length) if length <= MAX_BODY_BYTES else b""
        address = str(writer.get_extra_info("peername")[0])
        request = Request(method=method, target=target, headers=headers, body=body, address=address, connection=connection)
        if request.path.startswith("/_emulator/"):
            await self._control(request, writer)
            return False
        if self.is_blocked(address):
            writer.transport.abort()
            return False
        self.requests.append(request)
        faults = self.state.faults
        if Fault.SLOW in faults:
            await asyncio.sleep(self.state.slow_s)
        if Fault.ERROR_200 in faults:
            reply = self.error_in_200(request)
        else:
            reply = await self.answer(request)
        if self.say is not None:
            self.say(f"{address} {method} {self.asked(request)} -> {reply.status} {len(reply.body)} bytes")
        keep = version == "HTTP/1.1" and headers.get("connection", "").lower() != "close" and not reply.close
        return await self._send(reply, writer) and keep

    async def _send(self, reply: Reply, writer: asyncio.StreamWriter) -> bool:
        """Write `reply`, damaged as ordered. False ends the connection."""
        faults = self.state.faults
        body, length = reply.body, len(reply.body)
        if Fault.WRONG_LENGTH in faults:
            length += 7
        headers = dict(reply.headers) | ({} if reply.stream is not None else {"Content-Length": str(length)})
        head = [f"HTTP/1.1 {reply.status}", *(f"{name}: {value}" for name, value in headers.items())]
        writer.write(("\r\n".join(head) + "\r\n\r\n").encode("latin-1"))
        if Fault.STALLED in faults:
            await writer.drain()
            await asyncio.Event().wait()
        if reply.stream is not None:
            await self._stream(reply.stream, writer)
            return False
        if Fault.HALF_BODY in faults:
            writer.write(body[: len(body) // 2])
            await writer.drain()
            return False
        writer.write(body)
        await writer.drain()
        if Fault.WRONG_LENGTH in faults:
            return False
        return not (Fault.CLOSES_AT_RANDOM in faults and self.rng.random() < 1 / 3)

    async def _stream(self, stream: AsyncIterator[bytes], writer: asyncio.StreamWriter) -> None:
        try:
            async for piece in stream:
                if Fault.STALLED in self.state.faults:
                    await asyncio.Event().wait()
                writer.write(piece)
                await writer.drain()
        finally:
            if hasattr(stream, "aclose"):
                await stream.aclose()

    async def _control(self, request: Request, writer: asyncio.StreamWriter) -> None:
        verb = request.path.removeprefix("/_emulator/")
        try:
            said = await camera_control.perform(self, verb, request.pairs)
            status, body = "200 OK", json.dumps(said, indent=1, default=str).encode() + b"\n"
        except (KeyError, ValueError, AssertionError) as error:
            status, body = "400 Bad Request", f"{verb}: {error!r}\n".encode()
        if self.say is not None:
            self.say(f"control {verb} {request.pairs} -> {status}")
        head = (
            f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        )
        writer.write(head.encode() + body)
        await writer.drain()

    async def add_account(self, name: str, password: str, *, admin: bool = False) -> None:
        """Somebody adds an account at the camera's own page."""
        raise NotImplementedError
