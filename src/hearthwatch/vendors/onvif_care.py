"""What can be read and put right in an ONVIF camera: accounts, settings, services, clock. Everything written is read back."""

from __future__ import annotations

import asyncio
import contextlib
import random
import re
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType

from hearthwatch.kit.clock import Clock
from hearthwatch.kit.errors import BadReply, Refused, Unreachable, Unsupported
from hearthwatch.kit.secrets import Secret
from hearthwatch.kit.units import US_PER_S, to_datetime
from hearthwatch.vendors import firmware, onvif_network, onvif_reply, onvif_services, onvif_settings
from hearthwatch.vendors.capability import Service
from hearthwatch.vendors.device import Account, ClockReading, Setting
from hearthwatch.vendors.network import Network, NetworkChange
from hearthwatch.vendors.onvif_api import Command, OnvifApi
from hearthwatch.vendors.onvif_network import Wire
from hearthwatch.vendors.onvif_reply import DateAndTime
from hearthwatch.vendors.onvif_settings import SECTIONS, Section
from hearthwatch.vendors.onvif_soap import Answer, Ns
from hearthwatch.vendors.onvif_xml import Element, quoted
from hearthwatch.vendors.switches import Switch, Switches
from hearthwatch.vendors.way_in import prove

_SWITCHES: Mapping[Service, Switch] = MappingProxyType(
    {
        service: Switch.true_false("NetworkProtocols", f"NetworkProtocols.{name}.Enabled")
        for service, name in ((Service.HTTP, "HTTP"), (Service.HTTPS, "HTTPS"), (Service.RTSP, "RTSP"))
    }
)
_STAND_BY = (_SWITCHES[Service.RTSP],)
_ENDINGS = (".bin", ".dav", ".fw", ".img", ".pak", ".rom", ".tar", ".zip")
_UPLOAD_S = 900.0
_MAX_DELAY_S = 60.0
_DURATION = re.compile(r"PT([0-9]{1,3})(?:\.[0-9]+)?S")
_CHUNK_BYTES = 65_536
_MAX_REFUSALS = 3  # GetUsers, GetAccessPolicy, GetIPAddressFilter
_SETTABLE_US = 5 * US_PER_S


@dataclass(frozen=True, slots=True, kw_only=True)
class _Image:
    """A file of firmware as it is (an `http.Upload`): ONVIF wants no form around it."""

    file: firmware.Firmware

    @property
    def content_type(self) -> str:
        return "application/octet-stream"

    @property
    def length_bytes(self) -> int:
        return self.file.size_bytes

    def body(self) -> AsyncIterator[bytes]:
        return firmware.pieces(self.file, _CHUNK_BYTES)


class OnvifCare:
    """The part of OnvifCamera that changes things."""

    def __init__(self, api: OnvifApi, *, clock: Clock, rng: random.Random, timeout_s: float) -> None:
        self._api = api
        self._clock = clock
        self._rng = rng
        self._timeout_s = timeout_s
        self.switches = Switches(_SWITCHES, access=lambda: api.access, read=self._by_name, write=self.set)

    async def _device(self, operation: str, step: str, content: str = "") -> Answer:
        return await self._api.call(Command(service=Ns.DEVICE, operation=operation, content=content, step=step))

    async def accounts(self) -> tuple[Account, ...]:
        step = "reading the accounts"
        got = await self._device("GetUsers", step)
        with self._api.http.named(step):
            return onvif_reply.accounts(got.content)

    async def settings(self) -> tuple[Setting, ...]:
        """Return what the camera tells of `SECTIONS`, sorted by key. Some sections are for administrators only; who is refused
        more than those is refused altogether, before the camera locks the account."""
        found: dict[str, Setting] = {}
        refusals = 0
        for section in SECTIONS:
            try:
                found |= {one.key: one for one in await self._section(section)}
            except (Unsupported, BadReply):
                continue
            except Refused:
                refusals += 1
                if not found or refusals > _MAX_REFUSALS:
                    raise
        if not found:
            raise Unsupported(f"{self._api.http.name}: the camera tells none of its settings by ONVIF")
        return tuple(sorted(found.values(), key=lambda setting: setting.key))

    async def _section(self, section: Section) -> tuple[Setting, ...]:
        step = f"reading the settings {section.top}"
        got = await self._api.call(Command(service=section.service, operation=section.operation, step=step))
        with self._api.http.named(step):
            return onvif_settings.section_settings(section, got)

    async def _by_name(self, top: str) -> tuple[Setting, ...]:
        return await self._section(next(section for section in SECTIONS if section.top == top))

    async def _now(self, tops: Iterable[str]) -> dict[str, str]:
        return {one.key: one.value for top in tops for one in await self._by_name(top)}

    async def set(self, settings: Sequence[Setting]) -> None:
        """Write `settings` and read them back."""
        tops = {setting.key.split(".", 1)[0].split("[", 1)[0] for setting in settings}
        step = "writing settings"
        with self._api.http.named(step):
            onvif_settings.check_writable(settings)
        now = await self._now(tops)
        with self._api.http.named(step):
            writing = onvif_settings.writing(settings, now)
        for operation, content in writing:
            await self._device(operation, step, content)
        kept = await self._now(tops)
        other = [one.key for one in settings if not onvif_settings.same(one.key, one.value, kept.get(one.key, ""))]
        if other:
            shown = ", ".join(other[:5]) + (" and more" if len(other) > 5 else "")
            raise BadReply(f"{self._api.http.name}: the camera said yes and did not keep {shown}")

    async def set_clock(self) -> ClockReading:
        """Zone and summer time stay as they are; a clock that follows a time server follows it no more."""
        step = "setting its clock"
        shown, _ = await self._api.date_and_time()
        await self._device("SetSystemDateAndTime", step, self._date(shown, "Manual"))
        _, reading = await self._api.date_and_time()
        if abs(reading.ahead_us) > _SETTABLE_US + reading.error_us:
            raise BadReply(f"{self._api.http.name}, {step}: the camera said yes and its clock is still off")
        return reading

    async def use_ntp(self, server: str) -> None:
        step = "setting its time server"
        content = "<FromDHCP>false</FromDHCP>" + onvif_settings.host("NTPManual", server)
        await self._device("SetNTP", step, content)
        shown, _ = await self._api.date_and_time()
        await self._device("SetSystemDateAndTime", step, self._date(shown, "NTP"))
        with self._api.http.named(step):
            servers = onvif_reply.time_servers((await self._device("GetNTP", step)).content)
            shown, _ = await self._api.date_and_time()
            if servers.from_dhcp or server not in servers.servers or not shown.by_ntp:
                raise BadReply("the camera said yes and does not follow that time server")

    def _date(self, shown: DateAndTime, kind: str) -> str:
        summer = "true" if shown.summer_time else "false"
        zone = f"<TimeZone><tt:TZ>{quoted(shown.zone)}</tt:TZ></TimeZone>" if shown.zone else ""
        at = to_datetime(self._clock.wall_us())
        time = f"<tt:Hour>{at.hour}</tt:Hour><tt:Minute>{at.minute}</tt:Minute><tt:Second>{at.second}</tt:Second>"
        date = f"<tt:Year>{at.year}</tt:Year><tt:Month>{at.month}</tt:Month><tt:Day>{at.day}</tt:Day>"
        utc = f"<UTCDateTime><tt:Time>{time}</tt:Time><tt:Date>{date}</tt:Date></UTCDateTime>" if kind == "Manual" else ""
        return f"<DateTimeType>{kind}</DateTimeType><DaylightSavings>{summer}</DaylightSavings>{zone}{utc}"

    async def change_password(self, user: str, new: Secret) -> None:
        """Verified by asking with it: for our own account who the accounts are, for another what the camera is."""
        step = "changing a password"
        account = next((one for one in await self.accounts() if one.name == user), None)
        if account is None:
            raise Unsupported(f"{self._api.http.name}: the camera has no ONVIF account {user[:60]}")
        with self._api.http.named(step):
            level = f"<tt:UserLevel>{quoted(account.group)}</tt:UserLevel>"
            content = f"<tt:Username>{quoted(user)}</tt:Username><tt:Password>{quoted(new.reveal())}</tt:Password>{level}"
        with contextlib.suppress(Unreachable):  # the answer got lost: whether it was done, the log-in tells
            await self._device("SetUser", step, f"<User>{content}</User>")
        if user == self._api.access.user:
            await prove(self._api.http, replace(self._api.access, password=new), self.accounts)
        else:
            await self._try(user, new)

    async def _try(self, user: str, password: Secret) -> None:
        access = replace(self._api.access, user=user, password=password)
        api = OnvifApi(access, clock=self._clock, rng=self._rng, timeout_s=self._timeout_s, feed_timeout_s=self._timeout_s)
        try:
            await api.call(Command(service=Ns.DEVICE, operation="GetDeviceInformation", step="trying the new password"))
        finally:
            await api.close()

    async def remove_account(self, user: str) -> None:
        if user == self._api.access.user:
            raise Unsupported(f"{self._api.http.name}: {user} is our own account")
        step = "removing an account"
        with self._api.http.named(step):
            content = f"<Username>{quoted(user)}</Username>"
        await self._device("DeleteUsers", step, content)
        if any(one.name == user for one in await self.accounts()):
            raise BadReply(f"{self._api.http.name}, {step}: the camera said yes and still has {user[:60]}")

    async def switch_off(self) -> tuple[Setting, ...]:
        return await self.switches.switch_off(_STAND_BY)

    async def upload_firmware(self, image: Path) -> None:
        """The camera names an address for it, to be used after a while: `StartFirmwareUpgrade`."""
        step = "sending it firmware"
        upload = _Image(file=firmware.look_at(image, _ENDINGS))
        got = await self._device("StartFirmwareUpgrade", step)
        address = onvif_services.uri(got.content.said("UploadUri"))
        if not address:
            raise BadReply(f"{self._api.http.name}, {step}: the camera does not say where to send it")
        delay = _DURATION.fullmatch(got.content.said("UploadDelay"))
        await asyncio.sleep(min(_MAX_DELAY_S, float(delay[1])) if delay else 0)
        await self._api.upload(address, upload, step=step, timeout_s=_UPLOAD_S)

    async def network(self) -> Network:
        step = "reading its network settings"
        _, found, _ = await self._stand(step)
        return found

    async def _stand(self, step: str) -> tuple[Wire, Network, Element | None]:
        """Return the interface we reach, how it stands in the network, and the camera's doors as it tells them."""
        interfaces = (await self._device("GetNetworkInterfaces", step)).content
        gateway, dns, doors = [
            await self._or_none(operation, step) for operation in ("GetNetworkDefaultGateway", "GetDNS", "GetNetworkProtocols")
        ]
        with self._api.http.named(step):
            wire = onvif_network.wire(interfaces, self._api.access.host)
            return wire, onvif_network.network(wire, gateway=gateway, dns=dns, doors=doors), doors

    async def _or_none(self, operation: str, step: str) -> Element | None:
        try:
            return (await self._device(operation, step)).content
        except (Unsupported, BadReply):
            return None

    async def write_network(self, change: NetworkChange, wanted: Network) -> None:
        """Send what `change` asks for. Some cameras say that they follow it after a restart only."""
        step = "changing its network"
        access = self._api.access
        wire, now, doors = await self._stand(step)
        ours = now.https_port if access.tls else now.http_port
        if (change.https_port if access.tls else change.http_port) and ours != access.port:
            raise Unsupported(
                f"{self._api.http.name}, {step}: we come in by port {access.port}, which is not that of its web page"
            )
        with self._api.http.named(step):
            writing = onvif_network.writing(change, wanted, wire, doors)
        for operation, content in writing:
            got = await self._device(operation, step, content)
            if onvif_reply.is_true(got.content.said("RebootNeeded")):
                await self._device("SystemReboot", step)
