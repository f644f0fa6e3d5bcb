"""Repairs of the device itself: power, services, clock, settings, network, firmware."""

from __future__ import annotations

import asyncio
import json

from hearthwatch.audit import power
from hearthwatch.audit.house import Keyring, LastGood, Premises
from hearthwatch.audit.possible import network_change, no_way
from hearthwatch.audit.remedy import SERVICE_WORDS, Remedy, RemedyKind
from hearthwatch.audit.remedy_words import service_of
from hearthwatch.audit.restart import Restart
from hearthwatch.audit.result import Result
from hearthwatch.kit.errors import BadReply, Unsupported
from hearthwatch.kit.secrets import Secret
from hearthwatch.kit.units import US_PER_S, CameraId
from hearthwatch.vendors.capability import ClockControl, ConfigImport, Doorkeeper, Fix, NetworkControl, StandBy
from hearthwatch.vendors.device import Access, Setting

_QUARTER_US = 15 * 60 * US_PER_S
_CLOCK_OFF_US = 5 * US_PER_S


class DeviceRepairs:
    """Each method does one kind of remedy; see `Repairs.do`."""

    def __init__(
        self, doorkeeper: Doorkeeper, keyring: Keyring, premises: Premises, restart: Restart, last_good: LastGood | None
    ) -> None:
        self._doorkeeper = doorkeeper
        self._keyring = keyring
        self._premises = premises
        self._restart = restart
        self._last_good = last_good

    async def reboot(self, remedy: Remedy) -> Result:
        client = await self._doorkeeper.client(remedy.camera)
        if not isinstance(client, Fix):
            raise no_way(remedy, client)
        await client.reboot()
        back = await self._restart.wait(remedy.camera)
        if back:
            return Result(text="The camera was restarted and answers again.", verified=True)
        return Result(text="The camera was asked to restart; it was not seen to go and come back yet.", verified=False)

    async def switch_off(self, remedy: Remedy) -> Result:
        camera = remedy.camera
        options = self._premises.power(camera)
        if options.off_url:
            await power.press(options.off_url, options.off_body, await self._authorization(camera))
            if await self._restart.is_gone(camera):
                return Result(text="The power is off and the camera answers no more.", verified=True)
            raise BadReply("the power switch said yes, but the camera still answers: is it the right plug or port?")
        client = await self._doorkeeper.client(camera)
        if not isinstance(client, StandBy):
            raise no_way(remedy, client)
        before = await client.switch_off()
        await self._keep(camera, before)
        return Result(
            text="The camera has no power switch that Hearthwatch knows; its picture and its services were stopped instead.",
            verified=True,
        )

    async def switch_on(self, remedy: Remedy) -> Result:
        camera = remedy.camera
        options = self._premises.power(camera)
        if options.on_url:
            await power.press(options.on_url, options.on_body, await self._authorization(camera))
            back = await self._restart.is_back(camera)
            text = "The power is on and the camera answers." if back else "The power is on; the camera does not answer yet."
            return Result(text=text, verified=back)
        client = await self._doorkeeper.client(camera)
        if not isinstance(client, ConfigImport):
            raise no_way(remedy, client)
        kept = await asyncio.to_thread(self._keyring.get, _stand_by(camera))
        if kept is None:
            raise Unsupported("Hearthwatch did not switch this camera off, so it does not know what to switch on again")
        settings = [Setting(key=key, value=value, is_secret=secret) for key, value, secret in json.loads(kept.reveal())]
        await client.set(settings)
        await asyncio.to_thread(self._keyring.change, {_stand_by(camera): None})
        return Result(text="The picture and the services are as they were before.", verified=True)

    async def _keep(self, camera: CameraId, before: tuple[Setting, ...]) -> None:
        """What it was before, sealed; a second switching off does not forget what the first one found."""
        if before and await asyncio.to_thread(self._keyring.get, _stand_by(camera)) is None:
            text = json.dumps([[one.key, one.value, one.is_secret] for one in before])
            await asyncio.to_thread(self._keyring.change, {_stand_by(camera): text})

    async def _authorization(self, camera: CameraId) -> Secret | None:
        return await asyncio.to_thread(self._keyring.get, f"camera.{camera}.power.authorization")

    async def switch_service(self, remedy: Remedy) -> Result:
        service, on = service_of(remedy), remedy.kind is RemedyKind.SERVICE_ON
        client = await self._doorkeeper.client(remedy.camera)
        if not isinstance(client, Fix):
            raise no_way(remedy, client)
        if service not in client.services:
            raise no_way(remedy, client)
        await client.switch(service, on=on)
        state = "on" if on else "off"
        try:
            is_on = await client.is_on(service)
        except Unsupported:
            return Result(text=f"Switched {state}: {SERVICE_WORDS[service]}. The camera does not tell.", verified=False)
        if is_on is not on:
            raise BadReply(f"the camera said yes, but {SERVICE_WORDS[service]} is not {state}")
        return Result(text=f"Switched {state}: {SERVICE_WORDS[service]}.", verified=True)

    async def set_clock(self, remedy: Remedy) -> Result:
        client = await self._doorkeeper.client(remedy.camera)
        if not isinstance(client, ClockControl):
            raise no_way(remedy, client)
        reading = await client.set_clock()
        off_us = (
            reading.ahead_us + _QUARTER_US // 2
        ) % _QUARTER_US - _QUARTER_US // 2  # time zones are whole quarters of an hour
        if abs(off_us) > _CLOCK_OFF_US + reading.error_us:
            raise BadReply(f"the camera's clock is still {abs(off_us) / US_PER_S:.0f} s off")
        return Result(text="The camera's clock is right.", verified=True)

    async def use_ntp(self, remedy: Remedy) -> Result:
        client = await self._doorkeeper.client(remedy.camera)
        if not isinstance(client, ClockControl):
            raise no_way(remedy, client)
        server = remedy.value
        if not server or not all(char.isalnum() or char in ".-:" for char in server) or not server.isascii():
            raise Unsupported("say which time server, for example pool.ntp.org or the address of your router")
        await client.use_ntp(server)
        return Result(text=f"The camera sets its clock by {server}.", verified=True)

    async def restore(self, remedy: Remedy) -> Result:
        if self._last_good is None:
            raise Unsupported("no settings of this camera are kept")
        client = await self._doorkeeper.client(remedy.camera)
        if not isinstance(client, ConfigImport):
            raise no_way(remedy, client)
        text = await self._last_good.restore(remedy.camera, remedy.subject)
        return Result(text=f"{text[:1].upper()}{text[1:].rstrip('.')}.", verified=True)

    async def change_network(self, remedy: Remedy) -> Result:
        change = network_change(remedy.value)
        client = await self._doorkeeper.client(remedy.camera)
        if not isinstance(client, NetworkControl):
            raise no_way(remedy, client)
        before = self._premises.access(remedy.camera)
        after = await client.change_network(change)
        if change.is_dhcp:
            return Result(
                text="The camera gets its address from your router now; Hearthwatch looks for it by its number (MAC).",
                verified=False,
            )
        return await self.moved(remedy, before, after)

    async def moved(self, remedy: Remedy, before: Access, after: Access) -> Result:
        await self._premises.follow(remedy.camera, before, after, network_change(remedy.value))
        await self._premises.take_over()
        where = f"{after.host} port {after.port}" if after.port else after.host
        return Result(text=f"The camera's network was changed; Hearthwatch reaches it at {where} and follows.", verified=True)

    async def upload_firmware(self, remedy: Remedy) -> Result:
        before, after = await self._restart.upload(remedy.camera, remedy.subject)
        if before == after:
            return Result(text=f"The camera restarted, but still says firmware {after or 'unknown'}.", verified=False)
        return Result(text=f"The camera has firmware {after} now; it was {before or 'unknown'}.", verified=True)


def _stand_by(camera: CameraId) -> str:
    return f"camera.{camera}.standby"
