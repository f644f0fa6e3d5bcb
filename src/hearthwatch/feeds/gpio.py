"""The one boundary to gpiozero: pins of a Raspberry Pi. Guest only; imported where a pin is configured.

gpiozero chooses how it reaches the pins by `GPIOZERO_PIN_FACTORY`, `lgpio` where nothing is said (gpiozero.readthedocs.io,
"API - Pins"); `mock` is its stand-in without hardware.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import TypeVar

import gpiozero

from hearthwatch.feeds.sensor import Light
from hearthwatch.kit.errors import HearthwatchError, Unreachable, Unsupported

_Device = TypeVar("_Device")
_BLINKS = {Light.WINK: (0.05, 4.0), Light.SLOW: (1.0, 1.0), Light.FAST: (0.1, 0.1)}


class GpioPins:
    """Implements Pins."""

    def __init__(self) -> None:
        self._inputs: dict[int, gpiozero.DigitalInputDevice] = {}
        self._lights: dict[int, gpiozero.LED] = {}

    def watch(self, pin: int, *, active_low: bool, changed: Callable[[bool], None]) -> None:
        """See Pins."""
        sensor = _claimed(lambda: gpiozero.DigitalInputDevice(pin, pull_up=active_low), pin)
        self._inputs[pin] = sensor
        sensor.when_activated = lambda: changed(True)
        sensor.when_deactivated = lambda: changed(False)
        if sensor.is_active:
            changed(True)

    def show(self, pin: int, light: Light) -> None:
        """See Pins."""
        if pin not in self._lights:
            self._lights[pin] = _claimed(lambda: gpiozero.LED(pin), pin)
        lamp = self._lights[pin]
        if light in _BLINKS:
            on_s, off_s = _BLINKS[light]
            lamp.blink(on_time=on_s, off_time=off_s)
        elif light is Light.ON:
            lamp.on()
        else:
            lamp.off()

    def close(self) -> None:
        """See Pins."""
        for device in (*self._inputs.values(), *self._lights.values()):
            device.close()
        self._inputs.clear()
        self._lights.clear()


def _claimed(claim: Callable[[], _Device], pin: int) -> _Device:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it warns of each way to the pins that is not installed
            return claim()
    except gpiozero.BadPinFactory as error:
        raise Unsupported(
            "the pins of this machine cannot be reached: on a Raspberry Pi install hearthwatch[pi] (gpiozero and lgpio), and "
            "add this user to the group 'gpio'"
        ) from error
    except gpiozero.GPIOPinInUse as error:
        raise Unsupported(f"GPIO {pin} is used twice: give the sensor and the light pins of their own") from error
    except (gpiozero.GPIOZeroError, OSError) as error:
        raise _unreachable(pin) from error


def _unreachable(pin: int) -> HearthwatchError:
    return Unreachable(
        f"GPIO {pin} cannot be used: is another program using it, and may this user use the pins (group 'gpio')?"
    )
