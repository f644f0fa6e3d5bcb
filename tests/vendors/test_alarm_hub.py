"""One stream for all who listen: opened again, and what ended meanwhile is told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field

import pytest
from tests.run.leaping_loop import LeapingLoop

from hearthwatch.kit.clock import FakeClock
from hearthwatch.kit.errors import Unreachable
from hearthwatch.kit.units import CameraId
from hearthwatch.vendors.alarm_hub import AlarmHub
from hearthwatch.vendors.device import Access, AlarmKind, AlarmPhase, AlarmSignal

FRONT = CameraId("front")


def signal(phase: AlarmPhase, code: str = "VideoMotion", channel: int = 0) -> AlarmSignal:
    return AlarmSignal(kind=AlarmKind.MOTION, code=code, phase=phase, channel=channel)


@dataclass
class Camera:
    """A client whose streams are scripted, each a list that ends in a break, and its keeper."""

    scripts: list[list[AlarmSignal]]
    on: dict[str, tuple[int, ...]] = field(default_factory=dict)
    opened: int = 0
    stay: bool = True
    the_access: Access = field(default_factory=lambda: Access(camera=FRONT, host="front.home", port=80))

    cameras = (FRONT,)

    def access(self, camera: CameraId) -> Access:
        return self.the_access

    async def client(self, camera: CameraId):
        return self

    async def alarms(self) -> AsyncGenerator[AlarmSignal]:
        self.opened += 1
        script = self.scripts.pop(0) if self.scripts else []
        for one in script:
            yield one
        if not self.scripts and self.stay:
            await asyncio.Event().wait()
        raise Unreachable("the stream broke")

    async def active(self, code: str) -> tuple[int, ...]:
        return self.on.get(code, ())


@dataclass
class Listener:
    heard: list[AlarmSignal] = field(default_factory=list)
    wanted: bool = True

    def wants(self, camera: CameraId, client: object) -> bool:
        return self.wanted

    def hear(self, camera: CameraId, signal: AlarmSignal) -> None:
        self.heard.append(signal)


def run(camera: Camera, *listeners: Listener, seconds: float = 100.0, renew_at_s: float | None = None) -> None:
    async def listen() -> None:
        hub = AlarmHub(camera, clock=FakeClock())
        for listener in listeners:
            hub.listen(listener)
        task = asyncio.create_task(hub.run())
        if renew_at_s is not None:
            await asyncio.sleep(renew_at_s)
            for listener in listeners:
                listener.wanted = True
            hub.renew()
        await asyncio.sleep(seconds)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    loop = LeapingLoop()
    try:
        loop.run_until_complete(listen())
    finally:
        loop.close()


def test_one_stream_serves_all() -> None:
    camera = Camera([[signal(AlarmPhase.START), signal(AlarmPhase.STOP)]])
    first, second = Listener(), Listener(wanted=False)
    run(camera, first, second)
    assert camera.opened == 1
    assert [one.phase for one in first.heard] == [AlarmPhase.START, AlarmPhase.STOP]
    assert second.heard == first.heard


def test_a_stream_that_breaks_is_opened_again_and_what_ended_is_told() -> None:
    camera = Camera([[signal(AlarmPhase.START), signal(AlarmPhase.START, channel=1)], []], on={"VideoMotion": (1,)})
    listener = Listener()
    run(camera, listener)
    assert camera.opened == 2
    assert [(one.phase, one.channel) for one in listener.heard] == [
        (AlarmPhase.START, 0),
        (AlarmPhase.START, 1),
        (AlarmPhase.STOP, 0),
        (AlarmPhase.STATE, 1),
        (AlarmPhase.STATE, 1),
    ]


def test_an_end_that_got_lost_is_found_out() -> None:
    camera = Camera([[signal(AlarmPhase.START)]])
    listener = Listener()
    run(camera, listener)
    assert camera.opened == 1
    assert [one.phase for one in listener.heard] == [AlarmPhase.START, AlarmPhase.STOP]


def test_what_nobody_wants_is_not_opened_until_somebody_does() -> None:
    camera = Camera([[signal(AlarmPhase.PULSE)]])
    listener = Listener(wanted=False)
    run(camera, listener)
    assert camera.opened == 0
    run(camera, listener, renew_at_s=50.0)
    assert camera.opened == 1
