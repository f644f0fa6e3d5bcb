"""Sections `[alerts]` and `[camera.NAME.alerts]`. Tokens and passwords are not here: they are secrets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated, Any, ClassVar

from annotated_types import Ge, Le

from hearthwatch.alerts.route import RouteOptions


class Tls(StrEnum):
    TLS = "tls"
    STARTTLS = "starttls"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class TelegramOptions:
    """Section `[alerts.telegram]`. The bot's token is the secret `alerts.telegram.token`. Change: live."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}

    enabled: bool = True
    """Use Telegram when a token is set."""
    api_base: str = "https://api.telegram.org"
    """Address of the Bot API, for those who run their own server."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailOptions:
    """Section `[alerts.email]`. The password is the secret `alerts.email.password`. Change: live."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}

    to: tuple[str, ...] = ()
    """Addresses that get the alerts; empty means no e-mail."""
    sender: str = ""
    """Address the mail comes from; empty means the user name, or the first address it goes to."""
    host: str = ""
    """Name of your provider's outgoing mail server."""
    port: Annotated[int, Ge(1), Le(65535)] = 587
    """587 goes with `starttls`, 465 with `tls`."""
    tls: Tls = Tls.STARTTLS
    """`starttls` or `tls`; `none` sends in clear and is for a server on your own network."""
    user: str = ""
    """Name to log in with; empty means no login."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AppriseOptions:
    """Section `[alerts.apprise]`. The URLs hold tokens: they are the secret `alerts.apprise.urls`, one a line. Change: live."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}

    enabled: bool = True
    """Use the services when URLs are set."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookOptions:
    """Section `[alerts.webhook]`. With the secret `alerts.webhook.secret` each request is signed. Change: live."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}

    url: str = ""
    """`http://` or `https://` address that gets each alert as JSON by POST; empty means none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PushOptions:
    """Section `[alerts.push]`: notifications to browsers and phones, encrypted end to end (docs/push.md). Change: live."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}

    enabled: bool = True
    """Notify the devices that asked for it on the page. Each is reached through the push service of its browser's maker."""
    contact: str = "mailto:hearthwatch@example.org"
    """`mailto:` address or `https://` page that push services are told, to write to when something is wrong."""
    services: tuple[str, ...] = ()
    """Push services of your own that may be used though they are in the house, such as `https://push.home.lan`. All others must
    have an address on the Internet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertsOptions:
    """Section `[alerts]`: the ways alerts take to people."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}

    telegram: TelegramOptions = TelegramOptions()
    email: EmailOptions = EmailOptions()
    apprise: AppriseOptions = AppriseOptions()
    webhook: WebhookOptions = WebhookOptions()
    push: PushOptions = PushOptions()
    to: Mapping[str, RouteOptions] = field(default_factory=dict)
    incident_s: Annotated[float, Ge(0), Le(3600)] = 60.0
    """The same kind of visitor on another camera within so many seconds is the same incident and told in the same alert:
    Telegram's message then names both cameras, other ways stay quiet. 0 tells of each camera by itself. Change: live."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MqttOptions:
    """Section `[mqtt]`: a broker that gets the state of the house and its alerts, for Home Assistant and the like
    (docs/home-assistant.md). The password is the secret `mqtt.password`. Change: live."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}

    host: str = ""
    """Name or address of the broker, which must know MQTT 5 (mosquitto 1.6 or newer); empty means no MQTT."""
    port: Annotated[int, Ge(1), Le(65535)] = 1883
    """1883 is usual without `tls`, 8883 with it."""
    user: str = ""
    """Name to log in with; empty means no login."""
    tls: bool = False
    """Encrypt, and check the broker's certificate."""
    ca: str = ""
    """File with the certificate of the authority that signed the broker's; empty means those this machine trusts."""
    certificate: str = ""
    """File with our own certificate, for brokers that ask for one."""
    key: str = ""
    """File with the key of `certificate`."""
    client_id: str = ""
    """What we call ourselves to the broker; empty means the `topic`."""
    topic: str = "hearthwatch"
    """What all our topics begin with; a second house at the same broker needs another one."""
    discovery: str = "homeassistant"
    """What Home Assistant's discovery topics begin with; empty means that nothing is announced there."""
    alerts: bool = True
    """Send every alert there, too."""
    presence: bool = True
    """Show who is home."""
    pictures: bool = False
    """Show the last picture of each camera. The broker keeps it, and whoever may read there can see it."""
    commands: bool = False
    """Obey what comes from there: arm, disarm, disable, be quiet, take a picture. Whoever may write to the broker could
    disarm the house then. With the secret `mqtt.code`, arming and disarming ask for that code."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertOptions:
    """Section `[camera.NAME.alerts]`. Change: live."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}

    enabled: bool = True
    """Tell of this camera's events."""
    labels: tuple[str, ...] = ("person", "dog", "cat", "crossing", "input", "doorbell", "alarm")
    """Labels that are told; `motion` stands for motion without a name. `crossing`, `input`, `doorbell` and `audio` are alarms
    of the camera itself, `alarm` is a mail of it that does not say what of. Add `car` for a drive, not for a street."""
    times: tuple[str, ...] = ()
    """Times at which this camera's events are told, such as `22:00-06:00`, `sat,sun 00:00-24:00` or `mon-fri 08:00-18:00`;
    empty means always. What concerns the camera itself is told at all times."""
    label_times: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """The same for single labels, which then go by these instead: `label_times.dog = ["22:00-06:00"]`."""
    remind_s: Annotated[float, Ge(0), Le(86400)] = 0.0
    """A visitor who stays is told of again each time so many seconds have passed, at least 30; 0 means once only."""
    send_picture: bool = False
    """Send pictures of this camera by the channels above. They are not end-to-end encrypted."""
    send_clip: bool = False
    """Send a short clip, too. It is not end-to-end encrypted."""
