"""F16: the MQTT broker dies, restarts and keeps garbage, the line to it is cut; a service behind Apprise hangs."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
import warnings
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from hearthwatch.alerts.apprise import AppriseChannel, open_apprise
from hearthwatch.alerts.options import WebhookOptions
from hearthwatch.alerts.webhook import WebhookChannel
from hearthwatch.arming.arming import Mode
from tests.alerts.house import House as AlertHouse
from tests.devices.mosquitto import Mosquitto
from tests.devices.mqtt_listener import Listener
from tests.devices.webhook_sink import WebhookSink
from tests.faults.fault import Fault, Outcome, Terms
from tests.faults.scripted_proxy import ScriptedProxy
from tests.faults.sinks import Arrived, courier, doubled, let_pass, lost, quiet, title
from tests.run.mqtt_house import House

_KINDS = ("broker killed", "Apprise hangs", "broker restarted", "line cut", "Apprise drips")
_STATUS, _PANEL = "hearthwatch/status", "hearthwatch/panel"
_GARBAGE = {
    "hearthwatch/set/mode": b"DISARM",
    "hearthwatch/set/telling": b"OFF",
    "hearthwatch/set/camera/front/snooze": b"\xff\xfe" * 40,
    _PANEL: b"\x00 no mode at all",
    _STATUS: b"\xc3\x28",
    "hearthwatch/camera/front/online": b"{" * 2000,
    "homeassistant/alarm_control_panel/hearthwatch/alarm/config": b"[1, 2",
}
_TEXT = "[mqtt]\ncommands = true\npictures = true\n"
_HANG_S = 0.3
"""Instead of 30 s of real time for one try."""


@dataclass(slots=True)
class Place:
    """Where the house finds its broker: at our end of the line."""

    host: str
    port: int


async def run(terms: Terms) -> Outcome:
    kind = _KINDS[terms.number % len(_KINDS)]
    with quiet():
        if kind.startswith("Apprise"):
            return await _apprise(terms, kind)
        return await _broker(terms, kind)


async def _broker(terms: Terms, kind: str) -> Outcome:
    rng = terms.random
    folder = terms.folder / "broker"
    folder.mkdir()
    users = {"house": "sesame", "ha": "open"}
    with Mosquitto(folder, users=users, keeps=rng.random() < 0.5) as broker:
        line = ScriptedProxy(broker.host, broker.port)
        await line.up()
        try:
            async with House(terms.folder, Place("127.0.0.1", line.own_port), _TEXT) as house:  # type: ignore[arg-type]
                return await _gone_and_back(terms, kind, broker, line, house)
        finally:
            await line.down()


async def _gone_and_back(terms: Terms, kind: str, broker: Mosquitto, line: ScriptedProxy, house: House) -> Outcome:
    rng = terms.random
    wanted = list(range(1 + rng.randint(1, 8)))
    told: list[tuple[str, bytes]] = []
    broken: list[str] = []
    async with Listener(broker, "ha", "open") as seen:
        await seen.until_kept(_STATUS, b"online")
        await house.alert(title(0))
        await seen.until(lambda seen: _alerts(seen.heard))
        if kind == "broker killed":
            broker.kill()
        elif kind == "broker restarted":
            broker.stop()
        await line.down()
        if kind == "line cut":
            await seen.until_kept(_STATUS, b"offline")  # the last will
        for number in wanted[1:]:
            await house.alert(title(number))
        house.actions.arming.state = replace(house.actions.arming.state, mode=Mode.AWAY)
        await asyncio.sleep(rng.uniform(0, 1.5))
        told += seen.heard
    if kind != "line cut":
        broker.start()
    async with Listener(broker, "ha", "open") as seen:
        for topic, payload in _GARBAGE.items():
            await seen.say(topic, payload, retain=True)
        await seen.until(lambda seen: _GARBAGE.keys() <= seen.kept.keys())
        await line.up()
        back_s = time.monotonic()
        await seen.until_kept(_PANEL, b"armed_away")
        await seen.until_kept(_STATUS, b"online")
        state_age_s = time.monotonic() - back_s
        await seen.until(lambda seen: set(wanted[1:]) <= set(Arrived(_alerts(seen.heard)).counted))
        drained_s = time.monotonic() - back_s
        panel = "homeassistant/alarm_control_panel/hearthwatch/alarm/config"
        await seen.until(lambda seen: b"command_topic" in seen.kept.get(panel, b""))
        told += seen.heard
    came = Arrived(_alerts(told))
    broken += came.faults(wanted, doubles=1, way="MQTT")
    if doubled(came) > 1:
        broken.append(f"{doubled(came)} came again after one cut")
    if house.actions.arming.asked:
        broken.append(f"a command the broker had kept was obeyed: {house.actions.arming.asked}")
    return Outcome(
        figures={
            "lost_alerts": lost(came, wanted),
            "doubled_messages": doubled(came),
            "state_age_s": state_age_s,
            "drained_s": drained_s,
        },
        broken=tuple(broken),
        notes={"failure": kind},
    )


def _alerts(heard: list[tuple[str, bytes]]) -> list[str]:
    found: list[dict[str, Any]] = [json.loads(payload) for topic, payload in heard if topic == "hearthwatch/alert"]
    return [f"{one['title']}{' Sent again' * one['repeat']}" for one in found]


@dataclass(slots=True)
class Service:
    """A service as Apprise's `json://` meets it. `mode`: `silent` takes a message and says nothing, `drips` says it for ever."""

    mode: str = "well"
    healed: asyncio.Event = field(default_factory=asyncio.Event)
    taken: list[str] | None = None

    def heal(self) -> None:
        self.mode = "well"
        self.healed.set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            head = await reader.readuntil(b"\r\n\r\n")
            sizes = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
            body = await reader.readexactly(int(sizes[0].split(b":")[1]))
            if self.mode == "silent":
                await self.healed.wait()
            elif self.mode == "drips":
                writer.write(b"HTTP/1.1 200 OK\r\n")
                while self.mode == "drips":
                    writer.write(b"X-A: a\r\n")
                    await writer.drain()
                    await asyncio.sleep(0.05)
            else:
                fields = json.loads(body)
                assert self.taken is not None
                self.taken.append(f"{fields['title']}\n{fields['message']}")
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
                await writer.drain()
        writer.close()


@dataclass(slots=True)
class Services:
    service: Service
    channel: AppriseChannel
    sink: WebhookSink


@asynccontextmanager
async def services() -> AsyncIterator[Services]:
    service, sink = Service(taken=[]), WebhookSink()
    server = await asyncio.start_server(service.serve, "127.0.0.1", 0)
    await sink.start()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of a plug-in Apprise loads
        channel = await open_apprise(f"json://127.0.0.1:{server.sockets[0].getsockname()[1]}/x")
    try:
        yield Services(service, channel, sink)
    finally:
        service.heal()
        await channel.close()
        await sink.stop()
        server.close()
        await server.wait_closed()


async def _apprise(terms: Terms, kind: str) -> Outcome:
    rng, both = terms.random, await terms.shared.once(services)
    service, sink = both.service, both.sink
    assert service.taken is not None
    service.taken.clear()
    sink.got.clear()
    service.healed = asyncio.Event()
    service.mode = "silent" if kind == "Apprise hangs" else "drips"
    house = AlertHouse(terms.folder)
    await house.start("apprise", "webhook")
    hook = WebhookChannel(WebhookOptions(url=sink.url), "")
    couriers = [courier(house, both.channel, rng), courier(house, hook, rng)]
    couriers[0]._text.limit_s = _HANG_S
    wanted = list(range(4))
    broken: list[str] = []
    try:
        for number in wanted:
            await house.tell(title=title(number), dedupe_key=f"cause/{number}")
            await couriers[1].step_text()
            if len(sink.got) != number + 1:
                broken.append("another way waited for the one that hangs")
            await let_pass(house, couriers, rng.uniform(1, 200))
        service.heal()
        while any(thread.is_alive() for thread in both.channel._hung):  # noqa: ASYNC110 the house's clock stands still here
            await asyncio.sleep(0.02)
        couriers[0]._text.limit_s = 10.0
        drained_s = await let_pass(house, couriers, 1200.0)
    finally:
        service.heal()
        await hook.close()
        house.close()
    came = Arrived(list(service.taken))
    broken += came.faults(wanted, way="Apprise")
    if drained_s > 420:
        broken.append(f"{drained_s:.0f} s after the service was well an alert still waited")
    return Outcome(
        figures={"lost_alerts": lost(came, wanted), "doubled_messages": doubled(came), "apprise_drained_s": drained_s},
        broken=tuple(broken),
        notes={"failure": kind},
    )


FAULT = Fault(
    id="F16",
    what="The MQTT broker is killed, restarted, or cut off, with garbage retained on every topic; a service behind Apprise hangs or drips",
    promise="P6",
    short=2,
    full=50,
    trial=run,
    limit_s=120.0,
)
