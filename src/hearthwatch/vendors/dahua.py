"""The client of Dahua and Amcrest cameras: their CGI by Digest, one command after the other.

Every poll of ours writes log lines at the camera: use an account of our own.
"""

from __future__ import annotations

import contextlib
import random
import re
from collections.abc import AsyncGenerator, Mapping, Sequence
from types import MappingProxyType

from hearthwatch.kit.clock import Clock
from hearthwatch.kit.errors import BadReply, Refused, Unreachable, Unsupported
from hearthwatch.kit.secrets import Secret
from hearthwatch.kit.units import WallUs
from hearthwatch.vendors import dahua_config, dahua_log, dahua_reply
from hearthwatch.vendors.capability import PtzMove, Service
from hearthwatch.vendors.dahua_cgi import DahuaCgi
from hearthwatch.vendors.dahua_events import CODES, event
from hearthwatch.vendors.dahua_parts import PartReader, boundary_of
from hearthwatch.vendors.dahua_search import LogSearch
from hearthwatch.vendors.device import (
    Access,
    Account,
    AlarmSignal,
    ClockReading,
    DeviceIdentity,
    LoginRecord,
    LogLine,
    Session,
    Setting,
    VideoStream,
)

_HEARTBEAT_S = 5
_SILENCE_S = 3.0 * _HEARTBEAT_S
_NO_HEARTBEAT_SILENCE_S = 600.0
_SNAPSHOT_BYTES = 16 << 20
_MOVES: Mapping[PtzMove, str] = MappingProxyType(
    {
        PtzMove.UP: "Up",
        PtzMove.DOWN: "Down",
        PtzMove.LEFT: "Left",
        PtzMove.RIGHT: "Right",
        PtzMove.ZOOM_IN: "ZoomTele",
        PtzMove.ZOOM_OUT: "ZoomWide",
    }
)
_SWITCHES: Mapping[Service, str] = MappingProxyType(
    {
        Service.P2P: "T2UServer.Enable",
        Service.UPNP: "UPnP.Enable",
        Service.TELNET: "Telnet.Enable",
        Service.DDNS: "DDNS[0].Enable",
    }
)


class DahuaCamera:
    """One camera. Has every capability of `capability`. `close` it."""

    def __init__(self, access: Access, *, clock: Clock, rng: random.Random, timeout_s: float = 10.0) -> None:
        self._access = access
        self._cgi = DahuaCgi(access, clock=clock, rng=rng, timeout_s=timeout_s)
        self._http = self._cgi.http
        self._login_search = LogSearch(self._cgi)
        self._log_search = LogSearch(self._cgi)
        self._last_move: dict[int, tuple[str, int]] = {}
        self._codes = "[All]"
        self._heartbeat = True

    async def close(self) -> None:
        await self._http.close()

    async def clock(self) -> ClockReading:
        """See DeviceInfo."""
        return await self._cgi.clock()

    async def identity(self) -> DeviceIdentity:
        """See DeviceInfo. What a model cannot tell is left empty."""
        system = await self._cgi.magic("getSystemInfo", lambda body: dahua_reply.pairs_of(body, "the system information"))
        version, built = await self._cgi.magic("getSoftwareVersion", dahua_reply.firmware)
        vendor = name = mac = ""
        with contextlib.suppress(Unsupported, BadReply):
            vendor = await self._cgi.magic("getVendor", lambda body: dahua_reply.value_of(body, "vendor", "the vendor"))
        with contextlib.suppress(Unsupported, BadReply):
            name = await self._cgi.magic("getMachineName", lambda body: dahua_reply.value_of(body, "name", "the name"))
        with contextlib.suppress(Unsupported, Refused, BadReply):
            mac = dahua_reply.mac_of(await self._cgi.table("Network"))
        return dahua_reply.identity(system, vendor=vendor, name=name, version=version, built=built, mac=mac)

    async def logins(self, since_us: WallUs) -> tuple[LoginRecord, ...]:
        """See LoginLog."""
        clock, entries = await self._login_search.since(since_us)
        records = (dahua_log.login_record(entry, clock) for entry in entries)
        return tuple(record for record in records if record is not None)

    async def log(self, since_us: WallUs) -> tuple[LogLine, ...]:
        """See SystemLog."""
        clock, entries = await self._log_search.since(since_us)
        return tuple(dahua_log.log_line(entry, clock) for entry in entries)

    async def sessions(self) -> tuple[Session, ...]:
        """See Sessions."""
        clock = await self.clock()
        pairs = {"action": "getActiveUserInfoAll"}
        return await self._cgi.read(
            "userManager.cgi", pairs, "asking who is logged in", lambda body: dahua_reply.sessions(body, clock)
        )

    async def accounts(self) -> tuple[Account, ...]:
        """See Accounts."""
        return await self._cgi.read(
            "userManager.cgi", {"action": "getUserInfoAll"}, "reading the accounts", dahua_reply.accounts
        )

    async def settings(self) -> tuple[Setting, ...]:
        """See ConfigExport. Where there is no whole backup, what is known by name."""
        step = "reading the settings"
        try:
            found = await self._cgi.read(
                "Config.backup", {"action": "All"}, step, dahua_config.backup_settings, dahua_config.MAX_BACKUP_BYTES
            )
        except Unsupported:
            found = await self._known_settings()
            if not found:
                raise
        return tuple(sorted(found, key=lambda setting: setting.key))

    async def _known_settings(self) -> tuple[Setting, ...]:
        found: list[Setting] = []
        for name in dahua_config.NAMES:
            with contextlib.suppress(Unsupported):
                found += dahua_config.table_settings(await self._cgi.table(name))
        return tuple(found)

    async def set(self, settings: Sequence[Setting]) -> None:
        """See ConfigImport. Secret values are written but not compared: cameras answer those masked."""
        for pairs in dahua_config.set_queries(settings):
            await self._cgi.do("configManager.cgi", {"action": "setConfig", **pairs}, "writing settings")
        names = dict.fromkeys(setting.key.split(".", 1)[0].split("[", 1)[0] for setting in settings)
        kept: dict[str, str] = {}
        for name in names:
            kept |= {one.key: one.value for one in dahua_config.table_settings(await self._cgi.table(name))}
        other = [one.key for one in settings if not one.is_secret and kept.get(one.key) != one.value]
        if other:
            shown = ", ".join(other[:5]) + (" and more" if len(other) > 5 else "")
            raise BadReply(f"{self._http.name}: the camera said OK and did not keep {shown}")

    async def alarms(self) -> AsyncGenerator[AlarmSignal]:
        """See AlarmFeed. A firmware that answers `[All]` with silence or refuses the heartbeat is asked otherwise next time."""
        beat = f"&heartbeat={_HEARTBEAT_S}" if self._heartbeat else ""
        target = f"/cgi-bin/eventManager.cgi?action=attach&codes={self._codes}{beat}"
        silence_s = _SILENCE_S if self._heartbeat else _NO_HEARTBEAT_SILENCE_S
        opened = heard = False
        try:
            async with self._http.stream(target, step="listening to its alarms", silence_s=silence_s) as stream:
                opened = True
                reader = PartReader(boundary_of(stream.content_type))
                async for chunk in stream.chunks:
                    for part in reader.feed(chunk):
                        heard = True
                        if (signal := _event_or_none(part)) is not None:
                            yield signal
        except BadReply:
            if not opened:
                self._heartbeat = not self._heartbeat
            raise
        except Unreachable:
            if opened and not heard:
                self._codes = "[" + ",".join(CODES) + "]" if self._codes == "[All]" else "[All]"
            raise
        raise Unreachable(f"{self._http.name}: the camera ended the alarms")

    async def active(self, code: str) -> tuple[int, ...]:
        """See AlarmFeed."""
        try:
            pairs = {"action": "getEventIndexes", "code": code}
            return await self._cgi.read("eventManager.cgi", pairs, "asking what is on", dahua_reply.on_channels)
        except Unsupported:
            return ()

    async def snapshot(self, channel: int = 0) -> bytes:
        """See Snapshot. Channels count from 1, at old firmware from 0."""
        try:
            return await self._picture(channel + 1)
        except Unsupported:
            return await self._picture(channel)

    async def _picture(self, number: int) -> bytes:
        step = "taking a picture"
        return await self._cgi.read("snapshot.cgi", {"channel": str(number)}, step, dahua_reply.jpeg, _SNAPSHOT_BYTES)

    async def streams(self, channel: int = 0) -> tuple[VideoStream, ...]:
        """See Streams."""
        port = 554
        with contextlib.suppress(Unsupported, BadReply):
            said = (await self._cgi.table("RTSP")).get("table.RTSP.Port", "")
            port = int(said) if re.fullmatch(r"[1-9][0-9]{0,4}", said) and int(said) < 65_536 else port
        host = f"[{self._access.host}]" if ":" in self._access.host else self._access.host
        encode = await self._cgi.table("Encode")
        with self._http.named("reading the streams"):
            return dahua_reply.streams(encode, channel, f"rtsp://{host}:{port}")

    async def move(self, move: PtzMove, speed_frac: float, channel: int = 0) -> None:
        """See Ptz. Speeds are 1 to 8."""
        speed = max(1, min(8, round(speed_frac * 8)))
        self._last_move[channel] = (_MOVES[move], speed)
        await self._ptz("start", channel, _MOVES[move], speed, speed)

    async def stop(self, channel: int = 0) -> None:
        """See Ptz. The camera wants to hear which movement ends."""
        code, speed = self._last_move.pop(channel, ("Up", 1))
        await self._ptz("stop", channel, code, speed, speed)

    async def goto_preset(self, preset: int, channel: int = 0) -> None:
        """See Ptz."""
        await self._ptz("start", channel, "GotoPreset", 0, preset)

    async def _ptz(self, action: str, channel: int, code: str, arg1: int, arg2: int) -> None:
        pairs = {"action": action, "channel": str(channel), "code": code, "arg1": str(arg1), "arg2": str(arg2), "arg3": "0"}
        await self._cgi.do("ptz.cgi", pairs, "moving it")

    async def change_password(self, user: str, new: Secret) -> None:
        """See Fix. Our own is verified by logging in with it; if that fails the old one stays in use."""
        pairs = {"action": "modifyPassword", "name": user, "pwd": new.reveal()}
        if user != self._access.user:
            await self._cgi.do("userManager.cgi", pairs, "changing a password")
            return
        old = self._http.password
        with contextlib.suppress(Unreachable):  # the answer got lost: whether it was done, the next log-in tells
            await self._cgi.do("userManager.cgi", pairs | {"pwdOld": old.reveal()}, "changing its password")
        self._http.use_password(new)
        try:
            await self.clock()
        except Refused:
            self._http.use_password(old)
            raise

    @property
    def services(self) -> frozenset[Service]:
        """See Fix."""
        return frozenset(_SWITCHES)

    async def switch(self, service: Service, *, on: bool) -> None:
        """See Fix."""
        await self.set([Setting(key=_SWITCHES[service], value="true" if on else "false", is_secret=False)])

    async def reboot(self) -> None:
        """See Fix."""
        await self._cgi.do("magicBox.cgi", {"action": "reboot"}, "restarting it")


def _event_or_none(part: str) -> AlarmSignal | None:
    """One part of nonsense does not end the alarms."""
    with contextlib.suppress(BadReply):
        return event(part)
    return None
