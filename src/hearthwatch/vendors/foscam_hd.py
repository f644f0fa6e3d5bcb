"""The client of Foscam's HD generation: `CGIProxy.fcgi`, one command after the other, credentials in each URL (it has no other
way). Use an account of our own that is an administrator's: the log and the sessions are told to no other."""

from __future__ import annotations

import contextlib
import random
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TypeVar

from hearthwatch.kit.clock import Clock
from hearthwatch.kit.errors import BadReply, Refused, Unreachable, Unsupported
from hearthwatch.kit.secrets import Secret
from hearthwatch.kit.units import NS_PER_S, US_PER_S, WallUs
from hearthwatch.vendors import foscam_hd_log, foscam_hd_reply
from hearthwatch.vendors.capability import PtzMove, Service
from hearthwatch.vendors.device import (
    Access,
    Account,
    ClockReading,
    DeviceIdentity,
    LocalUs,
    LoginAction,
    LoginRecord,
    LogLine,
    Session,
    Setting,
    VideoStream,
)
from hearthwatch.vendors.foscam_window import LogWindow
from hearthwatch.vendors.http import DEFAULT_LIMIT_BYTES, CameraHttp, LogIn, QueryKeys, query

T = TypeVar("T")

_RESOLUTION_US = 500_000  # the clock is told in whole seconds
_SNAPSHOT_BYTES = 16 << 20
_MAX_RECORDS = 5000
_MOVES: Mapping[PtzMove, str] = MappingProxyType(
    {PtzMove.UP: "ptzMoveUp", PtzMove.DOWN: "ptzMoveDown", PtzMove.LEFT: "ptzMoveLeft", PtzMove.RIGHT: "ptzMoveRight",
     PtzMove.ZOOM_IN: "zoomIn", PtzMove.ZOOM_OUT: "zoomOut"}
)  # fmt: skip
_SWITCHES: Mapping[Service, tuple[str, str]] = MappingProxyType(
    {Service.P2P: ("P2PEnable", "enable"), Service.UPNP: ("UPnPConfig", "isEnable")}
)


class FoscamHdCamera:
    """One camera: DeviceInfo, LoginLog, SystemLog, Sessions, Accounts, ConfigExport, Snapshot, Streams, Ptz, Fix. `close`."""

    def __init__(self, access: Access, *, clock: Clock, rng: random.Random, timeout_s: float = 10.0) -> None:
        self._access = access
        self._clock = clock
        keys = QueryKeys(user="usr", password="pwd")  # noqa: S106 - a name
        self._http = CameraHttp(access, rng=rng, log_in=LogIn.QUERY, query_keys=keys, timeout_s=timeout_s)
        self._login_window = LogWindow()
        self._log_window = LogWindow()
        self._raws: list[str] = []
        self._events: Mapping[int, LoginAction | str] | None = None
        self._offset_us: int | None = None
        self._zooming = False

    async def close(self) -> None:
        await self._http.close()

    async def _read(
        self,
        cmd: str,
        step: str,
        parse: Callable[[bytes], T],
        pairs: Mapping[str, str] | None = None,
        limit_bytes: int = DEFAULT_LIMIT_BYTES,
    ) -> T:
        target = f"/cgi-bin/CGIProxy.fcgi?{query({'cmd': cmd, **(pairs or {})})}"
        reply = await self._http.get(target, step=step, limit_bytes=limit_bytes)
        with self._http.named(step):
            return parse(reply.body)

    async def _fields(self, cmd: str, step: str, pairs: Mapping[str, str] | None = None) -> dict[str, str]:
        return await self._read(cmd, step, lambda body: foscam_hd_reply.fields(body, step), pairs)

    async def identity(self) -> DeviceIdentity:
        """See DeviceInfo."""
        return foscam_hd_reply.identity(await self._fields("getDevInfo", "asking who it is"))

    async def clock(self) -> ClockReading:
        """See DeviceInfo."""
        return (await self._clock_and_west())[0]

    async def _clock_and_west(self) -> tuple[ClockReading, int]:
        step = "reading its clock"
        before_us, before_ns = self._clock.wall_us(), self._clock.mono_ns()
        said = await self._fields("getDevInfo", step)
        half_us = (self._clock.mono_ns() - before_ns) * US_PER_S // NS_PER_S // 2
        with self._http.named(step):
            shown_us = LocalUs(foscam_hd_reply.local_time(said) + _RESOLUTION_US)
        reading = ClockReading(local_us=shown_us, at_us=WallUs(before_us + half_us), error_us=half_us + _RESOLUTION_US)
        return reading, foscam_hd_reply.west_us(said)

    async def _log(self) -> tuple[ClockReading, list[foscam_hd_log.Entry], Mapping[int, LoginAction | str]]:
        """Read pages, newest first, until they meet what is known; return all there is, oldest first."""
        step = "reading the log"
        if self._events is None:
            self._events = await self._event_table()
        raws: list[str] = []
        while True:
            offset = max(0, len(raws) - foscam_hd_log.OVERLAP)
            pairs = {"offset": str(offset), "count": str(foscam_hd_log.PAGE)}
            total, page = await self._read("getLog", step, foscam_hd_log.page, pairs)
            merged = foscam_hd_log.joined(raws, page)
            if merged is None or len(merged) > _MAX_RECORDS:
                raise BadReply(f"{self._http.name}, {step}: its pages do not fit together")
            grown = len(merged) > len(raws)
            raws = merged
            known = self._meeting(raws)
            if known is not None:
                raws = (raws[:known] + self._raws)[: max(total, len(raws))]
                break
            if not grown or len(raws) >= total:
                break
        self._raws = raws
        clock, west_us = await self._clock_and_west()
        with self._http.named(step):
            if self._offset_us is None:
                self._offset_us = foscam_hd_log.epoch_offset_us(raws, clock, west_us, self._access.user)
            entries = [foscam_hd_log.entry(raw, self._offset_us or 0) for raw in reversed(raws)]
        return clock, entries, self._events

    def _meeting(self, raws: list[str]) -> int | None:
        """Where the page's worth of records that was newest last time stands in `raws`."""
        head = self._raws[: foscam_hd_log.PAGE]
        if len(head) < foscam_hd_log.PAGE:
            return None
        ends = range(len(raws) - len(head) + 1)
        return next((index for index in ends if raws[index : index + len(head)] == head), None)

    async def _event_table(self) -> Mapping[int, LoginAction | str]:
        """Cameras that hear number their events otherwise than those that do not."""
        try:
            state = await self._fields("getDevState", "asking what it can sense")
        except (Refused, BadReply, Unsupported):
            return foscam_hd_log.UNCERTAIN
        return foscam_hd_log.WITH_SOUND if "soundAlarm" in state else foscam_hd_log.WITHOUT_SOUND

    async def logins(self, since_us: WallUs) -> tuple[LoginRecord, ...]:
        """See LoginLog."""
        clock, entries, events = await self._log()
        lines = self._login_window.since(entries, clock, since_us)
        records = (foscam_hd_log.login_record(one, clock, events) for one in lines)
        return tuple(record for record in records if record is not None)

    async def log(self, since_us: WallUs) -> tuple[LogLine, ...]:
        """See SystemLog."""
        clock, entries, events = await self._log()
        return tuple(foscam_hd_log.log_line(one, clock, events) for one in self._log_window.since(entries, clock, since_us))

    async def sessions(self) -> tuple[Session, ...]:
        """See Sessions."""
        return await self._read("getSessionList", "asking who is logged in", foscam_hd_reply.sessions)

    async def accounts(self) -> tuple[Account, ...]:
        """See Accounts."""
        return await self._read("getUserList", "reading the accounts", foscam_hd_reply.accounts)

    async def settings(self) -> tuple[Setting, ...]:
        """See ConfigExport. What a model lacks is left out; a camera that refuses the first, which all have, refuses us."""
        found: list[Setting] = []
        for name in foscam_hd_reply.NAMES:
            try:
                said = await self._fields(f"get{name}", f"reading the settings {name}")
            except (Refused, Unsupported, BadReply):
                if not found:
                    raise
                continue
            found += foscam_hd_reply.settings(said, name)
        return tuple(sorted(found, key=lambda setting: setting.key))

    async def snapshot(self, channel: int = 0) -> bytes:
        """See Snapshot. There is one channel."""
        self._one_channel(channel)
        return await self._read("snapPicture2", "taking a picture", foscam_hd_reply.jpeg, limit_bytes=_SNAPSHOT_BYTES)

    async def streams(self, channel: int = 0) -> tuple[VideoStream, ...]:
        """See Streams."""
        self._one_channel(channel)
        step = "reading the streams"
        ports = await self._fields("getPortInfo", step)
        params = await self._fields("getVideoStreamParam", step)
        slot = 0
        with contextlib.suppress(Refused, BadReply):
            slot = foscam_hd_reply.whole(await self._fields("getMainVideoStreamType", step), "streamType", step)
        host = f"[{self._access.host}]" if ":" in self._access.host else self._access.host
        with self._http.named(step):
            return foscam_hd_reply.streams(params, slot, f"rtsp://{host}:{foscam_hd_reply.rtsp_port(ports)}")

    async def move(self, move: PtzMove, speed_frac: float, channel: int = 0) -> None:
        """See Ptz. The speed is a setting of the camera and stays as it is."""
        self._one_channel(channel)
        self._zooming = move in {PtzMove.ZOOM_IN, PtzMove.ZOOM_OUT}
        await self._fields(_MOVES[move], "moving it")

    async def stop(self, channel: int = 0) -> None:
        """See Ptz."""
        self._one_channel(channel)
        await self._fields("zoomStop" if self._zooming else "ptzStopRun", "stopping it")

    async def goto_preset(self, preset: int, channel: int = 0) -> None:
        """See Ptz. Presets have names there; they count from 1 here."""
        self._one_channel(channel)
        said = await self._fields("getPTZPresetPointList", "reading its presets")
        name = said.get(f"point{preset - 1}", "")
        if not name:
            raise Unsupported(f"{self._http.name}: it has no preset {preset}")
        await self._fields("ptzGotoPresetPoint", "moving it", {"name": name})

    def _one_channel(self, channel: int) -> None:
        if channel:
            raise Unsupported(f"{self._http.name}: this camera has one channel only")

    async def change_password(self, user: str, new: Secret) -> None:
        """See Fix. Our own only: the camera wants the old password with the new one."""
        if user != self._access.user:
            raise Unsupported(f"{self._http.name}: the camera changes a password only for somebody who knows the old one")
        old, step = self._http.password, "changing its password"
        pairs = {"usrName": user, "oldPwd": old.reveal(), "newPwd": new.reveal()}
        with contextlib.suppress(Unreachable):  # the answer got lost: whether it was done, the next log-in tells
            await self._fields("changePassword", step, pairs)
        self._http.use_password(new)
        try:
            await self._fields("getDevInfo", step)
        except Refused:
            self._http.use_password(old)
            raise

    @property
    def services(self) -> frozenset[Service]:
        """See Fix."""
        return frozenset(_SWITCHES)

    async def switch(self, service: Service, *, on: bool) -> None:
        """See Fix."""
        if service not in _SWITCHES:
            raise Unsupported(f"{self._http.name}: {service} cannot be switched from here")
        (name, key), value, step = _SWITCHES[service], "1" if on else "0", "writing settings"
        await self._fields(f"set{name}", step, {key: value})
        if (await self._fields(f"get{name}", step)).get(key) != value:
            raise BadReply(f"{self._http.name}: the camera said yes and did not keep {name}.{key}")

    async def reboot(self) -> None:
        """See Fix."""
        await self._fields("rebootSystem", "restarting it")
