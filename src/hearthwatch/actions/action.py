"""The Action: one thing that is switched, what switches it on, and when it goes off again by itself."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any, ClassVar, Protocol

from annotated_types import Ge, Le

from hearthwatch.arming.arming import Mode
from hearthwatch.kit.units import WallUs
from hearthwatch.vendors.capability import Output

NO_PIN = -1


class Method(StrEnum):
    POST = "POST"
    PUT = "PUT"
    GET = "GET"


class Turn(StrEnum):
    ON = "on"
    OFF = "off"


class Way(StrEnum):
    WEBHOOK = "webhook"
    MQTT = "mqtt"
    CAMERA = "camera"
    GPIO = "gpio"


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookActionOptions:
    """Section `[action.NAME.webhook]`: a web address that is called. A header `Authorization` is sent when the secret
    `action.NAME.authorization` holds one. Change: live."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}

    url: str = ""
    """`http://` or `https://` address that switches it on; empty: this action is no webhook."""
    method: Method = Method.POST
    """How it is called."""
    body: str = ""
    """What is sent with it; nothing by GET."""
    off_url: str = ""
    """Address that switches it off; empty: there is nothing to switch off."""
    off_body: str = ""
    """What is sent with that."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MqttActionOptions:
    """Section `[action.NAME.mqtt]`: a message to the broker of `[mqtt]`. Change: live."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}

    topic: str = ""
    """Topic, such as `zigbee2mqtt/siren/set`; empty: this action is no message."""
    payload: str = "ON"
    """What switches it on."""
    off_payload: str = "OFF"
    """What switches it off; empty: there is nothing to switch off."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraActionOptions:
    """Section `[action.NAME.camera]`: the siren, light or relay of a camera; docs/actions.md says which families have one.
    Change: live."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}

    camera: str = ""
    """NAME of the camera; empty: this action is none of a camera."""
    output: Output = Output.SIREN
    """`siren`, `light` (visible light) or `relay` (the alarm output on its back)."""
    number: Annotated[int, Ge(1), Le(64)] = 1
    """Which relay of the camera, or which channel of a recorder."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GpioActionOptions:
    """Section `[action.NAME.gpio]`: a pin of this very Raspberry Pi. Change: live."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}

    pin: Annotated[int, Ge(NO_PIN), Le(27)] = NO_PIN
    """Number of the pin as the chip counts (GPIO17 is 17); -1: this action is no pin."""
    active_high: bool = True
    """False: the pin is low while it is on, as many relay boards want it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WhenOptions:
    """Section `[action.NAME.when]`: what switches it on by itself. Nothing does unless `labels` or `going_to` says so.
    Change: live."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}

    labels: tuple[str, ...] = ()
    """Events of these labels, such as `person`; `motion` is motion without a name."""
    cameras: tuple[str, ...] = ()
    """Of these cameras only; empty: of all."""
    zones: tuple[str, ...] = ()
    """In these zones only; empty: anywhere in the picture."""
    modes: tuple[Mode, ...] = (Mode.AWAY,)
    """Only while the house is in one of these modes: `away` is armed."""
    going_to: tuple[Mode, ...] = ()
    """When the house goes to one of these modes, whatever is seen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionOptions:
    """Section `[action.NAME]`: a thing that is switched by exactly one of `webhook`, `mqtt`, `camera`, `gpio`. Change: live."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}

    name: str = ""
    """What it is called to people; empty means its NAME."""
    enabled: bool = True
    """Off: nothing switches it on by itself; it can still be tested."""
    webhook: WebhookActionOptions = WebhookActionOptions()
    mqtt: MqttActionOptions = MqttActionOptions()
    camera: CameraActionOptions = CameraActionOptions()
    gpio: GpioActionOptions = GpioActionOptions()
    when: WhenOptions = WhenOptions()
    off_after_s: Annotated[float, Ge(0), Le(86_400)] = 60.0
    """Seconds until it is switched off again, also when Hearthwatch was killed meanwhile; 0: it stays on until something below
    switches it off."""
    off_going_to: tuple[Mode, ...] = (Mode.DISARMED, Mode.HOME, Mode.DISABLED)
    """When the house goes to one of these modes it is switched off at once; `when.going_to` wins."""
    cooldown_s: Annotated[float, Ge(0), Le(86_400)] = 60.0
    """After it went off, nothing switches it on by itself for so long."""

    @property
    def ways(self) -> tuple[Way, ...]:
        """What it switches; checked to be exactly one."""
        given = {
            Way.WEBHOOK: bool(self.webhook.url),
            Way.MQTT: bool(self.mqtt.topic),
            Way.CAMERA: bool(self.camera.camera),
            Way.GPIO: self.gpio.pin != NO_PIN,
        }
        return tuple(way for way, is_given in given.items() if is_given)

    @property
    def way(self) -> Way:
        return self.ways[0]

    @property
    def has_off(self) -> bool:
        """Whether there is anything to switch off."""
        match self.way:
            case Way.WEBHOOK:
                return bool(self.webhook.off_url)
            case Way.MQTT:
                return bool(self.mqtt.off_payload)
        return True


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """One line of the trail: `turn` was asked of the action `name` because of `why`; `text` says how it failed, if it did."""

    id: str
    at_us: WallUs
    name: str
    turn: Turn
    why: str
    done: bool
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionNow:
    """`on_since_us` is None while it is off; `off_us` when it will be switched off, None where nothing does by itself."""

    name: str
    title: str
    way: Way
    enabled: bool
    on_since_us: WallUs | None
    off_us: WallUs | None
    last: Deed | None


class ActionDoor(Protocol):
    """What people may do with actions, by whatever way. `who` they are, `via` which way they came."""

    def actions(self) -> tuple[ActionNow, ...]:
        """Return every action; from memory."""
        ...

    def trail(self, limit: int) -> tuple[Deed, ...]:
        """Return what was done lately, newest first; reads the database."""
        ...

    async def test(self, name: str, *, who: str, via: str) -> Deed:
        """Switch it on for 5 s at most and return how that went. Raises Unsupported for a name there is not."""
        ...

    async def switch_off(self, name: str, *, who: str, via: str) -> Deed:
        """Switch it off now, on or not. Raises Unsupported for a name there is not."""
        ...
