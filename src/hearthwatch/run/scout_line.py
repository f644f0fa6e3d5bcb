"""The house's end of its link to the scout: a probe like the others, with signs that come by themselves."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Sequence
from itertools import count
from typing import Any

from hearthwatch.health.outage import Fault, HealthSink
from hearthwatch.kit.channel import Channel
from hearthwatch.kit.clock import Clock
from hearthwatch.kit.errors import Unreachable
from hearthwatch.kit.units import NS_PER_S, MonoNs, WallUs
from hearthwatch.presence.presence import Asked, Device, DeviceId, Sighting
from hearthwatch.run.messages import Noticed, Scan, Scanned, ScoutState, ScoutToHouse
from hearthwatch.run.taps import listen

_ANSWER_S = 60.0
_REPLACE_S = 60.0
_SUBJECT = "scout"


class ScoutLine:
    """Implements Probe. Used on the house's loop; without a scout it asks nobody."""

    def __init__(
        self,
        *,
        hear: Callable[[Sighting], None],
        hint: Callable[[bytes, str], None],
        known: Callable[[bytes], Sequence[str]],
        places: Callable[[], tuple[Sequence[str], str]],
        replace: Callable[[], None],
        health: HealthSink,
        clock: Clock,
    ) -> None:
        """`hear` takes signs, `hint` where a device was found, and `known` says where it was before. `places` returns every
        address of the network the scout asks in, and ours in it; `replace` asks for a new scout."""
        self._loop = asyncio.get_event_loop()
        self._hear, self._hint, self._known, self._places = hear, hint, known, places
        self._replace = replace
        self._health = health
        self._clock = clock
        self._channel: Channel[Any] | None = None
        self._tokens = count(1)
        self._waiting: dict[int, asyncio.Future[None]] = {}
        self._macs: dict[DeviceId, bytes] = {}
        self._told_ns: MonoNs | None = None
        self._asks_by_arp = False
        self.state: ScoutState | None = None

    def renew(self, devices: Sequence[Device], *, asks_by_arp: bool, is_wanted: bool) -> None:
        """Go on with these devices."""
        self._macs = {device.id: device.mac.packed for device in devices if device.mac is not None}
        self._asks_by_arp = asks_by_arp
        if not is_wanted:
            self.state = None
            self._health.recovered(Fault.SCOUT_DEAF, _SUBJECT)

    def connect(self, channel: Channel[Any]) -> None:
        """Use `channel` from now on."""
        old, self._channel = self._channel, channel
        if old is not None:
            old.close()
        self._loop.call_soon_threadsafe(self._give_up)
        listen("scout", channel, self._receive)

    @staticmethod
    def decodes() -> object:
        """The message types this end takes."""
        return ScoutToHouse

    def _give_up(self) -> None:
        for waiting in self._waiting.values():
            if not waiting.done():
                waiting.set_exception(Unreachable("the scout was started anew"))

    def _receive(self, message: Noticed | Scanned | ScoutState) -> None:
        self._loop.call_soon_threadsafe(self._take, message)

    def _take(self, message: Noticed | Scanned | ScoutState) -> None:
        match message:
            case Noticed():
                mac = self._macs.get(message.device)
                if mac is not None and message.ip:
                    self._hint(mac, message.ip)
                self._hear(self._sighting(message))
            case Scanned(token=token):
                waiting = self._waiting.pop(token, None)
                if waiting is not None and not waiting.done():
                    waiting.set_result(None)
            case ScoutState():
                self._judge(message)

    def _sighting(self, message: Noticed) -> Sighting:
        age_ns = max(0, self._clock.mono_ns() - message.at_ns)
        at_us = WallUs(self._clock.wall_us() - age_ns // 1000)
        return Sighting(device=message.device, means=message.means, at_ns=message.at_ns, at_us=at_us)

    def _judge(self, state: ScoutState) -> None:
        """What could not be opened is tried once a minute, by a new scout: this one is locked in."""
        self.state = state
        errors = [error for error in (state.arp_error, state.monitor_error, state.ble_error) if error]
        if not errors:
            self._health.recovered(Fault.SCOUT_DEAF, _SUBJECT)
            return
        self._health.failed(Fault.SCOUT_DEAF, _SUBJECT, "; ".join(errors))
        now_ns = self._clock.mono_ns()
        if self._told_ns is None:
            self._told_ns = now_ns
        elif not state.opened and now_ns - self._told_ns > _REPLACE_S * NS_PER_S:
            self._told_ns = now_ns
            self._replace()

    async def look(self, devices: Sequence[Device]) -> Sequence[Sighting]:
        """What the scout notices comes by itself."""
        del devices
        return ()

    async def ask(self, devices: Sequence[Device], thorough: Collection[DeviceId]) -> Asked:
        """See Probe. Whether the network works is the kernel's neighbours' to say: a scout that is deaf holds nobody."""
        channel = self._channel
        if channel is None or not self._asks_by_arp:
            return Asked(sightings=(), asked=frozenset(), alive=True)
        everywhere, own_ip = self._places()
        if own_ip:
            for wanted in (thorough, {device.id for device in devices} - set(thorough)):
                chosen = [device for device in devices if device.id in wanted and device.mac is not None]
                known = dict.fromkeys(ip for one in chosen if one.mac for ip in self._known(one.mac.packed) if ":" not in ip)
                ips = dict.fromkeys((*known, *everywhere)) if wanted is thorough or not known else known
                if chosen:
                    await self._scan(channel, tuple(one.id for one in chosen), tuple(ips), own_ip)
        can_ask = self.state is not None and not self.state.arp_error and bool(own_ip)
        asked = frozenset(device.id for device in devices if device.mac is not None) if can_ask else frozenset[DeviceId]()
        return Asked(sightings=(), asked=asked, alive=True)

    async def _scan(self, channel: Channel[Any], devices: tuple[DeviceId, ...], ips: tuple[str, ...], own_ip: str) -> None:
        token = next(self._tokens)
        waiting = self._waiting[token] = self._loop.create_future()
        try:
            channel.send(Scan(token=token, devices=devices, ips=ips, own_ip=own_ip))
            async with asyncio.timeout(_ANSWER_S):
                await waiting
        except TimeoutError as error:
            raise Unreachable("the scout does not answer") from error
        finally:
            self._waiting.pop(token, None)
