"""The client of Dahua and Amcrest cameras: their CGI by Digest, one command after the other.

Every poll of ours writes log lines at the camera: use an account of our own.
"""

from __future__ import annotations

import contextlib
import random
import re
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager

from hearthwatch.kit.clock import Clock
from hearthwatch.kit.errors import BadReply, Refused, Unsupported
from hearthwatch.kit.units import WallUs
from hearthwatch.vendors import dahua_config, dahua_log, dahua_reply
from hearthwatch.vendors.capability import Output, PtzMove, Reach
from hearthwatch.vendors.card import CardClip
from hearthwatch.vendors.dahua_card import DahuaCard
from hearthwatch.vendors.dahua_cgi import DahuaCgi
from hearthwatch.vendors.dahua_events import CODES, LASTING
from hearthwatch.vendors.dahua_feed import DahuaFeed
from hearthwatch.vendors.dahua_fixes import DahuaFixes
from hearthwatch.vendors.dahua_head import DahuaHead
from hearthwatch.vendors.dahua_outputs import DahuaOutputs
from hearthwatch.vendors.dahua_search import LogSearch
from hearthwatch.vendors.dahua_settings import DahuaSettings
from hearthwatch.vendors.device import (
    Access,
    Account,
    AlarmPhase,
    AlarmSignal,
    ClockReading,
    DeviceIdentity,
    LoginRecord,
    LogLine,
    RestartTime,
    Session,
    Setting,
    VideoStream,
)
from hearthwatch.vendors.mendable import Bars, Mendable, Renames
from hearthwatch.vendors.set_clock import check_set
from hearthwatch.vendors.switches import Switches
from hearthwatch.vendors.way_in import Mover

_SNAPSHOT_BYTES = 16 << 20


class DahuaCamera(Mendable, Renames, Bars):
    """One camera: every capability of `capability` but SessionControl, which its CGI has not. `close` it.

    `settle_s` passes between two attempts to find it again after its address changed.
    """

    _fixes: DahuaFixes

    def __init__(
        self, access: Access, *, clock: Clock, rng: random.Random, timeout_s: float = 10.0, settle_s: float = 3.0
    ) -> None:
        def visit(by: Access) -> DahuaCgi:
            return DahuaCgi(by, clock=clock, rng=rng, timeout_s=timeout_s)

        self._cgi = visit(access)
        self._http = self._cgi.http
        self._settings = DahuaSettings(self._cgi)
        self._card = DahuaCard(self._cgi)
        self._login_search = LogSearch(self._cgi)
        self._log_search = LogSearch(self._cgi)
        self._head = DahuaHead(self._cgi)
        self._feed = DahuaFeed(self._http)
        self._fixes = DahuaFixes(self._cgi, clock=clock, rng=rng, visit=visit, write=self._settings.set)
        self._outputs = DahuaOutputs(self._cgi)
        self._mover = Mover(self._http, identity=self.identity, network=self.network, settle_s=settle_s)
        self._switches = Switches(
            dahua_config.SWITCHES, access=lambda: self._http.access, read=self._settings.section, write=self._settings.set
        )

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
        clock = await self._cgi.recent_clock()
        pairs = {"action": "getActiveUserInfoAll"}
        return await self._cgi.read(
            "userManager.cgi", pairs, "asking who is logged in", lambda body: dahua_reply.sessions(body, clock)
        )

    async def accounts(self) -> tuple[Account, ...]:
        """See Accounts."""
        return await self._fixes.accounts()

    async def settings(self) -> tuple[Setting, ...]:
        """See ConfigExport."""
        return await self._settings.all()

    async def set(self, settings: Sequence[Setting]) -> None:
        """See ConfigImport."""
        await self._settings.set(settings)

    @property
    def tells_logins(self) -> bool:
        """See LoginAlarms."""
        return True

    async def alarms(self) -> AsyncGenerator[AlarmSignal]:
        """See AlarmFeed."""
        async with contextlib.aclosing(self._feed.alarms()) as signals:
            async for signal in signals:
                yield signal

    async def active(self, code: str) -> tuple[int, ...]:
        """See AlarmFeed."""
        try:
            pairs = {"action": "getEventIndexes", "code": code}
            return await self._cgi.read("eventManager.cgi", pairs, "asking what is on", dahua_reply.on_channels)
        except Unsupported:
            return ()

    async def lasting(self) -> tuple[AlarmSignal, ...]:
        """See LastingAlarms."""
        found: list[AlarmSignal] = []
        for code in LASTING:
            on = await self.active(code)
            found += [AlarmSignal(kind=CODES[code], code=code, phase=AlarmPhase.START, channel=channel) for channel in on]
        return tuple(found)

    async def restart_time(self) -> RestartTime | None:
        """See SelfRestart."""
        return dahua_config.restart_time(await self._cgi.table("AutoMaintain"))

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
        host = f"[{self._http.access.host}]" if ":" in self._http.access.host else self._http.access.host
        encode = await self._cgi.table("Encode")
        with self._http.named("reading the streams"):
            return dahua_reply.streams(encode, channel, f"rtsp://{host}:{port}")

    async def recordings(self, start_us: WallUs, end_us: WallUs, channel: int = 0) -> tuple[CardClip, ...]:
        """See CardFootage."""
        return await self._card.recordings(start_us, end_us, channel)

    def download(self, clip: CardClip) -> AbstractAsyncContextManager[AsyncIterator[bytes]]:
        """See CardFootage."""
        return self._card.download(clip)

    async def reach(self, channel: int = 0) -> Reach:
        """See Ptz."""
        return await self._head.reach(channel)

    async def move(self, move: PtzMove, speed_frac: float, channel: int = 0) -> None:
        """See Ptz."""
        await self._head.move(move, speed_frac, channel)

    async def stop(self, channel: int = 0) -> None:
        """See Ptz."""
        await self._head.stop(channel)

    async def goto_preset(self, preset: int, channel: int = 0) -> None:
        """See Ptz."""
        await self._head.goto_preset(preset, channel)

    async def switch_off(self) -> tuple[Setting, ...]:
        """See StandBy. The lens is covered where the model can, and its streams stop; its web page stays."""
        return await self._switches.switch_off(dahua_config.STAND_BY)

    async def drive(self, output: Output, *, on: bool, number: int = 0) -> float | None:
        """See Outputs."""
        return await self._outputs.drive(output, on=on, number=number)

    async def set_clock(self) -> ClockReading:
        """See ClockControl."""
        await self._fixes.set_clock()
        return check_set(await self.clock(), self._http.name)

    async def use_ntp(self, server: str) -> None:
        """See ClockControl."""
        pairs = {"NTP.Address": server, "NTP.Enable": "true"}
        await self.set([Setting(key=key, value=value, is_secret=False) for key, value in pairs.items()])
