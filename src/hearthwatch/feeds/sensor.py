"""A sensor beside a camera, that has pictures taken when it moves: its options, and the Protocols of the pins it hangs on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any, ClassVar, Protocol

from annotated_types import Ge, Le

NO_PIN = -1


class Active(StrEnum):
    HIGH = "high"
    LOW = "low"


@dataclass(frozen=True, slots=True, kw_only=True)
class TriggerOptions:
    """Section `[camera.NAME.trigger]`: a sensor that has this camera take a burst of pictures and opens an event: a PIR or a
    switch at a pin of this Raspberry Pi, or anything that can call a web address or write to MQTT."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}

    pin: Annotated[int, Ge(NO_PIN), Le(27)] = NO_PIN
    """GPIO number of the sensor's output (the GPIO number, not the position on the connector); -1 for none.
    Change: restart of the camera."""
    active: Active = Active.HIGH
    """`high` for PIR modules, whose output rises when they see something; `low` for a switch that connects the pin to ground.
    Change: restart of the camera."""
    debounce_s: Annotated[float, Ge(0), Le(5)] = 0.05
    """The sensor must stay active so long to count: shorter pulses are interference. Change: restart of the camera."""
    warm_up_s: Annotated[float, Ge(0), Le(600)] = 60.0
    """After the Pi was switched on the sensor is ignored so long: a PIR sees ghosts for 30 to 60 s. Change: restart of the
    camera."""
    hold_off_s: Annotated[float, Ge(0), Le(3600)] = 10.0
    """After a burst, by whatever way it was asked for, the next one is taken no sooner than this. Change: live."""
    led_pin: Annotated[int, Ge(NO_PIN), Le(27)] = NO_PIN
    """GPIO number of a status light; -1 for none. On: armed. A blink every few seconds: not armed, all is well. Blinking
    slowly: this camera gives no picture. Blinking fast: it was triggered. Change: restart of the camera."""
    webhook: bool = False
    """Let a sensor elsewhere trigger it by calling a secret web address, which the page and
    `GET /api/v1/cameras/NAME/trigger` show. Change: live."""
    mqtt: bool = False
    """Let a sensor elsewhere trigger it by writing `ON` to the MQTT topic `hearthwatch/set/camera/NAME/trigger` (what stands in
    front is `mqtt.topic`), also where `mqtt.commands` is off. Change: live."""
    label: str = "sensor"
    """What its events are called, such as `pir`, `door` or `mat`. Change: live."""
    pictures: Annotated[int, Ge(1), Le(10)] = 4
    """How many pictures a burst has, at the camera's full resolution. Change: live."""
    every_s: Annotated[float, Ge(0.1), Le(10)] = 0.5
    """How far apart they are. Change: live."""

    @property
    def is_on(self) -> bool:
        """Whether anything can trigger it."""
        return self.pin != NO_PIN or self.webhook or self.mqtt


class Light(StrEnum):
    """What the status light shows."""

    OFF = "off"
    ON = "on"
    WINK = "wink"
    SLOW = "slow"
    FAST = "fast"


class Pins(Protocol):
    """The pins of one camera's sensor and light."""

    def watch(self, pin: int, *, active_low: bool, changed: Callable[[bool], None]) -> None:
        """Call `changed` with whether the sensor is active, from a thread of the pins' own, whenever that changed.

        Raises Unsupported, saying what to install or to change, Unreachable for a pin that cannot be used now."""
        ...

    def show(self, pin: int, light: Light) -> None:
        """Let the light at `pin` show that. Raises as `watch` does."""
        ...

    def close(self) -> None:
        """Let go of every pin; the light goes out."""
        ...
