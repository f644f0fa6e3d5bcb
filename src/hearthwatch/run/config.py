"""The configuration: one TOML file, checked as a whole; every mistake is told at once, with line and nearest right key."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Annotated, Any, ClassVar

from annotated_types import Ge, Le
from pydantic import Field, TypeAdapter, ValidationError

from hearthwatch.actions.action import ActionOptions
from hearthwatch.alerts.options import AlertOptions, AlertsOptions, MqttOptions
from hearthwatch.arming.arming import ArmingOptions, ModesOptions
from hearthwatch.audit.finding import AuditOptions
from hearthwatch.audit.power import PowerOptions
from hearthwatch.copies.copy import BaselineOptions, CopiesOptions
from hearthwatch.detect.detection import DetectOptions, LabelOptions
from hearthwatch.events.alarms import AlarmOptions
from hearthwatch.events.event import EventOptions
from hearthwatch.feeds.sensor import TriggerOptions
from hearthwatch.fleet.options import HubOptions, NodeOptions
from hearthwatch.health.connectivity import ConnectivityOptions
from hearthwatch.health.outage import HeartbeatOptions
from hearthwatch.health.quiet import HealthOptions
from hearthwatch.ingest.drop import CameraPorchOptions, PorchOptions
from hearthwatch.kit.errors import ConfigFault
from hearthwatch.kit.units import CameraId
from hearthwatch.logins.login import LoginsOptions, LogsOptions, SyslogOptions
from hearthwatch.motion.motion import MotionOptions, SightOptions
from hearthwatch.offsite.upload import OffsiteOptions
from hearthwatch.presence.presence import PersonId, PersonOptions, PresenceOptions
from hearthwatch.recording.segment import KeepOptions, StorageOptions
from hearthwatch.run.backup_options import BackupOptions, backup_faults
from hearthwatch.run.config_check_actions import action_faults
from hearthwatch.run.config_check_arming import arming_faults
from hearthwatch.run.config_check_connectivity import connectivity_faults
from hearthwatch.run.config_check_fleet import fleet_faults
from hearthwatch.run.config_check_mqtt import mqtt_faults
from hearthwatch.run.config_check_offsite import offsite_faults
from hearthwatch.run.config_check_people import people_faults
from hearthwatch.run.config_check_porch import porch_faults
from hearthwatch.run.config_check_relay import relay_faults
from hearthwatch.run.config_check_updates import updates_faults
from hearthwatch.run.config_check_web import web_faults
from hearthwatch.run.config_checks import alerts_faults, camera_faults, home_faults
from hearthwatch.run.config_faults import Faults
from hearthwatch.run.config_keys import children
from hearthwatch.run.release import UpdatesOptions
from hearthwatch.tracks.track import ZoneOptions
from hearthwatch.vendors.card import CardOptions
from hearthwatch.vendors.device import DoorOptions
from hearthwatch.web.options import WebOptions
from hearthwatch.web.relay.options import CameraProxyOptions, ProxyOptions, RestreamOptions

MAX_FILE_BYTES = 1 << 20
_MAX_DEPTH = 12

Raw = dict[str, Any]


class Transport(StrEnum):
    TCP = "tcp"
    UDP = "udp"


class Reader(StrEnum):
    AUTO = "auto"
    LIBAV = "libav"


class Record(StrEnum):
    ALWAYS = "always"
    EVENTS = "events"
    NEVER = "never"


@dataclass(frozen=True, slots=True, kw_only=True)
class HomeOptions:
    """Section `[home]`: the house."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}

    name: str = "Home"
    """What the house is called in alerts and on the page. Change: live."""
    timezone: str = ""
    """Time zone such as `Europe/Berlin`, for every time a person reads; empty means the machine's own. Change: live."""
    networks: tuple[str, ...] = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7")
    """Networks that belong to the home, as `192.168.1.0/24` or just `192.168.1`. Change: live."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraOptions:
    """Section `[camera.NAME]`: one camera. What `[camera_defaults]` says holds for every camera that does not say otherwise."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}

    name: str = ""
    """What the camera is called in alerts and on the page; empty means its NAME. Change: live."""
    main: str = ""
    """Address of the stream that is recorded: `rtsp://` or `rtsps://`, `http://` or `https://` (MJPEG, or JPEG with `poll_s`),
    `v4l2:///dev/video0`, `picamera://0?width=1920&height=1080&fps=15&rotation=180`, `file:///clip.mp4`, `demo://street?seed=1`;
    never with a password in it. May be left out for a camera that has `snapshot` and a `trigger`, or a `door` with alarms of
    its own. Change: restart of the camera."""
    sub: str = ""
    """Address of the small stream that is looked at; without one `main` is looked at, which costs more.
    Change: restart of the camera."""
    snapshot: str = ""
    """Address of a single picture, for a camera without a stream that can be read: `http://` or `https://` (JPEG), or
    `picamera://0`. Change: restart of the camera."""
    user: str = ""
    """Name to log in with; its password is the secret `camera.NAME.password`, or `camera_defaults.password` for all
    cameras without one of their own. Change: restart of the camera."""
    transport: Transport = Transport.TCP
    """How RTSP brings the video: `tcp`, or `udp` for cameras that know nothing else. Change: restart of the camera."""
    reader: Reader = Reader.AUTO
    """`libav` reads the camera by FFmpeg's libraries in a process of its own, for servers our own reader does not
    understand. Change: restart of the camera."""
    poll_s: Annotated[float, Ge(0), Le(3600)] = 0.0
    """Over 0: the `http` address is a single JPEG that is fetched again after this many seconds. For a camera with `snapshot`
    alone: how often it is asked for a picture, which shows that it is well; 0 is once a minute.
    Change: restart of the camera."""
    speed: Annotated[float, Ge(0), Le(100)] = 1.0
    """For files: 1 plays in real time, 2 twice as fast, 0 as fast as it goes. Change: restart of the camera."""
    allow_loopback: bool = False
    """Allow an address of this very machine, for a restreamer that runs here. Change: restart of the camera."""
    enabled: bool = True
    """Off: the camera is not connected at all. Change: restart of the camera."""
    record: Record = Record.ALWAYS
    """Whether `main` is kept: `always`, `never`, or `events`, which keeps the files (of about a minute) that hold an event
    with its pre-roll and post-roll; everything is written all the same, and what no event claims is deleted after a quarter
    of an hour. Change: restart of the camera."""
    motion: MotionOptions = MotionOptions()
    sight: SightOptions = SightOptions()
    labels: Mapping[str, LabelOptions] = field(default_factory=dict)
    zones: Mapping[str, ZoneOptions] = field(default_factory=dict)
    events: EventOptions = EventOptions()
    trigger: TriggerOptions = TriggerOptions()
    alarms: AlarmOptions = AlarmOptions()
    health: HealthOptions = HealthOptions()
    alerts: AlertOptions = AlertOptions()
    modes: ModesOptions = ModesOptions()
    door: DoorOptions = DoorOptions()
    logins: LoginsOptions = LoginsOptions()
    logs: LogsOptions = LogsOptions()
    power: PowerOptions = PowerOptions()
    copies: CopiesOptions = CopiesOptions()
    baseline: BaselineOptions = BaselineOptions()
    porch: CameraPorchOptions = CameraPorchOptions()
    card: CardOptions = CardOptions()
    keep: KeepOptions = KeepOptions()
    proxy: CameraProxyOptions = CameraProxyOptions()


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """The whole file. Without any camera in it `cameras` holds the built-in demo camera; only a hub may have none."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}

    home: HomeOptions = HomeOptions()
    cameras: Annotated[Mapping[CameraId, CameraOptions], Field(alias="camera")]
    detect: DetectOptions = DetectOptions()
    alerts: AlertsOptions = AlertsOptions()
    arming: ArmingOptions = ArmingOptions()
    presence: PresenceOptions = PresenceOptions()
    people: Mapping[PersonId, PersonOptions] = field(default_factory=dict)
    storage: StorageOptions = StorageOptions()
    web: WebOptions = WebOptions()
    audit: AuditOptions = AuditOptions()
    heartbeat: HeartbeatOptions = HeartbeatOptions()
    connectivity: ConnectivityOptions = ConnectivityOptions()
    actions: Annotated[Mapping[str, ActionOptions], Field(alias="action", default_factory=dict)]
    mqtt: MqttOptions = MqttOptions()
    syslog: SyslogOptions = SyslogOptions()
    porch: PorchOptions = PorchOptions()
    offsite: OffsiteOptions = OffsiteOptions()
    backup: BackupOptions = BackupOptions()
    proxy: ProxyOptions = ProxyOptions()
    restream: RestreamOptions = RestreamOptions()
    hub: HubOptions = HubOptions()
    node: NodeOptions = NodeOptions()
    updates: UpdatesOptions = UpdatesOptions()


BUILT_IN: Raw = {"labels": {"person": {}, "car": {}, "dog": {}, "cat": {}}}
"""What every camera starts from, below `[camera_defaults]`."""

DEMO: Raw = {"demo": {"name": "Demo street", "main": "demo://street?seed=1", "sub": "demo://street?seed=1"}}
"""The cameras of a file without any: the same code and path as every other camera."""

_DEFAULTS = "camera_defaults"
_PROBE = "\0defaults"
"""A camera made of the defaults alone, so that a mistake in them is told even where every camera overrides it."""


TREE: Mapping[str, Any] = {_DEFAULTS: CameraOptions, **children(Config)}
"""Types of all top-level sections."""


@cache
def _adapter() -> TypeAdapter[Config]:
    return TypeAdapter(Config)


def load(path: Path) -> Config:
    """Return the checked configuration in `path`; a missing file is an empty one. Raises ConfigFault naming every mistake."""
    return parse(read_text(path), str(path))


def read_text(path: Path) -> str:
    """Return the text of a configuration file, "" when it is missing. Raises ConfigFault when it cannot be one."""
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise ConfigFault(f"{path}: this is no configuration: it is over {MAX_FILE_BYTES} bytes long")
        return path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        return ""
    except UnicodeDecodeError as error:
        raise ConfigFault(f"{path}: not UTF-8 text at byte {error.start}: save it as UTF-8") from error
    except OSError as error:
        raise ConfigFault(f"{path}: cannot be read: {error.strerror or error}") from error


def parse(text: str, file: str = "hearthwatch.toml") -> Config:
    """Return the checked configuration in `text`. Raises ConfigFault, one line a mistake: `file:line: key: what is wrong`."""
    text = text.replace("\r\n", "\n")
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise Faults.of_syntax(file, text, error) from error
    except (RecursionError, ValueError) as error:  # brackets in brackets without end, a number of thousands of digits
        raise ConfigFault(f"{file}: holds a value that is too deep or too long to be a setting") from error
    if _is_too_deep(raw):
        raise ConfigFault(f"{file}: holds a value that is too deep or too long to be a setting")
    faults = Faults(file, text, raw, TREE)
    document = _with_defaults(raw, faults)
    for name, camera in _cameras(document):
        camera_faults(faults, name, camera, shown="NAME" if name == _PROBE else name)
    home_faults(faults, document)
    alerts_faults(faults, document)
    porch_faults(faults, document)
    arming_faults(faults, document)
    people_faults(faults, document)
    connectivity_faults(faults, document)
    action_faults(faults, document)
    mqtt_faults(faults, document)
    offsite_faults(faults, document)
    relay_faults(faults, document)
    fleet_faults(faults, document)
    backup_faults(faults, document)
    updates_faults(faults, document)
    web_faults(faults, document)
    config = None
    try:
        config = _adapter().validate_json(json.dumps(document, default=str), strict=True)
    except ValidationError as error:
        faults.add_invalid(error.errors(include_url=False, include_context=True))
    faults.raise_if_any()
    assert config is not None
    return replace(config, cameras={name: camera for name, camera in config.cameras.items() if name != _PROBE})


def _is_too_deep(raw: Raw) -> bool:
    level: list[Any] = [raw]
    for _depth in range(_MAX_DEPTH):
        level = [
            inner
            for value in level
            for inner in (value.values() if isinstance(value, dict) else value)
            if isinstance(inner, dict | list)
        ]
    return bool(level)


def _with_defaults(raw: Raw, faults: Faults) -> Raw:
    """Return the document with `camera_defaults` merged under every camera, and the probe and demo cameras in it."""
    document = {key: value for key, value in raw.items() if key != _DEFAULTS}
    defaults = raw.get(_DEFAULTS, {})
    if not isinstance(defaults, dict):
        faults.add((_DEFAULTS,), "must be a section: [camera_defaults]")
        defaults = {}
    given = raw.get("camera", {})
    if not isinstance(given, dict):
        return document  # the check of types says what is wrong
    base = _merged(BUILT_IN, _wished(defaults))
    probe: Raw = {} if "main" in defaults else {"main": "demo://street"}
    cameras: Raw = {_PROBE: probe, **(given or ({} if _is_hub(raw) else DEMO))}
    document["camera"] = {
        name: _without_refused(_merged(base, _wished(camera))) if isinstance(camera, dict) else camera
        for name, camera in cameras.items()
    }
    return document


def _is_hub(raw: Raw) -> bool:
    """A hub shows the cameras of its nodes, and needs none to try itself with."""
    hub = raw.get("hub")
    return isinstance(hub, dict) and hub.get("enabled") is True


def _merged(low: Raw, high: Raw) -> Raw:
    """Return `high` laid over `low`, table by table; lists and values replace each other whole."""
    result = dict(low)
    for key, value in high.items():
        below = result.get(key)
        result[key] = _merged(below, value) if isinstance(below, dict) and isinstance(value, dict) else value
    return result


def _wished(camera: Raw) -> Raw:
    """`labels.bus = true` asks for one more label with its defaults."""
    labels = camera.get("labels")
    if not isinstance(labels, dict):
        return camera
    return camera | {"labels": {name: {} if options is True else options for name, options in labels.items()}}


def _without_refused(camera: Raw) -> Raw:
    """`labels.car = false` and `zones.street = false` take an inherited one away."""
    for section in ("labels", "zones"):
        entries = camera.get(section)
        if isinstance(entries, dict):
            camera = camera | {section: {name: options for name, options in entries.items() if options is not False}}
    return camera


def _cameras(document: Raw) -> Iterator[tuple[str, Raw]]:
    cameras = document.get("camera")
    if isinstance(cameras, dict):
        yield from ((name, camera) for name, camera in cameras.items() if isinstance(camera, dict))
