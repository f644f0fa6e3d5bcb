"""Output pins of a Raspberry Pi, by gpiozero, which is loaded when the first one is switched."""

from __future__ import annotations

import warnings
from typing import Any, Protocol

from hearthwatch.kit.errors import Unreachable, Unsupported


class OutputPins(Protocol):
    def set(self, pin: int, *, on: bool, active_high: bool) -> None:
        """Blocks for a moment. Raises Unsupported where there are no such pins, Unreachable where somebody else has it."""
        ...

    def close(self) -> None: ...


class GpioPins:
    """Implements OutputPins; a pin stays ours until `close`, so that it keeps its level."""

    def __init__(self) -> None:
        self._open: dict[int, tuple[bool, Any]] = {}

    def set(self, pin: int, *, on: bool, active_high: bool) -> None:
        """See OutputPins."""
        try:
            from gpiozero import BadPinFactory, DigitalOutputDevice, GPIOZeroError
        except ImportError as error:
            raise Unsupported("gpiozero is not installed: on a Raspberry Pi install hearthwatch[pi]") from error
        try:
            held = self._open.get(pin)
            if held is None or held[0] is not active_high:
                if held is not None:
                    held[1].close()
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")  # it warns of each way to the pins that is not installed
                    self._open[pin] = (active_high, DigitalOutputDevice(pin, active_high=active_high, initial_value=on))
            elif on:
                held[1].on()
            else:
                held[1].off()
        except BadPinFactory as error:
            raise Unsupported(
                "the pins of this machine cannot be reached: on a Raspberry Pi install hearthwatch[pi] (gpiozero and lgpio), "
                "and add this user to the group 'gpio'"
            ) from error
        except (GPIOZeroError, OSError) as error:
            raise Unreachable(
                f"GPIO {pin} cannot be used: is another program using it, and may this user use the pins (group 'gpio')?"
            ) from error

    def close(self) -> None:
        """Let go of the pins."""
        for _, device in self._open.values():
            device.close()
        self._open.clear()
