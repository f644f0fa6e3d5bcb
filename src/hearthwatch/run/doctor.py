"""What `hearthwatch doctor` looks at: each check says how things are and, where they are not well, what to do."""

from __future__ import annotations

import os
import platform
from collections.abc import Collection, Iterator
from datetime import tzinfo
from pathlib import Path

from hearthwatch.alerts.options import AlertsOptions
from hearthwatch.detect.model import HOG
from hearthwatch.detect.store import AUTO, FileState, is_installed
from hearthwatch.detect.store import Store as ModelStore
from hearthwatch.kit.clock import SystemClock
from hearthwatch.kit.errors import ConfigFault, HearthwatchError, StorageFailed
from hearthwatch.kit.secrets import Secrets
from hearthwatch.run.check import Check, fail, ok, warn
from hearthwatch.run.compile import footage_folder, hand_placed_models
from hearthwatch.run.config import Config, Reader, load
from hearthwatch.run.control import AskStatus, Now, ask_house
from hearthwatch.run.doctor_box import box
from hearthwatch.run.doctor_disk import disk
from hearthwatch.run.doctor_exposure import exposure
from hearthwatch.run.doctor_files import private
from hearthwatch.run.doctor_libraries import libraries
from hearthwatch.run.doctor_mqtt import mqtt
from hearthwatch.run.doctor_network import cameras, ports
from hearthwatch.run.doctor_pi import pins
from hearthwatch.run.doctor_porch import porch
from hearthwatch.run.doctor_presence import presence
from hearthwatch.run.doctor_schemas import databases
from hearthwatch.run.doctor_systemd import service
from hearthwatch.run.doctor_web import served
from hearthwatch.run.house_secrets import DEFAULT_PASSWORD
from hearthwatch.run.secret_names import unused
from hearthwatch.run.status import Status
from hearthwatch.run.zone import zone_of


def checks(config_path: Path, data_folder: Path) -> Iterator[Check]:
    """Yield every check, the slow ones last; none changes anything but for a few megabytes written to try the disk."""
    yield _machine()
    yield from libraries()
    yield from service()
    yield _data_folder(data_folder)
    config = None
    try:
        config = load(config_path)
    except ConfigFault as error:
        for line in str(error).splitlines():
            yield fail("configuration", line)
    if config is not None:
        there = str(config_path) if config_path.exists() else f"{config_path} is not there, so the built-in demo camera runs"
        yield ok("configuration", f"{there}; cameras: {', '.join(config.cameras)}")
        yield clock(zone_of(config))
        keys = tuple(Path(name) for name in (config.web.key,) if name)
        yield from private(data_folder, config_path, keys)
        yield from disk(footage_folder(config, data_folder))
        yield from _secrets(config, data_folder)
    yield from databases(data_folder, config)
    yield _detector(config.detect.model if config else AUTO, data_folder)
    yield box(needs_landlock=config is not None and _needs_landlock(config))
    status = None
    if data_folder.is_dir():
        try:
            status = _running(data_folder)
        except HearthwatchError as error:
            yield fail("Hearthwatch", str(error))
    if status is not None:
        yield ok("Hearthwatch", f"is running, version {status.version}")
    if config is not None:
        if status is None:
            yield from ports(config.web)
        yield from served(config, SystemClock())
        yield from cameras(config, data_folder, status)
        yield from pins(config)
        yield from presence(config, _names(data_folder), status)
        yield from exposure(config)


def _needs_landlock(config: Config) -> bool:
    return config.porch.enabled or any(camera.reader is Reader.LIBAV for camera in config.cameras.values())


def _names(data_folder: Path) -> frozenset[str]:
    try:
        return frozenset(Secrets.open(data_folder).names())
    except StorageFailed:
        return frozenset()  # told above


def _running(data_folder: Path) -> Status | None:
    reply = ask_house(data_folder, AskStatus())
    return reply.status if isinstance(reply, Now) else None


def _machine() -> Check:
    return ok(
        "machine",
        f"Python {platform.python_version()}, {platform.system()} {platform.release()} {platform.machine()}",
    )


def clock(zone: tzinfo, is_set: bool | None = None) -> Check:
    """Tell whether something keeps the clock right; evidence with a wrong time is worth little. `is_set` is for tests."""
    is_set = SystemClock().is_kept() if is_set is None else is_set
    if is_set:
        shown = "this machine's zone" if str(zone) == "localtime" else str(zone)
        return ok("clock", f"set by a time server; times are shown in {shown}")
    return warn(
        "clock",
        "nothing keeps it right, so recordings may bear a wrong time: install a time service "
        "(Debian: apt-get install systemd-timesyncd)",
    )


def _data_folder(data_folder: Path) -> Check:
    try:
        mode = data_folder.stat().st_mode & 0o777
    except FileNotFoundError:
        return warn("data folder", f"{data_folder} does not exist yet; the first `hearthwatch run` makes it")
    except OSError as error:
        return fail("data folder", f"{data_folder}: {error.strerror}")
    if not data_folder.is_dir():
        return fail("data folder", f"{data_folder} is no folder: name another one with --data")
    if not os.access(data_folder, os.W_OK | os.X_OK):
        return fail("data folder", f"{data_folder} cannot be written by this user: correct its owner, or use another --data")
    if mode & 0o077:
        return warn("data folder", f"other users of this machine may look into it: chmod 700 {data_folder}")
    return ok("data folder", f"{data_folder}, for this user alone")


def _secrets(config: Config, data_folder: Path) -> Iterator[Check]:
    store = Secrets.open(data_folder)
    try:
        names = store.names()
    except StorageFailed as error:
        yield fail("secrets", str(error))
        return
    yield ok("secrets", f"{len(names)} set, sealed" if names else "none set")
    for name, camera in config.cameras.items():
        secret = f"camera.{name}.password"
        if camera.user and secret not in names and DEFAULT_PASSWORD not in names:
            yield warn(
                "secrets", f"camera {name} logs in as {camera.user} without a password: hearthwatch secrets set {secret}"
            )
    for line in unused(names, config):
        yield warn("secrets", line)
    yield from porch(config, names)
    yield from mqtt(config, store)
    yield _alerts(config.alerts, names, config.mqtt.host if config.mqtt.alerts else "")


def _alerts(alerts: AlertsOptions, names: Collection[str], mqtt_host: str) -> Check:
    ways = {
        "Telegram": alerts.telegram.enabled and "alerts.telegram.token" in names,
        "e-mail": alerts.email.host and alerts.email.to,
        "Apprise": alerts.apprise.enabled and "alerts.apprise.urls" in names,
        "webhook": alerts.webhook.url,
        "MQTT": mqtt_host,
    }
    if not any(ways.values()):
        return warn(
            "alerts",
            "no channel is set up, so only the page shows them; for Telegram: hearthwatch secrets set alerts.telegram.token",
        )
    return ok("alerts", f"go out by {', '.join(way for way, there in ways.items() if there)}")


def _detector(name: str, data_folder: Path) -> Check:
    store = ModelStore(folder=data_folder / "models", hand_placed=hand_placed_models())
    try:
        model = store.choose(name)
        state = store.state(model)
    except HearthwatchError as error:
        return fail("detector", str(error))
    if state is not FileState.PRESENT:
        return fail("detector", f"{model.name}: its file is {state}: hearthwatch models fetch {model.name}")
    if not is_installed(model.runtime):
        return fail(
            "detector",
            f'the library for {model.name} is not installed: add hearthwatch[{model.runtime}], or set detect.model = "auto"',
        )
    if model is HOG:
        return warn(
            "detector", "basic detector: people only (`hearthwatch models fetch`, or the page's button, gets the better one)"
        )
    return ok("detector", f"{model.name}, {model.licence}")
