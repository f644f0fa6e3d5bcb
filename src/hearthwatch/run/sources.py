"""From the checked configuration and the secrets to the Sources that feeds read."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from hearthwatch.feeds.packet import Stream
from hearthwatch.feeds.source import Source, SourceKind
from hearthwatch.kit.secrets import Secrets
from hearthwatch.kit.units import CameraId
from hearthwatch.run.config import CameraOptions, Config, Reader

_KIND_OF_SCHEME = {"v4l2": SourceKind.V4L2, "file": SourceKind.FILE, "demo": SourceKind.DEMO, "picamera": SourceKind.PICAMERA}


def sources(config: Config, secrets: Secrets, strangers: Collection[CameraId] = ()) -> tuple[Source, ...]:
    """Return the streams of every enabled camera, main before sub. Raises StorageFailed when the secrets cannot be read.

    Where another device answers in the camera's place (`strangers`) no log-in is sent along."""
    return tuple(
        _source(name, replace(camera, user="") if name in strangers else camera, stream, url, secrets)
        for name, camera in config.cameras.items()
        if camera.enabled
        for stream, url in ((Stream.MAIN, camera.main), (Stream.SUB, camera.sub))
        if url
    )


def _source(name: CameraId, camera: CameraOptions, stream: Stream, url: str, secrets: Secrets) -> Source:
    password = secrets.get(f"camera.{name}.password") if camera.user else None
    return Source(
        camera=name,
        stream=stream,
        kind=kind_of(camera, url),
        url=url,
        user=camera.user,
        password=password.reveal() if password else "",
        transport=camera.transport,
        poll_s=camera.poll_s or 1.0,
        speed=camera.speed,
        allow_loopback=camera.allow_loopback,
    )


def snapshot_source(name: CameraId, camera: CameraOptions, secrets: Secrets) -> Source:
    """Return where a camera gives single pictures. Raises StorageFailed when the secrets cannot be read."""
    return replace(_source(name, camera, Stream.MAIN, camera.snapshot, secrets), kind=SourceKind.JPEG)


def kind_of(camera: CameraOptions, url: str) -> SourceKind:
    """Return which reader `url` needs; `reader = "libav"` goes to the guest process."""
    scheme = url.partition("://")[0].lower()
    if scheme in _KIND_OF_SCHEME:
        return _KIND_OF_SCHEME[scheme]
    if camera.reader is Reader.LIBAV:
        return SourceKind.LIBAV
    if scheme in {"http", "https"}:
        return SourceKind.JPEG if camera.poll_s else SourceKind.MJPEG
    return SourceKind.RTSP
