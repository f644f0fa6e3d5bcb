"""The client of Reolink cameras: their JSON API, one log-in, one batch after the other.

Without TLS the password of the log-in goes over the network readable: `Access.tls` is the rule, the cameras ship with HTTPS on.
There is no log of log-ins: who came and went between two looks at `sessions` stays unseen.
"""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager

from hearthwatch.kit.clock import Clock
from hearthwatch.kit.units import WallUs
from hearthwatch.vendors import reolink_alarm, reolink_config, reolink_media, reolink_reply
from hearthwatch.vendors.capability import Output, PtzMove, Reach
from hearthwatch.vendors.card import CardClip
from hearthwatch.vendors.device import (
    Access,
    Account,
    ClockReading,
    DeviceIdentity,
    Session,
    Setting,
    VideoStream,
)
from hearthwatch.vendors.mendable import Mendable
from hearthwatch.vendors.polled_alarms import Polled, PolledFeed
from hearthwatch.vendors.reolink_api import Command, ReolinkApi
from hearthwatch.vendors.reolink_card import ReolinkCard
from hearthwatch.vendors.reolink_fixes import ReolinkFixes
from hearthwatch.vendors.reolink_head import ReolinkHead
from hearthwatch.vendors.reolink_outputs import ReolinkOutputs
from hearthwatch.vendors.reolink_reply import Answer, Values, value_of
from hearthwatch.vendors.reolink_settings import ReolinkSettings
from hearthwatch.vendors.set_clock import check_set
from hearthwatch.vendors.switches import Switches
from hearthwatch.vendors.way_in import Mover


class ReolinkCamera(Mendable, Polled):
    """One camera or recorder: every capability but LoginLog, SystemLog, AccountRename and Firewall, which its API has not.

    `close` it: it logs out. `settle_s` passes between two attempts to find it again after its address changed.
    """

    _fixes: ReolinkFixes

    def __init__(
        self,
        access: Access,
        *,
        clock: Clock,
        rng: random.Random,
        timeout_s: float = 10.0,
        poll_s: float = 1.5,
        settle_s: float = 3.0,
    ) -> None:
        self._api = ReolinkApi(access, clock=clock, rng=rng, timeout_s=timeout_s)
        self._card = ReolinkCard(self._api)
        self._http = self._api.http
        self._settings = ReolinkSettings(self._api)
        self._feed = PolledFeed(self._states, reolink_alarm.signal, poll_s)
        self._has_events = True
        self._channels: int | None = None
        self._fixes = ReolinkFixes(self._api, clock=clock, rng=rng)
        self._outputs = ReolinkOutputs(self._api)
        self._head = ReolinkHead(self._api)
        self._mover = Mover(self._http, identity=self.identity, network=self.network, settle_s=settle_s)
        self._switches = Switches(
            reolink_config.SWITCHES, access=lambda: self._http.access, read=self._settings.section, write=self.set
        )

    async def close(self) -> None:
        await self._api.close()

    async def clock(self) -> ClockReading:
        """See DeviceInfo."""
        return await self._api.clock()

    async def identity(self) -> DeviceIdentity:
        """See DeviceInfo."""
        step = "asking what it is"
        info, link = await self._api.ask([Command(name="GetDevInfo"), Command(name="GetLocalLink")], step)
        with self._http.named(step):
            return reolink_reply.identity(value_of(info, step), link.value)

    async def sessions(self) -> tuple[Session, ...]:
        """See Sessions. Takes an administrator; our own log-in is among them."""
        return await self._fixes.sessions()

    async def end_session(self, session: Session) -> None:
        """See SessionControl."""
        await self._fixes.end_session(session)

    async def accounts(self) -> tuple[Account, ...]:
        """See Accounts."""
        return await self._fixes.accounts()

    async def settings(self) -> tuple[Setting, ...]:
        """See ConfigExport. There is no backup document: everything known by name."""
        return await self._settings.read(await self._channel_count())

    async def set(self, settings: Sequence[Setting]) -> None:
        """See ConfigImport. Secret values are written but not compared: cameras answer those masked."""
        await self._settings.write(settings)

    async def _states(self) -> list[frozenset[str]]:
        """Return what is on, for each channel. Firmware without `GetEvents` is asked in the older way from then on."""
        step = "asking what it sees"
        channels = range(await self._channel_count())
        if self._has_events:
            found = await self._api.ask([Command(name="GetEvents", param={"channel": one}) for one in channels], step)
            if not all(one.is_lacking for one in found):
                with self._http.named(step):
                    return [_on(one, step, reolink_alarm.event_states) for one in found]
            self._has_events = False
        pairs = [Command(name=name, param={"channel": one}) for one in channels for name in ("GetMdState", "GetAiState")]
        answers = await self._api.ask(pairs, step)
        with self._http.named(step):
            return [
                _on(motion, step, reolink_alarm.motion_state) | _on(seen, step, reolink_alarm.ai_states)
                for motion, seen in zip(answers[::2], answers[1::2], strict=True)
            ]

    async def _channel_count(self) -> int:
        if self._channels is None:
            self._channels = reolink_reply.channels(await self._api.value(Command(name="GetDevInfo"), "asking what it is"))
        return self._channels

    async def snapshot(self, channel: int = 0) -> bytes:
        """See Snapshot."""
        return await self._api.picture(channel)

    async def streams(self, channel: int = 0) -> tuple[VideoStream, ...]:
        """See Streams."""
        step = "reading the streams"
        param = {"channel": channel}
        commands = [Command(name="GetEnc", param=param), Command(name="GetRtspUrl", param=param), Command(name="GetNetPort")]
        encode, urls, ports = await self._api.ask(commands, step)
        host = f"[{self._http.access.host}]" if ":" in self._http.access.host else self._http.access.host
        with self._http.named(step):
            return reolink_media.streams(value_of(encode, step), urls.value, ports.value, channel, host)

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
        """See StandBy. The lens has no cover that the API closes: pictures are given to nobody but by the vendor's own app."""
        return await self._switches.switch_off(reolink_config.STAND_BY)

    async def drive(self, output: Output, *, on: bool, number: int = 0) -> float | None:
        """See Outputs."""
        return await self._outputs.drive(output, on=on, number=number)

    async def set_clock(self) -> ClockReading:
        """See ClockControl."""
        await self._fixes.set_clock()
        return check_set(await self.clock(), self._http.name)

    async def use_ntp(self, server: str) -> None:
        """See ClockControl."""
        pairs = {"Ntp.server": server, "Ntp.enable": "1"}
        await self.set([Setting(key=key, value=value, is_secret=False) for key, value in pairs.items()])


def _on(answer: Answer, step: str, parse: Callable[[Values], frozenset[str]]) -> frozenset[str]:
    """A channel of a recorder without a camera, or a camera without such a detector, has nothing on."""
    return frozenset() if answer.is_lacking else parse(value_of(answer, step))
