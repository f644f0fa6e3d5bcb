"""What can be read and put right in an ONVIF camera: accounts, settings, services, clock. Everything written is read back."""

from __future__ import annotations

import contextlib
import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from hearthwatch.kit.clock import Clock
from hearthwatch.kit.errors import BadReply, Unreachable, Unsupported
from hearthwatch.kit.secrets import Secret
from hearthwatch.kit.units import US_PER_S, to_datetime
from hearthwatch.vendors import onvif_reply, onvif_settings
from hearthwatch.vendors.capability import Service
from hearthwatch.vendors.device import Access, Account, ClockReading, Setting
from hearthwatch.vendors.onvif_api import Command, OnvifApi
from hearthwatch.vendors.onvif_reply import DateAndTime
from hearthwatch.vendors.onvif_settings import SECTIONS, Section
from hearthwatch.vendors.onvif_soap import Answer, Ns
from hearthwatch.vendors.onvif_xml import quoted

_PROTOCOLS: Mapping[Service, str] = MappingProxyType({Service.HTTP: "HTTP", Service.HTTPS: "HTTPS", Service.RTSP: "RTSP"})
_SETTABLE_US = 5 * US_PER_S


class OnvifCare:
    """The part of OnvifCamera that changes things."""

    def __init__(self, api: OnvifApi, access: Access, *, clock: Clock, rng: random.Random, timeout_s: float) -> None:
        self._api = api
        self._access = access
        self._clock = clock
        self._rng = rng
        self._timeout_s = timeout_s

    async def _device(self, operation: str, step: str, content: str = "") -> Answer:
        return await self._api.call(Command(service=Ns.DEVICE, operation=operation, content=content, step=step))

    async def accounts(self) -> tuple[Account, ...]:
        step = "reading the accounts"
        got = await self._device("GetUsers", step)
        with self._api.http.named(step):
            return onvif_reply.accounts(got.content)

    async def settings(self) -> tuple[Setting, ...]:
        """Return what the camera tells of `SECTIONS`, sorted by key. Raises Unsupported when that is nothing."""
        found: dict[str, Setting] = {}
        for section in SECTIONS:
            with contextlib.suppress(Unsupported, BadReply):
                found |= {one.key: one for one in await self._section(section)}
        if not found:
            raise Unsupported(f"{self._api.http.name}: the camera tells none of its settings by ONVIF")
        return tuple(sorted(found.values(), key=lambda setting: setting.key))

    async def _section(self, section: Section) -> tuple[Setting, ...]:
        step = f"reading the settings {section.top}"
        got = await self._api.call(Command(service=section.service, operation=section.operation, step=step))
        with self._api.http.named(step):
            return onvif_settings.section_settings(section, got)

    async def _now(self, tops: set[str]) -> dict[str, str]:
        return {one.key: one.value for section in SECTIONS if section.top in tops for one in await self._section(section)}

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

    @property
    def services(self) -> frozenset[Service]:
        return frozenset(_PROTOCOLS)

    async def is_on(self, service: Service) -> bool:
        protocol = self._protocol(service)
        step = "reading its protocols"
        got = await self._device("GetNetworkProtocols", step)
        with self._api.http.named(step):
            found = next((one for one in onvif_reply.protocols(got.content) if one.name.upper() == protocol), None)
            if found is None:
                raise Unsupported(f"the camera has no {protocol}")
            return found.is_enabled

    async def switch(self, service: Service, *, on: bool) -> None:
        protocol = self._protocol(service)
        if not on and service is (Service.HTTPS if self._access.tls else Service.HTTP):
            raise Unsupported(f"{self._api.http.name}: without {protocol} we could not reach it any more")
        await self.set([Setting(key=f"NetworkProtocols.{protocol}.Enabled", value="true" if on else "false", is_secret=False)])

    def _protocol(self, service: Service) -> str:
        if service not in _PROTOCOLS:
            raise Unsupported(f"{self._api.http.name}: {service} cannot be switched by ONVIF: use the camera's own page")
        return _PROTOCOLS[service]

    async def change_password(self, user: str, new: Secret) -> None:
        """Verified by asking with it what the camera is; if that fails, the old one of our own account stays in use."""
        step = "changing a password"
        account = next((one for one in await self.accounts() if one.name == user), None)
        if account is None:
            raise Unsupported(f"{self._api.http.name}: the camera has no ONVIF account {user[:60]}")
        with self._api.http.named(step):
            level = f"<tt:UserLevel>{quoted(account.group)}</tt:UserLevel>"
            content = f"<tt:Username>{quoted(user)}</tt:Username><tt:Password>{quoted(new.reveal())}</tt:Password>{level}"
        with contextlib.suppress(Unreachable):  # the answer got lost: whether it was done, the log-in tells
            await self._device("SetUser", step, f"<User>{content}</User>")
        await self._try(user, new)
        if user == self._access.user:
            self._api.use_password(new)

    async def _try(self, user: str, password: Secret) -> None:
        access = replace(self._access, user=user, password=password)
        api = OnvifApi(access, clock=self._clock, rng=self._rng, timeout_s=self._timeout_s, feed_timeout_s=self._timeout_s)
        try:
            await api.call(Command(service=Ns.DEVICE, operation="GetDeviceInformation", step="trying the new password"))
        finally:
            await api.close()

    async def remove_account(self, user: str) -> None:
        if user == self._access.user:
            raise Unsupported(f"{self._api.http.name}: {user} is our own account")
        step = "removing an account"
        with self._api.http.named(step):
            content = f"<Username>{quoted(user)}</Username>"
        await self._device("DeleteUsers", step, content)
        if any(one.name == user for one in await self.accounts()):
            raise BadReply(f"{self._api.http.name}, {step}: the camera said yes and still has {user[:60]}")
