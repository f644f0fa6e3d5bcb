"""The client of Foscam's MJPEG generation and its many clones, one command after the other.

Credentials go in the header, although the URL would take them too: in there they would collide with the `user` and `pwd` of
the mail, FTP and DDNS settings. Every poll of ours may write a line of the log: use an account of our own.
"""

from __future__ import annotations

import contextlib
import random
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import TypeVar

from hearthwatch.kit.clock import Clock
from hearthwatch.kit.errors import BadReply, Refused, Unreachable, Unsupported
from hearthwatch.kit.secrets import Secret
from hearthwatch.kit.units import NS_PER_S, US_PER_S, WallUs
from hearthwatch.vendors import foscam_mjpeg_config, foscam_mjpeg_log, foscam_mjpeg_reply
from hearthwatch.vendors.capability import PtzMove, Service
from hearthwatch.vendors.device import (
    Access,
    Account,
    ClockReading,
    DeviceIdentity,
    LocalUs,
    LoginRecord,
    LogLine,
    Setting,
    VideoStream,
)
from hearthwatch.vendors.foscam_window import LogWindow
from hearthwatch.vendors.http import DEFAULT_LIMIT_BYTES, CameraHttp, LogIn, query

T = TypeVar("T")

_RESOLUTION_US = 500_000  # the clock is told in whole seconds
_SNAPSHOT_BYTES = 4 << 20
_MOVES: Mapping[PtzMove, int] = MappingProxyType({PtzMove.UP: 0, PtzMove.DOWN: 2, PtzMove.RIGHT: 4, PtzMove.LEFT: 6})
_PRESETS = 32


class FoscamMjpegCamera:
    """One camera: DeviceInfo, LoginLog, SystemLog, Accounts, ConfigExport and -Import, Snapshot, Streams, Ptz, Fix. `close` it.

    There is no list of sessions in this generation, and no alarms to subscribe to.
    """

    def __init__(self, access: Access, *, clock: Clock, rng: random.Random, timeout_s: float = 10.0) -> None:
        self._access = access
        self._clock = clock
        self._http = CameraHttp(access, rng=rng, log_in=LogIn.CHALLENGE, timeout_s=timeout_s)
        self._login_window = LogWindow()
        self._log_window = LogWindow()
        self._last_move = 0

    async def close(self) -> None:
        await self._http.close()

    async def _read(
        self, cgi: str, pairs: Mapping[str, str], step: str, parse: Callable[[bytes], T], limit_bytes: int = DEFAULT_LIMIT_BYTES
    ) -> T:
        target = f"/{cgi}?{query(pairs)}" if pairs else f"/{cgi}"
        reply = await self._http.get(target, step=step, limit_bytes=limit_bytes)
        with self._http.named(step):
            return parse(reply.body)

    async def _do(self, cgi: str, pairs: Mapping[str, str], step: str) -> None:
        await self._read(cgi, pairs, step, lambda body: foscam_mjpeg_reply.check_ok(body, step))

    async def _variables(self, cgi: str, step: str) -> dict[str, str]:
        return await self._read(cgi, {}, step, lambda body: foscam_mjpeg_reply.variables(body, step))

    async def identity(self) -> DeviceIdentity:
        """See DeviceInfo."""
        return foscam_mjpeg_reply.identity(await self._variables("get_status.cgi", "asking who it is"))

    async def clock(self) -> ClockReading:
        """See DeviceInfo."""
        step = "reading its clock"
        before_us, before_ns = self._clock.wall_us(), self._clock.mono_ns()
        status = await self._variables("get_status.cgi", step)
        half_us = (self._clock.mono_ns() - before_ns) * US_PER_S // NS_PER_S // 2
        with self._http.named(step):
            shown_us = LocalUs(foscam_mjpeg_reply.local_time(status) + _RESOLUTION_US)
        return ClockReading(local_us=shown_us, at_us=WallUs(before_us + half_us), error_us=half_us + _RESOLUTION_US)

    async def _log(self) -> tuple[ClockReading, tuple[foscam_mjpeg_log.Entry, ...]]:
        clock = await self.clock()
        return clock, await self._read("get_log.cgi", {}, "reading the log", foscam_mjpeg_log.entries)

    async def logins(self, since_us: WallUs) -> tuple[LoginRecord, ...]:
        """See LoginLog. The camera always sends its whole log."""
        clock, entries = await self._log()
        records = (foscam_mjpeg_log.login_record(one, clock) for one in self._login_window.since(entries, clock, since_us))
        return tuple(record for record in records if record is not None)

    async def log(self, since_us: WallUs) -> tuple[LogLine, ...]:
        """See SystemLog."""
        clock, entries = await self._log()
        return tuple(foscam_mjpeg_log.log_line(one, clock) for one in self._log_window.since(entries, clock, since_us))

    async def accounts(self) -> tuple[Account, ...]:
        """See Accounts."""
        step = "reading the accounts"
        params = await self._variables("get_params.cgi", step)
        with self._http.named(step):
            return foscam_mjpeg_reply.accounts(params)

    async def settings(self) -> tuple[Setting, ...]:
        """See ConfigExport. Holds every password of the camera: seal it."""
        found: list[Setting] = []
        for prefix, cgi in foscam_mjpeg_config.FILES.items():
            try:
                found += foscam_mjpeg_reply.settings(await self._variables(cgi, "reading the settings"), prefix)
            except Unsupported:
                if prefix == "params":
                    raise
        return tuple(sorted(found, key=lambda setting: setting.key))

    async def set(self, settings: Sequence[Setting]) -> None:
        """See ConfigImport. Secret values are written but not compared."""
        step = "writing settings"
        now = await self._variables("get_params.cgi", step)
        with self._http.named(step):
            commands = list(foscam_mjpeg_config.set_commands(settings, now))
        for cgi, pairs in commands:
            await self._do(cgi, pairs, step)
        kept = {one.key: one.value for one in await self.settings()}
        other = [one.key for one in settings if not one.is_secret and kept.get(one.key) != one.value]
        if other:
            shown = ", ".join(other[:5]) + (" and more" if len(other) > 5 else "")
            raise BadReply(f"{self._http.name}: the camera said ok and did not keep {shown}")

    async def snapshot(self, channel: int = 0) -> bytes:
        """See Snapshot. There is one channel."""
        self._one_channel(channel)
        return await self._read("snapshot.cgi", {}, "taking a picture", foscam_mjpeg_reply.jpeg, _SNAPSHOT_BYTES)

    async def streams(self, channel: int = 0) -> tuple[VideoStream, ...]:
        """See Streams. MJPEG over HTTP, no RTSP."""
        self._one_channel(channel)
        host = f"[{self._access.host}]" if ":" in self._access.host else self._access.host
        return foscam_mjpeg_reply.streams(f"{'https' if self._access.tls else 'http'}://{host}:{self._access.port}")

    async def move(self, move: PtzMove, speed_frac: float, channel: int = 0) -> None:
        """See Ptz. The speed is one of its settings (`misc.ptz_patrol_rate`) and stays as it is; it has no zoom."""
        self._one_channel(channel)
        if move not in _MOVES:
            raise Unsupported(f"{self._http.name}: this camera has no zoom")
        self._last_move = _MOVES[move]
        await self._ptz(self._last_move)

    async def stop(self, channel: int = 0) -> None:
        """See Ptz. Each movement has an end of its own, its number and one."""
        self._one_channel(channel)
        await self._ptz(self._last_move + 1)

    async def goto_preset(self, preset: int, channel: int = 0) -> None:
        """See Ptz. Presets count from 1."""
        self._one_channel(channel)
        if not 1 <= preset <= _PRESETS:
            raise Unsupported(f"{self._http.name}: presets are 1 to {_PRESETS}")
        await self._ptz(31 + 2 * (preset - 1))

    async def _ptz(self, command: int) -> None:
        await self._do("decoder_control.cgi", {"command": str(command)}, "moving it")

    def _one_channel(self, channel: int) -> None:
        if channel:
            raise Unsupported(f"{self._http.name}: this camera has one channel only")

    async def change_password(self, user: str, new: Secret) -> None:
        """See Fix. All accounts are written at once, the others as they are. Verified by reading what needs the log-in."""
        step = "changing a password"
        if not 0 < len(new.reveal()) <= foscam_mjpeg_reply.MAX_PASSWORD_CHARS or not new.reveal().isascii():
            most = foscam_mjpeg_reply.MAX_PASSWORD_CHARS
            raise Unsupported(f"{self._http.name}: this camera takes passwords of 1 to {most} plain characters")
        params = await self._variables("get_params.cgi", step)
        pairs: dict[str, str] = {}
        slots = [n for n in range(1, foscam_mjpeg_reply.SLOTS + 1) if user and params.get(f"user{n}_name") == user]
        if len(slots) != 1:
            raise Unsupported(f"{self._http.name}, {step}: the camera has no such account")
        for n in range(1, foscam_mjpeg_reply.SLOTS + 1):
            pairs[f"user{n}"] = params.get(f"user{n}_name", "")
            pairs[f"pwd{n}"] = new.reveal() if n == slots[0] else params.get(f"user{n}_pwd", "")
            pairs[f"pri{n}"] = params.get(f"user{n}_pri", "0")
        ours = user == self._access.user
        old = self._http.password
        with contextlib.suppress(Unreachable):  # the answer got lost: whether it was done, the next log-in tells
            await self._do("set_users.cgi", pairs, step)
        if ours:
            self._http.use_password(new)
        try:
            kept = await self._variables("get_params.cgi", step)
        except Refused:
            self._http.use_password(old)
            raise
        if kept.get(f"user{slots[0]}_pwd") != new.reveal():
            if ours:
                self._http.use_password(old)
            raise BadReply(f"{self._http.name}, {step}: the camera did not keep the new password")

    @property
    def services(self) -> frozenset[Service]:
        """See Fix. DDNS can be switched off only: on, it needs a provider's data."""
        return frozenset({Service.UPNP, Service.DDNS})

    async def switch(self, service: Service, *, on: bool) -> None:
        """See Fix."""
        if service not in self.services or (service is Service.DDNS and on):
            raise Unsupported(f"{self._http.name}: {service} cannot be switched {'on' if on else 'off'} from here")
        key = "params.upnp_enable" if service is Service.UPNP else "params.ddns_service"
        await self.set([Setting(key=key, value="1" if on else "0", is_secret=False)])

    async def reboot(self) -> None:
        """See Fix."""
        await self._do("reboot.cgi", {}, "restarting it")
