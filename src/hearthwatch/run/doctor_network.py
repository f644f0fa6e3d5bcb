"""The doctor's checks that need a socket: are the page's ports free, and does each camera answer?"""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import unquote, urlsplit

from hearthwatch.feeds.packet import Stream
from hearthwatch.feeds.source import Source, SourceKind
from hearthwatch.kit.address import resolve
from hearthwatch.kit.errors import HearthwatchError
from hearthwatch.kit.units import CameraId
from hearthwatch.run.check import Check, fail, ok, warn
from hearthwatch.run.config import Config
from hearthwatch.run.doctor_pi import picamera
from hearthwatch.run.house_secrets import HouseSecrets
from hearthwatch.run.sources import snapshot_source, sources
from hearthwatch.run.status import Status
from hearthwatch.web.doors import CameraNow, CameraState
from hearthwatch.web.options import WebOptions

_CONNECT_S = 3.0
_AT_ONCE = 8
_PORTS: Mapping[str, int] = {"rtsp": 554, "rtsps": 322, "http": 80, "https": 443}


def ports(web: WebOptions) -> Iterator[Check]:
    """Yield whether a house that is started now would get its ports."""
    for key, host, port in (("web.port", "127.0.0.1", web.port), ("web.https_port", "0.0.0.0", web.https_port)):  # noqa: S104
        with socket.socket() as sock:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                sock.bind((host, port))
            except OSError as error:
                yield fail(key, f"port {port} cannot be had ({error.strerror}): stop the program that has it, or set {key}")
            else:
                yield ok(key, f"port {port} is free")


def cameras(config: Config, data_folder: Path, status: Status | None) -> Iterator[Check]:
    """Yield how each camera is: as the running house sees it, else whether something answers at its address.

    No log-in is tried: cameras lock out who asks too often.
    """
    for name, camera in config.cameras.items():
        if not camera.enabled:
            yield ok(f"camera {name}", "switched off (enabled = false)")
    running = {camera.id: camera for camera in status.cameras} if status else {}
    try:
        secrets = HouseSecrets.open(data_folder)
        found = {source.camera: source for source in sources(config, secrets) if source.stream is Stream.MAIN}
        for name, camera in config.cameras.items():
            if camera.enabled and camera.snapshot and not camera.main:
                found[name] = snapshot_source(name, camera, secrets)
    except HearthwatchError:  # told by the check of the secrets
        return
    with ThreadPoolExecutor(_AT_ONCE) as threads:
        yield from threads.map(lambda source: _camera(source, running.get(source.camera)), found.values())


def _camera(source: Source, now: CameraNow | None) -> Check:
    if now is not None:
        return _as_seen(source.camera, now)
    if source.url.startswith("picamera://"):
        return picamera(f"camera {source.camera}", streams=source.kind is SourceKind.PICAMERA)
    return _as_reached(source)


def _as_seen(camera: CameraId, now: CameraNow) -> Check:
    subject = f"camera {camera}"
    if now.state is CameraState.LIVE:
        streams = ", ".join(f"{each.stream} {each.width_px}x{each.height_px}" for each in now.streams if each.codec)
        return ok(subject, f"live: {streams or 'single pictures'}")
    if now.state is CameraState.PRIVATE:
        return ok(subject, now.cause)
    if now.state is CameraState.CONNECTING:
        return warn(subject, "is just being connected: ask again in half a minute")
    return fail(subject, now.cause or now.state.value)


def _as_reached(source: Source) -> Check:
    subject = f"camera {source.camera}"
    parts = urlsplit(source.url)
    if parts.scheme == "demo":
        return ok(subject, "the built-in demo")
    if parts.scheme in {"file", "v4l2"}:
        return _as_file(subject, Path(unquote(parts.path)))
    try:
        address = resolve(parts.hostname or "", parts.port or _PORTS.get(parts.scheme, 0), source.allow_loopback)
    except HearthwatchError as error:
        return fail(subject, str(error))
    shown = f"{address[0]} port {address[1]}"
    if source.transport == "udp" and parts.scheme == "rtsp":
        shown += " (RTSP itself is TCP)"
    try:
        socket.create_connection(address, _CONNECT_S).close()
    except TimeoutError:
        return fail(subject, f"{shown} does not answer: is it on, and in this network?")
    except OSError as error:
        return fail(subject, f"{shown}: {error.strerror or error}: is this its address and port, and is its service on?")
    return ok(subject, f"{shown} answers (no log-in was tried)")


def _as_file(subject: str, path: Path) -> Check:
    if not os.access(path, os.F_OK):
        return fail(subject, f"{path} is not there, or this user may not look into its folder")
    if not os.access(path, os.R_OK):
        return fail(subject, f"{path} may not be read by this user")
    return ok(subject, f"{path} is there")
