"""Which of our own settings and secrets belong to one device, and what becomes of them when it changes. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import SplitResult, urlsplit

from hearthwatch.kit.units import CameraId
from hearthwatch.run.config import CameraOptions, Config
from hearthwatch.vendors.device import Access
from hearthwatch.vendors.network import NetworkChange

KeyPath = tuple[str, ...]

_USUAL = {"rtsp": 554, "rtsps": 322, "http": 80, "https": 443}


def password_names(config: Config, has_secret: frozenset[str], camera: CameraId, user: str) -> tuple[str, ...]:
    """See audit.house.Premises. `has_secret` are the names that have a value."""
    if camera not in config.cameras or not user:
        return ()
    options, host = config.cameras[camera], door_host(config.cameras[camera])
    names: dict[str, None] = {}
    door_secret = f"camera.{camera}.door.password"
    if (options.door.user or options.user) == user:
        names[door_secret if door_secret in has_secret else f"camera.{camera}.password"] = None
    for other, found in _on_device(config, camera):
        if found.user == user and urlsplit(found.main or found.snapshot).hostname == host:
            names[f"camera.{other}.password"] = None
        door = f"camera.{other}.door.password"
        if (found.door.user or found.user) == user and door in has_secret:
            names[door] = None
    return tuple(names)


def renamed_user(config: Config, camera: CameraId, user: str, new: str) -> dict[KeyPath, str]:
    """Return what must be written so that we log in as `new` wherever we did as `user` at the device of `camera`."""
    host = door_host(config.cameras[camera])
    found: dict[KeyPath, str] = {}
    for name, options in _on_device(config, camera):
        if options.user == user and urlsplit(options.main or options.snapshot).hostname == host:
            found["camera", name, "user"] = new
        elif options.user == user and not options.door.user:
            found["camera", name, "door", "user"] = new  # the stream's account is one of another device
        if options.door.user == user:
            found["camera", name, "door", "user"] = new
    return found


def moved_device(
    config: Config, camera: CameraId, before: Access, after: Access, change: NetworkChange
) -> dict[KeyPath, str | int]:
    """Return what must be written so that every address that led to the device leads there after `change`."""
    ports = {"rtsp": change.rtsp_port, "http": change.http_port, "https": change.https_port}
    found: dict[KeyPath, str | int] = {}
    for name, options in _on_device(config, camera):
        for key, url in (("main", options.main), ("sub", options.sub), ("snapshot", options.snapshot)):
            parts = urlsplit(url)
            if url and parts.hostname == before.host:
                new = _at(parts, after.host, ports.get(parts.scheme))
                if new != url:
                    found["camera", name, key] = new
        door = options.door
        if after.host != before.host and (door.host or urlsplit(options.main or options.snapshot).hostname != before.host):
            found["camera", name, "door", "host"] = after.host
        if after.port != before.port:
            found["camera", name, "door", "port"] = after.port
    return found


def door_host(options: CameraOptions) -> str:
    """Return the name or address of the camera's own door."""
    return options.door.host or urlsplit(options.main or options.snapshot).hostname or ""


def _on_device(config: Config, camera: CameraId) -> Iterator[tuple[CameraId, CameraOptions]]:
    """Yield the camera and those behind the same device: the channels of a recorder have one address and one port."""
    options = config.cameras[camera]
    yield camera, options
    for other, found in config.cameras.items():
        if other != camera and door_host(found) == door_host(options) and door_host(options) and _same_port(options, found):
            yield other, found


def _same_port(one: CameraOptions, other: CameraOptions) -> bool:
    """One address with several ports may be a router in front of several cameras."""
    if one.door.port and other.door.port:
        return one.door.port == other.door.port
    return _port(urlsplit(one.main)) == _port(urlsplit(other.main))


def _port(parts: SplitResult) -> tuple[str, int]:
    return parts.scheme, parts.port or _USUAL.get(parts.scheme, 0)


def _at(parts: SplitResult, host: str, port: int | None) -> str:
    port = parts.port if port is None else port
    shown = "" if port is None or port == _USUAL.get(parts.scheme) else f":{port}"
    return parts._replace(netloc=(f"[{host}]" if ":" in host else host) + shown).geturl()
