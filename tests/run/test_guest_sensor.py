"""The guest's end: pulses go to the house, the light shows what it says, and pins that fail are told."""

from __future__ import annotations

import queue
import socket
from collections.abc import Callable, Iterator

import pytest

from hearthwatch.feeds.sensor import Active, Light, TriggerOptions
from hearthwatch.kit.channel import Channel
from hearthwatch.kit.clock import SystemClock
from hearthwatch.kit.errors import Unreachable, Unsupported
from hearthwatch.run.guest_sensor import GuestSensor
from hearthwatch.run.sensor_messages import GuestToHouse, HouseToGuest, Pulsed, SensorState, ShowLight, Still, WantStill

WAIT_S = 10


class FakePins:
    """Pins whose sensor the test moves."""

    def __init__(self) -> None:
        self.watching: queue.SimpleQueue[Callable[[bool], None]] = queue.SimpleQueue()
        self.lights: queue.SimpleQueue[Light] = queue.SimpleQueue()
        self.closed = False

    def watch(self, pin: int, *, active_low: bool, changed: Callable[[bool], None]) -> None:
        assert (pin, active_low) == (17, True)
        self.watching.put(changed)

    def show(self, pin: int, light: Light) -> None:
        assert pin == 27
        self.lights.put(light)

    def close(self) -> None:
        self.closed = True


OPTIONS = TriggerOptions(pin=17, active=Active.LOW, led_pin=27, debounce_s=0, warm_up_s=0)


@pytest.fixture
def ends() -> Iterator[tuple[Channel, socket.socket]]:
    ours, theirs = socket.socketpair()
    channel: Channel = Channel(ours, GuestToHouse)
    yield channel, theirs
    channel.close()
    theirs.close()


def test_pulses_and_lights_cross(ends) -> None:
    house, sock = ends
    pins = FakePins()
    guest = GuestSensor(OPTIONS, pins=lambda: pins, still=None, clock=SystemClock())
    changed = pins.watching.get(timeout=WAIT_S)
    assert pins.lights.get(timeout=WAIT_S) is Light.OFF
    guest.connect(Channel(sock, HouseToGuest))
    assert house.receive() == SensorState(error="")
    before_ns = SystemClock().mono_ns()
    changed(True)
    changed(False)
    while isinstance(pulse := house.receive(), SensorState):  # it may say by itself what it was just asked
        assert pulse == SensorState(error="")
    assert isinstance(pulse, Pulsed)
    assert before_ns <= pulse.at_ns <= SystemClock().mono_ns()
    house.send(ShowLight(light=Light.FAST))
    assert pins.lights.get(timeout=WAIT_S) is Light.FAST
    house.send(WantStill(token=3))
    assert house.receive() == Still(token=3, jpeg=b"", error="this camera streams: its pictures come from there")
    guest.close()
    assert pins.closed


def test_pins_that_fail_are_told_to_whoever_listens_later(ends) -> None:
    house, sock = ends
    tried: queue.SimpleQueue[bool] = queue.SimpleQueue()

    def none() -> FakePins:
        tried.put(True)
        raise Unsupported("install hearthwatch[pi]")

    guest = GuestSensor(OPTIONS, pins=none, still=None, clock=SystemClock())
    tried.get(timeout=WAIT_S)
    guest.connect(Channel(sock, HouseToGuest))
    states = [house.receive()]
    if states[0].error == "":
        states.append(house.receive())
    assert states[-1] == SensorState(error="install hearthwatch[pi]")
    guest.close()


def test_stills_come_or_say_why_not(ends) -> None:
    house, sock = ends
    answers = iter([b"jpeg", Unreachable("no camera found")])

    def still(_stop) -> bytes:
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    guest = GuestSensor(None, pins=FakePins, still=still, clock=SystemClock())
    guest.connect(Channel(sock, HouseToGuest))
    assert house.receive() == SensorState(error="")
    house.send(WantStill(token=1))
    assert house.receive() == Still(token=1, jpeg=b"jpeg", error="")
    house.send(WantStill(token=2))
    assert house.receive() == Still(token=2, jpeg=b"", error="no camera found")
    guest.close()
