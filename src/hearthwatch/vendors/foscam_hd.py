"""The client of Foscam's HD generation: `CGIProxy.fcgi`, one command after the other, credentials in each URL (it has no other
way). Use an account of our own that is an administrator's: the log and the sessions are told to no other."""

from __future__ import annotations

import contextlib
import random
from collections.abc import Sequence

from hearthwatch.kit.clock import Clock
from hearthwatch.kit.errors import BadReply, Refused
from hearthwatch.kit.units import WallUs
from hearthwatch.vendors import foscam_hd_config, foscam_hd_log, foscam_hd_reply
from hearthwatch.vendors.device import (
    Access,
    Account,
    ClockReading,
    DeviceIdentity,
    LoginRecord,
    LogLine,
    Session,
    Setting,
    VideoStream,
)
from hearthwatch.vendors.foscam_hd_cgi import FoscamHdCgi
from hearthwatch.vendors.foscam_hd_fixes import FoscamHdFixes
from hearthwatch.vendors.foscam_hd_head import FoscamHdHead
from hearthwatch.vendors.foscam_hd_history import FoscamHdHistory
from hearthwatch.vendors.foscam_hd_settings import FoscamHdSettings
from hearthwatch.vendors.foscam_window import LogWindow
from hearthwatch.vendors.mendable import Bars, Mendable, Renames
from hearthwatch.vendors.one_channel import OneChannel
from hearthwatch.vendors.polled_alarms import Polled, PolledFeed
from hearthwatch.vendors.set_clock import check_set
from hearthwatch.vendors.switches import Switches
from hearthwatch.vendors.way_in import Mover

_SNAPSHOT_BYTES = 16 << 20


class FoscamHdCamera(Mendable, Renames, Bars, OneChannel, Polled):
    """One camera: every capability of `capability` but SessionControl: nothing ends a session here. `close` it.

    Its alarms are asked for every `poll_s`; `settle_s` passes between two attempts to find it again after its address changed.
    """

    _fixes: FoscamHdFixes

    def __init__(
        self,
        access: Access,
        *,
        clock: Clock,
        rng: random.Random,
        timeout_s: float = 10.0,
        poll_s: float = 2.0,
        settle_s: float = 3.0,
    ) -> None:
        self._cgi = FoscamHdCgi(access, clock=clock, rng=rng, timeout_s=timeout_s)
        self._http = self._cgi.http
        self._feed = PolledFeed(self._states, foscam_hd_reply.alarm_signal, poll_s)
        self._history = FoscamHdHistory(self._cgi)
        self._login_window = LogWindow()
        self._log_window = LogWindow()
        self._head = FoscamHdHead(self._cgi)
        self._fixes = FoscamHdFixes(self._cgi, clock=clock, rng=rng)
        self._settings = FoscamHdSettings(self._cgi, time_pairs=self._fixes.time_pairs)
        self._mover = Mover(self._http, identity=self.identity, network=self.network, settle_s=settle_s)
        self._switches = Switches(
            foscam_hd_config.SWITCHES,
            access=lambda: self._http.access,
            read=self._settings.section,
            write=self._settings.set,
        )

    async def close(self) -> None:
        await self._http.close()

    async def identity(self) -> DeviceIdentity:
        """See DeviceInfo."""
        return foscam_hd_reply.identity(await self._cgi.fields("getDevInfo", "asking who it is"))

    async def clock(self) -> ClockReading:
        """See DeviceInfo."""
        return (await self._cgi.clock_and_west())[0]

    async def logins(self, since_us: WallUs) -> tuple[LoginRecord, ...]:
        """See LoginLog."""
        clock, entries, events = await self._history.read()
        lines = self._login_window.since(entries, clock, since_us)
        records = (foscam_hd_log.login_record(one, clock, events) for one in lines)
        return tuple(record for record in records if record is not None)

    async def log(self, since_us: WallUs) -> tuple[LogLine, ...]:
        """See SystemLog."""
        clock, entries, events = await self._history.read()
        return tuple(foscam_hd_log.log_line(one, clock, events) for one in self._log_window.since(entries, clock, since_us))

    async def sessions(self) -> tuple[Session, ...]:
        """See Sessions."""
        return await self._cgi.read("getSessionList", "asking who is logged in", foscam_hd_reply.sessions)

    async def accounts(self) -> tuple[Account, ...]:
        """See Accounts."""
        return await self._fixes.accounts()

    async def settings(self) -> tuple[Setting, ...]:
        """See ConfigExport."""
        return await self._settings.all()

    async def set(self, settings: Sequence[Setting]) -> None:
        """See ConfigImport. Groups are written whole, what may cut us off last. Secret values are written but not compared."""
        await self._settings.set(settings)

    async def snapshot(self, channel: int = 0) -> bytes:
        """See Snapshot. There is one channel."""
        self._one_channel(channel)
        return await self._cgi.read("snapPicture2", "taking a picture", foscam_hd_reply.jpeg, limit_bytes=_SNAPSHOT_BYTES)

    async def streams(self, channel: int = 0) -> tuple[VideoStream, ...]:
        """See Streams."""
        self._one_channel(channel)
        step = "reading the streams"
        ports = await self._cgi.fields("getPortInfo", step)
        params = await self._cgi.fields("getVideoStreamParam", step)
        slot = 0
        with contextlib.suppress(Refused, BadReply):
            slot = foscam_hd_reply.whole(await self._cgi.fields("getMainVideoStreamType", step), "streamType", step)
        host = f"[{self._http.access.host}]" if ":" in self._http.access.host else self._http.access.host
        with self._http.named(step):
            return foscam_hd_reply.streams(params, slot, f"rtsp://{host}:{foscam_hd_reply.rtsp_port(ports)}")

    async def _states(self) -> tuple[frozenset[str]]:
        step = "asking what it senses"
        said = await self._cgi.fields("getDevState", step)
        with self._http.named(step):
            return (foscam_hd_reply.alarm_states(said),)

    async def switch_off(self) -> tuple[Setting, ...]:
        """See StandBy. Where the model can it goes to sleep, its lens to the wall; else its RTSP and media ports stay."""
        return await self._switches.switch_off(foscam_hd_config.STAND_BY)

    async def set_clock(self) -> ClockReading:
        """See ClockControl. From then on the clock is not set by a time server any more."""
        await self.set([Setting(key="SystemTime.timeSource", value="1", is_secret=False)])
        return check_set(await self.clock(), self._http.name)

    async def use_ntp(self, server: str) -> None:
        """See ClockControl."""
        pairs = {"SystemTime.timeSource": "0", "SystemTime.ntpServer": server}
        await self.set([Setting(key=key, value=value, is_secret=False) for key, value in pairs.items()])
