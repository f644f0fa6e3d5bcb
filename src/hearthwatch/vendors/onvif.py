"""The client of ONVIF cameras: whatever brand, by the common protocol, one command after the other.

There are no sessions to see and no history of log-ins to rely on: a log where the camera gives one, and alarms about refused
log-ins where its brand has them.
"""

from __future__ import annotations

import contextlib
import random
import re
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

from hearthwatch.kit.clock import Clock
from hearthwatch.kit.errors import BadReply, Refused, Unsupported
from hearthwatch.kit.secrets import Secret
from hearthwatch.kit.units import WallUs
from hearthwatch.vendors import onvif_log, onvif_media, onvif_reply
from hearthwatch.vendors.capability import Output, Preset, PtzMove, Reach, Service
from hearthwatch.vendors.device import (
    Access,
    Account,
    AlarmSignal,
    ClockReading,
    DeviceIdentity,
    LocalUs,
    LoginRecord,
    LogLine,
    Setting,
    VideoStream,
)
from hearthwatch.vendors.network import Network, NetworkChange
from hearthwatch.vendors.onvif_api import Command, OnvifApi
from hearthwatch.vendors.onvif_care import OnvifCare
from hearthwatch.vendors.onvif_feed import PULL_S, PullPoint
from hearthwatch.vendors.onvif_media import Profile
from hearthwatch.vendors.onvif_outputs import OnvifOutputs
from hearthwatch.vendors.onvif_soap import Answer, Ns
from hearthwatch.vendors.onvif_xml import quoted
from hearthwatch.vendors.way_in import Mover

_LOG_BYTES = 4 << 20
_SNAPSHOT_BYTES = 16 << 20
_FEED_SLACK_S = 15.0
_PRESETS, _NAME_CHARS = 64, 60
_NUMBER = re.compile(r"[1-9][0-9]{0,5}|0")
_MOVES: Mapping[PtzMove, tuple[int, int, int]] = MappingProxyType(
    {
        PtzMove.UP: (0, 1, 0),
        PtzMove.DOWN: (0, -1, 0),
        PtzMove.LEFT: (-1, 0, 0),
        PtzMove.RIGHT: (1, 0, 0),
        PtzMove.ZOOM_IN: (0, 0, 1),
        PtzMove.ZOOM_OUT: (0, 0, -1),
    }
)


class OnvifCamera:
    """One camera. It lacks Sessions, SessionControl, AccountRename and Firewall. `close` it.

    `settle_s` passes between two attempts to find it again after its address changed."""

    def __init__(
        self,
        access: Access,
        *,
        clock: Clock,
        rng: random.Random,
        timeout_s: float = 10.0,
        pause_s: float = 1.0,
        settle_s: float = 3.0,
    ) -> None:
        self._api = OnvifApi(access, clock=clock, rng=rng, timeout_s=timeout_s, feed_timeout_s=PULL_S + _FEED_SLACK_S)
        self._http = self._api.http
        self._care = OnvifCare(self._api, clock=clock, rng=rng, timeout_s=timeout_s)
        self._feed = PullPoint(self._api, clock=clock, channels=self._channels, pause_s=pause_s)
        self._outputs = OnvifOutputs(self._api)
        self._mover = Mover(self._http, identity=self.identity, network=self.network, settle_s=settle_s)
        self._profiles: tuple[Ns, tuple[Profile, ...]] | None = None

    async def close(self) -> None:
        await self._api.close()

    async def clock(self) -> ClockReading:
        """See DeviceInfo. Read in universal time: what ONVIF cameras call their zone follows no rule."""
        _, reading = await self._api.date_and_time()
        return reading

    async def identity(self) -> DeviceIdentity:
        """See DeviceInfo. MAC and name are left empty where the camera does not tell them."""
        step = "asking what it is"
        got = await self._device("GetDeviceInformation", step)
        interfaces: tuple[onvif_reply.Interface, ...] = ()
        scopes: tuple[str, ...] = ()
        with contextlib.suppress(Unsupported, Refused, BadReply):
            interfaces = onvif_reply.interfaces((await self._device("GetNetworkInterfaces", step)).content)
        with contextlib.suppress(Unsupported, Refused, BadReply):
            scopes = onvif_reply.scopes((await self._device("GetScopes", step)).content)
        with self._http.named(step):
            return onvif_reply.identity(got.content, interfaces=interfaces, scopes=scopes, host=self._api.access.host)

    async def _device(self, operation: str, step: str, content: str = "") -> Answer:
        return await self._api.call(Command(service=Ns.DEVICE, operation=operation, content=content, step=step))

    async def accounts(self) -> tuple[Account, ...]:
        """See Accounts. Cameras that keep their own accounts apart from those of ONVIF list the latter only, or none."""
        return await self._care.accounts()

    async def settings(self) -> tuple[Setting, ...]:
        """See ConfigExport. What ONVIF tells, not what the camera's own page knows besides."""
        return await self._care.settings()

    async def set(self, settings: Sequence[Setting]) -> None:
        """See ConfigImport. Protocols and ports, host name, time servers, discovery; Unsupported for anything else."""
        await self._care.set(settings)

    async def logins(self, since_us: WallUs) -> tuple[LoginRecord, ...]:
        """See LoginLog. Best effort: raises Unsupported where the camera gives no log of access."""
        return tuple(onvif_log.login_record(line) for line in await self._log("Access", since_us))

    async def log(self, since_us: WallUs) -> tuple[LogLine, ...]:
        """See SystemLog."""
        return tuple(onvif_log.log_line(line) for line in await self._log("System", since_us))

    async def _log(self, kind: str, since_us: WallUs) -> list[onvif_log.Dated]:
        step = f"reading its {kind.lower()} log"
        shown, reading = await self._api.date_and_time()
        if shown.utc_us is not None and shown.local_us is not None:
            reading = replace(reading, local_us=LocalUs(reading.local_us + shown.local_us - shown.utc_us))
        content = f"<LogType>{kind}</LogType>"
        got = await self._api.call(
            Command(service=Ns.DEVICE, operation="GetSystemLog", content=content, step=step, limit_bytes=_LOG_BYTES)
        )
        with self._http.named(step):
            return list(onvif_log.due(onvif_reply.system_log(got), reading, since_us))

    @property
    def tells_logins(self) -> bool:
        """See LoginAlarms: failed ones, where the vendor has a topic for them."""
        return True

    def alarms(self) -> AsyncGenerator[AlarmSignal]:
        """See AlarmFeed. How things stand at the beginning comes as STATE."""
        return self._feed.alarms()

    async def active(self, code: str) -> tuple[int, ...]:
        """See AlarmFeed."""
        return await self._feed.active(code)

    async def lasting(self) -> tuple[AlarmSignal, ...]:
        """See LastingAlarms."""
        return await self._feed.lasting()

    async def _channels(self) -> Mapping[str, int]:
        """Return the channel of each source and source configuration; empty where there are no profiles to tell."""
        try:
            _, found = await self._media("asking for its lenses")
        except (Unsupported, BadReply):
            return {}
        places = {source: place for place, source in enumerate(onvif_media.lenses(found))}
        return {one.config: places[one.source] for one in found} | places

    async def _media(self, step: str, *, known: bool = False) -> tuple[Ns, tuple[Profile, ...]]:
        """Return the profiles, and the media service that has them: the old one, as long as the camera offers it. `known`:
        those of the last time will do."""
        if self._profiles is None or not known:
            try:
                got = await self._api.call(Command(service=Ns.MEDIA, operation="GetProfiles", step=step))
                service = Ns.MEDIA
            except (Unsupported, BadReply):
                content = "<Type>All</Type>"
                got = await self._api.call(Command(service=Ns.MEDIA2, operation="GetProfiles", content=content, step=step))
                service = Ns.MEDIA2
            with self._http.named(step):
                self._profiles = service, onvif_media.profiles(got.content)
        return self._profiles

    async def streams(self, channel: int = 0) -> tuple[VideoStream, ...]:
        """See Streams."""
        step = "reading the streams"
        service, found = await self._media(step)
        with self._http.named(step):
            own = onvif_media.of_channel(found, channel)
        streams: list[VideoStream] = []
        for profile in own:
            with contextlib.suppress(Unsupported, BadReply):  # one that cannot be streamed is no reason to lose the others
                content = onvif_media.stream_request(service, profile.token)
                got = await self._api.call(Command(service=service, operation="GetStreamUri", content=content, step=step))
                address = onvif_media.media_uri(got.content)
                streams.append(onvif_media.stream(profile, len(streams), address, self._api.access.host.strip("[]")))
        if not streams:
            raise BadReply(f"{self._http.name}, {step}: the camera gives no address of a stream")
        return tuple(streams)

    async def snapshot(self, channel: int = 0) -> bytes:
        """See Snapshot."""
        step = "taking a picture"
        service, found = await self._media(step)
        with self._http.named(step):
            profile = onvif_media.of_channel(found, channel)[0]
        content = f"<ProfileToken>{quoted(profile.token)}</ProfileToken>"
        got = await self._api.call(Command(service=service, operation="GetSnapshotUri", content=content, step=step))
        with self._http.named(step):
            address = onvif_media.media_uri(got.content)
        reply = await self._api.page(address, step=step, limit_bytes=_SNAPSHOT_BYTES)
        if not reply.body.startswith(b"\xff\xd8\xff"):
            raise BadReply(f"{self._http.name}, {step}: the camera sends something that is not a JPEG")
        return reply.body

    async def reach(self, channel: int = 0) -> Reach:
        """See Ptz. Its own camera may lack the zoom: ONVIF tells that in ways few cameras share."""
        step = "asking how it moves"
        _, found = await self._media(step)
        with self._http.named(step):
            if not any(one.can_move for one in onvif_media.of_channel(found, channel)):
                return Reach()
        try:
            got = await self._ptz("GetPresets", channel)
        except (Unsupported, BadReply):
            return Reach(moves=frozenset(PtzMove))
        rows = [(one.attribute("token"), one.said("Name")[:_NAME_CHARS]) for one in got.content.all("Preset")[:_PRESETS]]
        numbers = {token for token, _ in rows if _NUMBER.fullmatch(token)}
        presets = [
            Preset(number=int(token) if token in numbers else place, name=name)
            for place, (token, name) in enumerate(rows, 1)
            if token in numbers or str(place) not in numbers  # one that `goto_preset` can tell from the others
        ]
        return Reach(moves=frozenset(PtzMove), presets=tuple(presets))

    async def move(self, move: PtzMove, speed_frac: float, channel: int = 0) -> None:
        """See Ptz."""
        right, up, closer = _MOVES[move]
        speed = max(0.05, min(1.0, speed_frac))
        pan = f'<tt:PanTilt x="{right * speed:.2f}" y="{up * speed:.2f}"/>' if right or up else ""
        zoom = f'<tt:Zoom x="{closer * speed:.2f}"/>' if closer else ""
        await self._ptz("ContinuousMove", channel, f"<Velocity>{pan}{zoom}</Velocity>")

    async def stop(self, channel: int = 0) -> None:
        """See Ptz."""
        await self._ptz("Stop", channel, "<PanTilt>true</PanTilt><Zoom>true</Zoom>")

    async def goto_preset(self, preset: int, channel: int = 0) -> None:
        """See Ptz. `preset` is the camera's token where that is a number, else the place in its list, from 1."""
        got = await self._ptz("GetPresets", channel)
        tokens = [one.attribute("token") for one in got.content.all("Preset")]
        token = str(preset) if str(preset) in tokens else tokens[preset - 1] if 0 < preset <= len(tokens) else ""
        if not token:
            raise Unsupported(f"{self._http.name}: the camera has no preset {preset}")
        await self._ptz("GotoPreset", channel, f"<PresetToken>{quoted(token)}</PresetToken>")

    async def _ptz(self, operation: str, channel: int, content: str = "") -> Answer:
        step = "moving it"
        _, found = await self._media(step, known=True)
        with self._http.named(step):
            movable = [one for one in onvif_media.of_channel(found, channel) if one.can_move]
            if not movable:
                raise Unsupported("the camera cannot be moved")
        content = f"<ProfileToken>{quoted(movable[0].token)}</ProfileToken>{content}"
        return await self._api.call(Command(service=Ns.PTZ, operation=operation, content=content, step=step))

    async def drive(self, output: Output, *, on: bool, number: int = 0) -> float | None:
        """See Outputs."""
        return await self._outputs.drive(output, on=on, number=number)

    async def set_clock(self) -> ClockReading:
        """See ClockControl."""
        return await self._care.set_clock()

    async def use_ntp(self, server: str) -> None:
        """See ClockControl."""
        await self._care.use_ntp(server)

    @property
    def services(self) -> frozenset[Service]:
        """See Fix."""
        return self._care.switches.services

    async def is_on(self, service: Service) -> bool:
        """See Fix."""
        return await self._care.switches.is_on(service)

    async def switch(self, service: Service, *, on: bool) -> None:
        """See Fix."""
        await self._care.switches.switch(service, on=on)

    async def change_password(self, user: str, new: Secret) -> None:
        """See Fix."""
        await self._care.change_password(user, new)

    async def remove_account(self, user: str) -> None:
        """See AccountRemoval."""
        await self._care.remove_account(user)

    async def network(self) -> Network:
        """See NetworkControl."""
        return await self._care.network()

    async def change_network(self, change: NetworkChange) -> Access:
        """See NetworkControl."""
        return await self._mover.move(change, lambda _, wanted: self._care.write_network(change, wanted))

    async def switch_off(self) -> tuple[Setting, ...]:
        """See StandBy. The video stops; the camera's web page and its pictures stay."""
        return await self._care.switch_off()

    async def upload_firmware(self, image: Path) -> None:
        """See FirmwareUpload."""
        await self._care.upload_firmware(image)

    async def reboot(self) -> None:
        """See Fix."""
        await self._device("SystemReboot", "restarting it")
