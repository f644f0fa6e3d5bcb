"""A house under test: the real `hearthwatch run` in a data folder of its own, claimed and asked through its real API."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import signal
import sys
import time
import uuid
import weakref
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp

from hearthwatch.kit.secrets import Secrets
from hearthwatch.recording.index import IndexReader
from tests.devices.fake_telegram import OWNER, FakeTelegram
from tests.devices.free_port import free_port
from tests.devices.smtp_sink import SmtpSink
from tests.runs import canaries

ROOT = Path(__file__).resolve().parents[2]
DATA = Path(os.environ.get("HEARTHWATCH_TEST_DATA", ROOT.parent / "shared" / "data"))
"""Real footage and models; see tests/conftest.py."""
OWNER_NAME = "owner"
OWNER_PASSWORD = "plum kettle orbit 41"
MAIL_TO = "owner@example.org"

_OPEN: weakref.WeakSet[House] = weakref.WeakSet()
_MARK = "HEARTHWATCH_RIG"
_ROLE = re.compile(rb"^hearthwatch\.run\.(\w+)$")
_CODE = re.compile(r"enter the code\s+([A-Z0-9]{4}-[A-Z0-9]{4})")
_TICKS_PER_S = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraSection:
    """One `[camera.NAME]`; `more` is TOML that is put below its keys (sub-tables included)."""

    name: str
    main: str
    sub: str = ""
    user: str = ""
    password: str = ""
    more: str = ""

    def toml(self) -> str:
        """Return the section; loopback is allowed, pictures go out."""
        lines = [f"[camera.{self.name}]", f'main = "{self.main}"', "allow_loopback = true"]
        if self.sub:
            lines.append(f'sub = "{self.sub}"')
        if self.user:
            lines.append(f'user = "{self.user}"')
        return "\n".join([*lines, "alerts.send_picture = true", self.more, ""])

    def secrets(self) -> dict[str, str]:
        return {f"camera.{self.name}.password": self.password} if self.password else {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """One process as /proc shows it; `pss_bytes` counts shared pages once over all processes."""

    pid: int
    rss_bytes: int
    pss_bytes: int
    anon_bytes: int
    cpu_s: float
    threads: int


class House:
    """`start`, `claim`, ask, `stop`. `lines` is everything the house printed so far, every start of it."""

    def __init__(
        self,
        folder: Path,
        config: str,
        secrets: Mapping[str, str],
        *,
        args: tuple[str, ...] = (),
        under: tuple[str, ...] = (),
        program: tuple[str, ...] = (sys.executable, "-m", "hearthwatch"),
        verb: str = "run",
    ) -> None:
        """`under` is a command that runs the command behind it, such as one that takes rights away; `program` is what is
        started, where that is not the checkout's; `verb` is `hub` for a hub alone."""
        self.folder = folder
        self.config_path = folder / "hearthwatch.toml"
        self.lines: list[str] = []
        self.port = free_port()
        self._args = args
        self._under = under
        self._program = program
        self._verb = verb
        self._mark = uuid.uuid4().hex
        self._process: asyncio.subprocess.Process | None = None
        self._reading: asyncio.Task[None] | None = None
        self._printed = asyncio.Condition()
        self._http: aiohttp.ClientSession | None = None
        self._token = "none"
        self._told = {OWNER_PASSWORD}
        self._slips: list[str] = []
        """Secrets in arguments and answers, and answers that tell of a mistake in the server."""
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.write_config(config)
        for name, value in secrets.items():
            self.set_secret(name, value)
        _OPEN.add(self)

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def footage(self) -> Path:
        return self.folder / "footage"

    def index(self) -> IndexReader:
        """Open the recording's index; the caller closes it."""
        return IndexReader(self.footage / "index.db")

    def write_config(self, text: str) -> None:
        """Replace the configuration in one step, as an editor does; a running house takes it over by itself."""
        fresh = self.config_path.with_suffix(".new")
        fresh.write_text(text)
        fresh.rename(self.config_path)

    def set_secret(self, name: str, value: str) -> None:
        self._told.add(value)
        Secrets(self.folder).set(name, value)

    async def start(self, timeout_s: float = 180.0, stdin: int = asyncio.subprocess.DEVNULL) -> float:
        """Start the house and return once its page answers; the result is how many seconds that took."""
        assert self._process is None
        began_ns = time.monotonic_ns()
        environment = {**os.environ, _MARK: self._mark, "PYTHONUNBUFFERED": "1"}
        environment.setdefault("HEARTHWATCH_MODELS", str(DATA / "models"))
        first = len(self.lines)
        command = [
            self._verb,
            "--data",
            str(self.folder),
            "--config",
            str(self.config_path),
            "--port",
            str(self.port),
            *self._args,
        ]
        self._process = await asyncio.create_subprocess_exec(
            *self._under,
            *self._program,
            *command,
            env=environment,
            cwd=self.folder,
            stdin=stdin,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            limit=1 << 20,
        )
        self._reading = asyncio.create_task(self._read(self._process))
        await self.printed(lambda: any(f"at {self.base}" in line for line in self.lines[first:]), timeout_s)
        if self._http is None:
            self._http = aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True))
        await self.until(self.healthz, bool, timeout_s=timeout_s, every_s=0.05)
        return (time.monotonic_ns() - began_ns) / 1e9

    async def _read(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None
        with (self.folder / "console.log").open("ab", buffering=0) as log:
            async for raw in process.stdout:
                line = raw.decode(errors="replace").rstrip("\n")
                with contextlib.suppress(OSError):  # the disk may be full on purpose
                    log.write(raw)
                async with self._printed:
                    self.lines.append(line)
                    self._printed.notify_all()
        async with self._printed:
            self._printed.notify_all()

    async def printed(self, ready: Callable[[], bool], timeout_s: float = 120.0) -> None:
        """Wait until `ready()` of the printed lines is true; an ended house or a time-out shows its last lines."""

        def done() -> bool:
            return ready() or self._reading is None or self._reading.done()

        try:
            async with self._printed, asyncio.timeout(timeout_s):
                await self._printed.wait_for(done)
        except TimeoutError:
            pass
        if not ready():
            raise AssertionError("the house did not say it; its last lines:\n" + "\n".join(self.lines[-30:]))

    async def claim(self) -> None:
        """Become the owner with the code from the console; a claimed house is logged in to."""
        session = await self.get("/api/v1/session")
        if session["claimed"]:
            answer = await self.post("/api/v1/login", {"name": OWNER_NAME, "password": OWNER_PASSWORD})
        else:
            body = {"code": await self.code(), "name": OWNER_NAME, "password": OWNER_PASSWORD}
            answer = await self.post("/api/v1/claim", body)
        self._token = answer["token"]

    async def code(self) -> str:
        """Wait for the code the console shows an unclaimed house's owner."""
        await self.printed(lambda: self._code() is not None)
        code = self._code()
        assert code is not None
        return code

    def _code(self) -> str | None:
        found = [match.group(1) for line in self.lines if (match := _CODE.search(line))]
        return found[-1] if found else None

    async def healthz(self) -> bool:
        """Tell whether the page's public health check says ok."""
        assert self._http is not None
        try:
            async with self._http.get(self.base + "/healthz", timeout=aiohttp.ClientTimeout(total=5)) as answer:
                return answer.status == 200
        except (aiohttp.ClientError, TimeoutError):
            return False

    async def get(self, path: str, **query: object) -> dict:
        """Return the JSON at `path`; the house must be up."""
        return await self._ask("GET", path, params={key: str(value) for key, value in query.items()})

    async def post(self, path: str, body: dict | None = None) -> dict:
        """Change something as the page does."""
        return await self._ask("POST", path, json=body)

    async def _ask(self, method: str, path: str, **named) -> dict:
        assert self._http is not None
        headers = {"Origin": self.base, "X-Hearthwatch-Token": self._token}
        async with self._http.request(method, self.base + path, headers=headers, **named) as answer:
            text = await answer.text()
            self._look_at(f"{method} {path}", answer, text)
            assert answer.status < 300, f"{method} {path}: {answer.status} {text}"
            return await answer.json() if text else {}

    def _look_at(self, asked: str, answer: aiohttp.ClientResponse, text: str) -> None:
        """Note what an answer must not be. That something is full or not there just now is no mistake of the server if it
        says so in a problem of its own."""
        told = answer.content_type == "application/problem+json" and answer.status in {502, 503, 507}
        if answer.status >= 500 and not told:
            self._slips.append(f"{asked}: {answer.status} {text[:200]}")
        if canaries.in_text(text, self._told):
            self._slips.append(f"{asked}: the answer holds a secret")

    async def get_bytes(self, path: str) -> bytes:
        """Return what is at `path`, such as an event's picture."""
        assert self._http is not None
        async with self._http.get(self.base + path) as answer:
            assert answer.status == 200, f"GET {path}: {answer.status} {await answer.text()}"
            return await answer.read()

    async def changes(self) -> AsyncIterator[tuple[str, dict]]:
        """Yield what the page's change stream tells, except the cameras' state of each second."""
        assert self._http is not None
        timeout = aiohttp.ClientTimeout(total=None, sock_read=60)
        async with self._http.get(f"{self.base}/api/v1/stream", timeout=timeout) as stream:
            assert stream.status == 200
            kind = ""
            while True:
                line = (await stream.content.readuntil(b"\n")).decode().strip()
                if line.startswith("event: "):
                    kind = line.removeprefix("event: ")
                elif line.startswith("data: ") and kind != "cameras":
                    yield kind, json.loads(line.removeprefix("data: "))

    async def cameras(self) -> dict[str, dict]:
        """Return each camera's state by its id."""
        return {camera["id"]: camera for camera in await self.get("/api/v1/cameras")}

    async def events(self) -> list[dict]:
        """Return every event, oldest first."""
        found: list[dict] = []
        query: dict[str, object] = {"limit": 200}
        while True:
            page = await self.get("/api/v1/events", **query)
            found += page["events"]
            if not page["more"]:
                return list({event["id"]: event for event in reversed(found)}.values())
            query["end_us"] = found[-1]["start_us"]

    async def alerts(self) -> list[dict]:
        """Return every alert with its deliveries, oldest first."""
        found: list[dict] = []
        query: dict[str, object] = {"limit": 200}
        while True:
            page = await self.get("/api/v1/alerts", **query)
            found += page["alerts"]
            if not page["more"]:
                return list({alert["id"]: alert for alert in reversed(found)}.values())
            query["before_us"] = found[-1]["at_us"]

    async def outages(self) -> list[dict]:
        return await self.get("/api/v1/outages", limit=500)  # type: ignore[return-value]

    async def until(self, ask: Callable, ready: Callable[[object], bool], timeout_s: float = 120.0, every_s: float = 0.25):
        """Ask again and again until `ready(answer)`; return that answer."""
        answer = None
        try:
            async with asyncio.timeout(timeout_s):
                while True:
                    answer = await ask()
                    if ready(answer):
                        return answer
                    await asyncio.sleep(every_s)
        except TimeoutError:
            raise AssertionError(f"not in {timeout_s:.0f} s; last answer: {answer!r:.2000}") from None

    async def all_live(self, timeout_s: float = 120.0) -> None:
        """Wait until every camera is connected."""
        await self.until(
            self.cameras, lambda found: all(camera["state"] == "live" for camera in found.values()), timeout_s=timeout_s
        )

    def pids(self) -> dict[str, int]:
        """Return the processes of this house by role (`supervisor`, `recorder`, `looker`, `house`, `guest`, `guest2` …).

        Found by a mark in their environment, so that orphans of a killed supervisor are found, too.
        """
        found: dict[str, int] = {}
        for folder in sorted(Path("/proc").glob("[0-9]*"), key=lambda path: int(path.name)):
            try:
                words = (folder / "cmdline").read_bytes().split(b"\0")
                role = next((match.group(1).decode() for word in words if (match := _ROLE.match(word))), None)
                if role is None or f"{_MARK}={self._mark}".encode() not in (folder / "environ").read_bytes():
                    continue
            except (OSError, ValueError):
                continue
            number = 1
            while (name := role if number == 1 else f"{role}{number}") in found:
                number += 1
            found[name] = int(folder.name)
        return found

    def usage(self) -> dict[str, Usage]:
        """Return memory, CPU and threads of each process by role."""
        found = {}
        for role, pid in self.pids().items():
            with contextlib.suppress(OSError, ValueError):
                found[role] = usage_of(pid)
        return found

    def kill(self, role: str) -> int:
        """End one process as a crash would; return its former pid."""
        pid = self.pids()[role]
        os.kill(pid, signal.SIGKILL)
        return pid

    def hang_up(self) -> None:
        """Send the supervisor SIGHUP."""
        os.kill(self.pids()["supervisor"], signal.SIGHUP)

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.returncode is None

    async def stop(self, timeout_s: float = 45.0) -> int:
        """End the house as an owner does (SIGTERM); return its exit code, negative when it had been killed.

        Any process that outlives it is killed and is an error.
        """
        assert self._process is not None
        process, self._process = self._process, None
        self._slips += canaries.in_arguments(self.pids(), self._told)
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        try:
            async with asyncio.timeout(timeout_s):
                code = await process.wait()
        finally:
            left = await self._end_leftovers()
            if self._reading is not None:
                await self._reading
        assert not left, f"outlived the supervisor: {left}"
        return code

    async def ended(self, timeout_s: float = 120.0) -> int:
        """Wait until a killed house is gone with all its processes; return the supervisor's exit code. `start` comes next."""
        assert self._process is not None
        process, self._process = self._process, None
        async with asyncio.timeout(timeout_s):
            code = await process.wait()
            await self.until(self._left, lambda pids: not pids, timeout_s=timeout_s, every_s=0.02)
            if self._reading is not None:
                await self._reading
        return code

    async def _left(self) -> dict[str, int]:
        return self.pids()

    async def command(self, *words: str) -> tuple[int, str]:
        """Run another command of `hearthwatch` on this house's data; return its exit code and what it printed."""
        arguments = [*words, "--data", str(self.folder), "--config", str(self.config_path)]
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "hearthwatch", *arguments, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
        )
        said, _ = await process.communicate()
        assert process.returncode is not None
        return process.returncode, said.decode(errors="replace")

    async def _end_leftovers(self) -> dict[str, int]:
        for _ in range(100):
            if not self.pids():
                return {}
            await asyncio.sleep(0.05)
        left = self.pids()
        for pid in left.values():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        return left

    async def close(self) -> None:
        """Let go of everything; a house still running is ended. What it was told in confidence must be nowhere in the clear."""
        if self._process is not None:
            with contextlib.suppress(AssertionError, TimeoutError):
                await self.stop()
        if self._http is not None:
            await self._http.close()
            self._http = None
        _OPEN.discard(self)
        slips = self._slips + await asyncio.to_thread(canaries.in_files, self.folder, self._told)
        assert not slips, slips

    def slips(self) -> list[str]:
        """Return what this running house let slip so far: secrets in clear in its files (what it printed and cores are among
        them), arguments, environments and answers, and answers that tell of a mistake in the server."""
        return [
            *self._slips,
            *canaries.in_arguments(self.pids(), self._told),
            *canaries.in_files(self.folder, self._told),
        ]


def open_houses() -> tuple[House, ...]:
    """Return the houses of this process that nobody closed yet."""
    return tuple(_OPEN)


@dataclass(slots=True)
class Channels:
    """A fake Bot API and a real mail server, and the part of the configuration that uses them."""

    telegram: FakeTelegram = field(default_factory=FakeTelegram)
    mail: SmtpSink = field(default_factory=SmtpSink)

    def toml(self) -> str:
        """Return the section `[alerts]`; both must have been started. The cameras of a run show places that lie far apart, so no
        visitor of two of them is the same."""
        return f"""
[alerts]
incident_s = 0
[alerts.telegram]
api_base = "{self.telegram.base}"

[alerts.email]
to = ["{MAIL_TO}"]
sender = "house@example.org"
host = "127.0.0.1"
port = {self.mail.port}
tls = "none"
"""

    def secrets(self) -> dict[str, str]:
        return {"alerts.telegram.token": self.telegram.token}

    async def enrol(self, house: House) -> None:
        """Enrol the owner as he would: a code from the page, sent to the bot; returns when the bot has welcomed him."""
        await house.until(lambda: house.get("/api/v1/house"), lambda found: bool(found["telegram"]))  # type: ignore[index]
        enrolment = await house.post("/api/v1/telegram/enrol")
        before = len(self.telegram.taken)
        await self.telegram.say(f"/start {enrolment['code']}", user=OWNER)
        await self.telegram.wait_for(lambda: len(self.telegram.taken) > before)
        await house.until(
            lambda: house.get("/api/v1/house"),
            lambda found: any(name.startswith("telegram") for name in found["channels"]),  # type: ignore[index]
        )


@contextlib.asynccontextmanager
async def channels() -> AsyncIterator[Channels]:
    """Run both services on free ports."""
    found = Channels()
    await found.telegram.start()
    await found.mail.start()
    try:
        yield found
    finally:
        await found.telegram.stop()
        await found.mail.stop()


def house_toml(cameras: list[CameraSection], *more: str) -> str:
    """Return a configuration file; `more` are further sections, such as `Channels.toml()`."""
    head = '[home]\nname = "Test house"\ntimezone = "UTC"\n\n[web]\nhttps_port = 0\n\n'
    return head + "\n".join([*(camera.toml() for camera in cameras), *more])


@contextlib.asynccontextmanager
async def running(
    folder: Path, cameras: list[CameraSection], services: Channels, *more: str, args: tuple[str, ...] = ()
) -> AsyncIterator[House]:
    """Run a claimed house whose owner is enrolled with the bot; on the way out it is ended however it stands."""
    secrets = services.secrets()
    for camera in cameras:
        secrets |= camera.secrets()
    house = House(folder, house_toml(cameras, services.toml(), *more), secrets, args=args)
    try:
        await house.start()
        await house.claim()
        await services.enrol(house)
        yield house
    finally:
        await house.close()


def usage_of(pid: int) -> Usage:
    """Read one process. Raises OSError when it is gone."""
    folder = Path(f"/proc/{pid}")
    fields = (folder / "stat").read_text().rpartition(")")[2].split()
    rollup = {}
    for line in (folder / "smaps_rollup").read_text().splitlines()[1:]:
        name, _, rest = line.partition(":")
        rollup[name] = int(rest.split()[0]) * 1024
    return Usage(
        pid=pid,
        rss_bytes=rollup["Rss"],
        pss_bytes=rollup["Pss"],
        anon_bytes=rollup["Anonymous"],
        cpu_s=(int(fields[11]) + int(fields[12])) / _TICKS_PER_S,
        threads=int(fields[17]),
    )
