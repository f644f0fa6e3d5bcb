"""The client of Foscam's MJPEG generation and its many clones, one command after the other.

Credentials go in the header, although the URL would take them too: in there they would collide with the `user` and `pwd` of
the mail, FTP and DDNS settings. Every poll of ours may write a line of the log: use an account of our own.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

from hearthwatch.kit.clock import Clock
from hearthwatch.kit.errors import BadReply, Unsupported
from hearthwatch.kit.units import WallUs
from hearthwatch.vendors import foscam_mjpeg_config, foscam_mjpeg_log, foscam_mjpeg_reply
from hearthwatch.vendors.device import (
    Access,
    Account,
    ClockReading,
    DeviceIdentity,
    LoginRecord,
    LogLine,
    Setting,
    VideoStream,
)
from hearthwatch.vendors.foscam_mjpeg_cgi import FoscamMjpegCgi
from hearthwatch.vendors.foscam_mjpeg_fixes import FoscamMjpegFixes
from hearthwatch.vendors.foscam_mjpeg_head import FoscamMjpegHead
from hearthwatch.vendors.foscam_window import LogWindow
from hearthwatch.vendors.mendable import Mendable, Renames
from hearthwatch.vendors.one_channel import OneChannel
from hearthwatch.vendors.polled_alarms import Polled, PolledFeed
from hearthwatch.vendors.set_clock import check_set
from hearthwatch.vendors.switches import Switches
from hearthwatch.vendors.way_in import Mover

_SNAPSHOT_BYTES = 4 << 20


class FoscamMjpegCamera(Mendable, Renames, OneChannel, Polled):
    """One camera: DeviceInfo, LoginLog, SystemLog, Accounts, ConfigExport and -Import, AlarmFeed, Snapshot, Streams, Ptz, Fix,
    AccountRemoval, AccountRename, NetworkControl, ClockControl, FirmwareUpload, StandBy. `close` it.

    This generation has neither a list of sessions nor one of addresses to refuse. Its alarms are asked for every `poll_s`: not
    often, since a request may write a line of its log.
    """

    _fixes: FoscamMjpegFixes

    def __init__(
        self,
        access: Access,
        *,
        clock: Clock,
        rng: random.Random,
        timeout_s: float = 10.0,
        poll_s: float = 5.0,
        settle_s: float = 3.0,
    ) -> None:
        self._cgi = FoscamMjpegCgi(access, clock=clock, rng=rng, timeout_s=timeout_s)
        self._http = self._cgi.http
        self._feed = PolledFeed(self._states, foscam_mjpeg_reply.alarm_signal, poll_s)
        self._head = FoscamMjpegHead(self._cgi)
        self._login_window = LogWindow()
        self._log_window = LogWindow()
        self._fixes = FoscamMjpegFixes(self._cgi, clock=clock, rng=rng)
        self._mover = Mover(self._http, identity=self.identity, network=self.network, settle_s=settle_s)
        self._switches = Switches(
            foscam_mjpeg_config.SWITCHES, access=lambda: self._http.access, read=self._section, write=self.set
        )

    async def close(self) -> None:
        await self._http.close()

    async def identity(self) -> DeviceIdentity:
        """See DeviceInfo."""
        return foscam_mjpeg_reply.identity(await self._cgi.variables("get_status.cgi", "asking who it is"))

    async def clock(self) -> ClockReading:
        """See DeviceInfo."""
        return await self._cgi.clock()

    async def _log(self) -> tuple[ClockReading, tuple[foscam_mjpeg_log.Entry, ...]]:
        clock = await self.clock()
        return clock, await self._cgi.read("get_log.cgi", {}, "reading the log", foscam_mjpeg_log.entries)

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
        params = await self._cgi.variables("get_params.cgi", step)
        with self._http.named(step):
            return foscam_mjpeg_reply.accounts(params)

    async def settings(self) -> tuple[Setting, ...]:
        """See ConfigExport. Holds every password of the camera: seal it."""
        found: list[Setting] = []
        for prefix in foscam_mjpeg_config.FILES:
            try:
                found += await self._section(prefix)
            except Unsupported:
                if prefix == "params":
                    raise
        return tuple(sorted(found, key=lambda setting: setting.key))

    async def _section(self, prefix: str) -> tuple[Setting, ...]:
        cgi = foscam_mjpeg_config.FILES[prefix]
        return foscam_mjpeg_reply.settings(await self._cgi.variables(cgi, "reading the settings"), prefix)

    async def set(self, settings: Sequence[Setting]) -> None:
        """See ConfigImport. Secret values are written but not compared."""
        step = "writing settings"
        now = await self._cgi.variables("get_params.cgi", step)
        if foscam_mjpeg_config.forbids(settings):
            now |= await self._cgi.variables("get_forbidden.cgi", step)
        with self._http.named(step):
            commands = list(foscam_mjpeg_config.set_commands(settings, now))
        for cgi, pairs in commands:
            await self._cgi.do(cgi, pairs, step)
        kept = {one.key: one.value for one in await self.settings()}
        other = [one.key for one in settings if not one.is_secret and kept.get(one.key) != one.value]
        if other:
            shown = ", ".join(other[:5]) + (" and more" if len(other) > 5 else "")
            raise BadReply(f"{self._http.name}: the camera said ok and did not keep {shown}")

    async def snapshot(self, channel: int = 0) -> bytes:
        """See Snapshot. There is one channel."""
        self._one_channel(channel)
        return await self._cgi.read("snapshot.cgi", {}, "taking a picture", foscam_mjpeg_reply.jpeg, _SNAPSHOT_BYTES)

    async def streams(self, channel: int = 0) -> tuple[VideoStream, ...]:
        """See Streams. MJPEG over HTTP, no RTSP."""
        self._one_channel(channel)
        host = f"[{self._http.access.host}]" if ":" in self._http.access.host else self._http.access.host
        return foscam_mjpeg_reply.streams(f"{'https' if self._http.access.tls else 'http'}://{host}:{self._http.access.port}")

    async def _states(self) -> tuple[frozenset[str]]:
        step = "asking what it senses"
        status = await self._cgi.variables("get_status.cgi", step)
        with self._http.named(step):
            return (foscam_mjpeg_reply.alarm_states(status),)

    async def switch_off(self) -> tuple[Setting, ...]:
        """See StandBy. Sound and picture are forbidden for every hour of the week; its page stays."""
        return await self._switches.switch_off(foscam_mjpeg_config.STAND_BY)

    async def set_clock(self) -> ClockReading:
        """See ClockControl."""
        await self._fixes.set_clock()
        return check_set(await self.clock(), self._http.name)

    async def use_ntp(self, server: str) -> None:
        """See ClockControl."""
        pairs = {"params.ntp_svr": server, "params.ntp_enable": "1"}
        await self.set([Setting(key=key, value=value, is_secret=False) for key, value in pairs.items()])
