"""The house under load: the real `hearthwatch run` as a child in a folder of its own, asked through its real API."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import socket
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import aiohttp

from hearthwatch.kit.clock import SystemClock
from hearthwatch.kit.errors import Unreachable
from hearthwatch.kit.secrets import Secrets
from hearthwatch.kit.units import NS_PER_S

_CODE = re.compile(r"enter the code\s+([A-Z0-9]{4}-[A-Z0-9]{4})")
_START_S, _STOP_S = 60.0, 45.0
_PASSWORD = "plum kettle orbit 41"  # noqa: S105 of a house that lives as long as the measurement
_EVERY_S = 0.1


class SoakHouse:
    """`async with SoakHouse(...) as house:` gives a claimed house whose page answers."""

    def __init__(self, folder: Path, models: Path, config: str, secrets: Mapping[str, str]) -> None:
        self.folder = folder
        self.port = free_port()
        self.lines: list[str] = []
        self._clock = SystemClock()
        self._token = "none"  # noqa: S105 what the page sends before it has one
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        (folder / "hearthwatch.toml").write_text(config, encoding="utf-8")
        store = Secrets(folder)
        for name, value in secrets.items():
            store.set(name, value)
        self._environment = {**os.environ, "PYTHONUNBUFFERED": "1", "HEARTHWATCH_MODELS": str(models)}

    @property
    def footage(self) -> Path:
        return self.folder / "footage"

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def is_running(self) -> bool:
        return self._process.returncode is None

    async def __aenter__(self) -> Self:
        arguments = ["--data", str(self.folder), "--config", str(self.folder / "hearthwatch.toml"), "--port", str(self.port)]
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "hearthwatch",
            "run",
            *arguments,
            env=self._environment,
            cwd=self.folder,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            limit=1 << 20,
        )
        self._reading = asyncio.create_task(self._read())
        self.http = aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True), timeout=aiohttp.ClientTimeout(total=30))
        try:
            await self._printed(lambda: any(f"at {self.base}" in line for line in self.lines), "opened no page")
            await self._printed(lambda: self._code() is not None, "showed no code")
            body = {"code": self._code(), "name": "owner", "password": _PASSWORD}
            self._token = (await self.ask("POST", "/api/v1/claim", json=body))["token"]
        except BaseException:
            await self._end()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._end()

    async def _read(self) -> None:
        assert self._process.stdout is not None
        with (self.folder / "console.log").open("a", encoding="utf-8") as log:
            async for raw in self._process.stdout:
                line = raw.decode(errors="replace").rstrip("\n")
                log.write(line + "\n")
                self.lines.append(line)

    def _code(self) -> str | None:
        return next((match.group(1) for line in self.lines if (match := _CODE.search(line))), None)

    async def _printed(self, ready: Callable[[], bool], what: str) -> None:
        end_ns = self._clock.mono_ns() + _START_S * NS_PER_S
        while not ready():
            if not self.is_running or self._clock.mono_ns() > end_ns:
                raise Unreachable(f"the house {what}; its last lines:\n" + "\n".join(self.lines[-15:]))
            await asyncio.sleep(_EVERY_S)

    async def ask(self, method: str, path: str, **named: Any) -> Any:
        """Return the JSON of an answer. Raises Unreachable."""
        headers = {"Origin": self.base, "X-Hearthwatch-Token": self._token}
        try:
            async with self.http.request(method, self.base + path, headers=headers, **named) as answer:
                text = await answer.text()
                if answer.status >= 300:
                    raise Unreachable(f"{method} {path}: {answer.status} {text[:200]}")
                return await answer.json() if text else {}
        except (aiohttp.ClientError, TimeoutError) as error:
            raise Unreachable(f"{method} {path}: {type(error).__name__}") from error

    async def until(self, ready: Callable[[dict[str, Any]], bool]) -> None:
        """Wait until what the house says of itself is so. Raises Unreachable."""
        end_ns = self._clock.mono_ns() + _START_S * NS_PER_S
        while not ready(found := await self.ask("GET", "/api/v1/house")):
            if self._clock.mono_ns() > end_ns:
                raise Unreachable(f"the house did not get so far: {found}")
            await asyncio.sleep(_EVERY_S)

    async def metrics(self) -> str:
        """Return what Prometheus would read. Raises Unreachable."""
        try:
            async with self.http.get(self.base + "/metrics") as answer:
                return await answer.text()
        except (aiohttp.ClientError, TimeoutError) as error:
            raise Unreachable(f"/metrics: {type(error).__name__}") from error

    async def all_live(self, timeout_s: float) -> bool:
        """Wait until every camera is recorded; False when one was not by then."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                while True:
                    with contextlib.suppress(Unreachable):
                        cameras = await self.ask("GET", "/api/v1/cameras")
                        if all(stream["state"] == "live" for camera in cameras for stream in camera["streams"]):
                            return True
                    await asyncio.sleep(_EVERY_S)
        return False

    async def alerts(self) -> list[dict[str, Any]]:
        """Return every alert with its deliveries, newest first."""
        found: dict[str, dict[str, Any]] = {}
        query: dict[str, Any] = {"limit": 200}
        while True:
            page = await self.ask("GET", "/api/v1/alerts", params=query)
            found |= {one["id"]: one for one in page["alerts"]}
            if not page["more"]:
                return list(found.values())
            query["before_us"] = page["alerts"][-1]["at_us"]

    async def stop(self) -> int:
        """End it as its owner does; return its exit code, -9 when it had to be killed."""
        if self.is_running:
            self._process.terminate()
        try:
            async with asyncio.timeout(_STOP_S):
                return await self._process.wait()
        except TimeoutError:
            self._process.kill()
            return await self._process.wait()

    async def _end(self) -> None:
        await self.http.close()
        await self.stop()
        await self._reading


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])
