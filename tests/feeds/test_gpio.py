"""Pins through gpiozero's own mock pins: levels, lights, and what an owner is told of pins that cannot be used."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from gpiozero import Device
from gpiozero.pins.mock import MockFactory

from hearthwatch.feeds.gpio import GpioPins
from hearthwatch.feeds.sensor import Light
from hearthwatch.kit.errors import Unsupported


@pytest.fixture
def factory() -> Iterator[MockFactory]:
    Device.pin_factory = MockFactory()
    yield Device.pin_factory
    Device.pin_factory.reset()
    Device.pin_factory = None


@pytest.mark.parametrize(("active_low", "first"), [(False, True), (True, False)])
def test_a_sensor_tells_when_it_is_active(factory: MockFactory, active_low: bool, first: bool) -> None:
    pins, heard = GpioPins(), []
    pin = factory.pin(17)
    pins.watch(17, active_low=active_low, changed=heard.append)
    assert pin.pull == ("up" if active_low else "down")
    drive = (pin.drive_high, pin.drive_low)
    for move in drive if first else reversed(drive):
        move()
    assert heard == [True, False]
    pins.close()
    pin.drive_high()
    assert heard == [True, False]


def test_a_sensor_that_is_active_already_is_told(factory: MockFactory) -> None:
    pins, heard = GpioPins(), []
    factory.pin(4).drive_high()
    pins.watch(4, active_low=True, changed=heard.append)
    assert heard == []
    pins.close()


def test_a_light_shows_and_goes_out(factory: MockFactory) -> None:
    pins = GpioPins()
    lamp = factory.pin(27)
    pins.show(27, Light.ON)
    assert lamp.state
    pins.show(27, Light.OFF)
    assert not lamp.state
    pins.show(27, Light.FAST)
    pins.show(27, Light.ON)
    assert lamp.state
    pins.close()
    assert lamp.function == "input", "nothing drives it any more"


def test_one_pin_is_one_thing(factory: MockFactory) -> None:
    pins = GpioPins()
    pins.watch(17, active_low=False, changed=lambda _active: None)
    with pytest.raises(Unsupported, match="GPIO 17 is used twice"):
        pins.show(17, Light.ON)
    pins.close()


def test_a_machine_without_pins_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GPIOZERO_PIN_FACTORY", "none-such")
    with pytest.raises(Unsupported, match=r"install hearthwatch\[pi\]"):
        GpioPins().watch(17, active_low=False, changed=lambda _active: None)
