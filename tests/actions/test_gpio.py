"""An output pin, on gpiozero's own stand-in for pins."""

from __future__ import annotations

import pytest

gpiozero = pytest.importorskip("gpiozero")

from gpiozero.pins.mock import MockFactory  # noqa: E402

from hearthwatch.actions.gpio import GpioPins  # noqa: E402
from hearthwatch.kit.errors import Unreachable, Unsupported  # noqa: E402


@pytest.fixture
def factory():
    before, gpiozero.Device.pin_factory = gpiozero.Device.pin_factory, MockFactory()
    yield gpiozero.Device.pin_factory
    gpiozero.Device.pin_factory.reset()
    gpiozero.Device.pin_factory = before


def test_a_pin_goes_up_and_down_and_a_low_one_the_other_way(factory) -> None:
    pins = GpioPins()
    for active_high in (True, False):
        pin = factory.pin(17)
        pins.set(17, on=True, active_high=active_high)
        assert bool(pin.state) is active_high
        pins.set(17, on=False, active_high=active_high)
        assert bool(pin.state) is not active_high
        pins.set(17, on=True, active_high=active_high)
        assert bool(pin.state) is active_high
    pins.close()


def test_one_that_somebody_else_has_is_told(factory) -> None:
    with gpiozero.LED(17):
        pins = GpioPins()
        with pytest.raises(Unreachable, match="GPIO 17"):
            pins.set(17, on=True, active_high=True)
    pins.set(17, on=True, active_high=True)
    pins.close()


def test_a_machine_without_pins_is_told(monkeypatch) -> None:
    monkeypatch.setattr(gpiozero.Device, "pin_factory", None)
    monkeypatch.setenv("GPIOZERO_PIN_FACTORY", "native")
    monkeypatch.setattr(gpiozero.Device, "_default_pin_factory", _none)
    with pytest.raises(Unsupported, match="on a Raspberry Pi"):
        GpioPins().set(17, on=True, active_high=True)


def _none(*_args):
    raise gpiozero.BadPinFactory("none")
