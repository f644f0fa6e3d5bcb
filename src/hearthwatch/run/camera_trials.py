"""Trying a camera before it is taken in: one log-in, who it is, its streams watched for some seconds, one picture."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import os
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

from hearthwatch.feeds.jpeg import jpeg_size
from hearthwatch.feeds.packet import Stream
from hearthwatch.feeds.source import Source, SourceKind
from hearthwatch.kit.clock import Clock
from hearthwatch.kit.errors import BadReply, HearthwatchError, Refused, Unreachable, Unsupported
from hearthwatch.kit.secrets import Secret
from hearthwatch.kit.units import NS_PER_S, CameraId, MonoNs
from hearthwatch.run.config import CameraOptions
from hearthwatch.run.config_checks import url_fault
from hearthwatch.run.sources import kind_of
from hearthwatch.run.stream_trial import Watched, picture_of, single_picture, watch
from hearthwatch.run.trial_words import codec_name, failed, in_words, refused_lately, remarks
from hearthwatch.vendors.capability import DeviceInfo, Snapshot, Streams
from hearthwatch.vendors.detection import Detected
from hearthwatch.vendors.device import Access, DeviceIdentity, Vendor, VideoStream
from hearthwatch.vendors.doorman import Door, Doorman
from hearthwatch.web.camera_setup_doors import StreamTried, Trial, TrialFailed, TrialFault, TryWish

TRIAL = CameraId("trial")
_KEPT_S = 1800.0
_REFUSED_S = 600.0
_MAX_KEPT = 16
_MAX_REFUSED = 256
_MAX_PICTURE_BYTES = 8 << 20
_LOCAL = frozenset({"v4l2", "file", "demo", "picamera"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """A trial with all that adding the camera needs; `access` is None for addresses given by hand."""

    trial: Trial
    wish: TryWish
    access: Access | None
    vendor: Vendor | None
    jpeg: bytes
    until_ns: MonoNs


class Trials:
    """For one event loop. Keeps the last trials in memory, their passwords with them, for half an hour."""

    def __init__(
        self, doorman: Doorman, *, clock: Clock, ids: Callable[[], str], ours: Callable[[str, str, str], str] = lambda *_: ""
    ) -> None:
        """`ours` returns which of our cameras a host, MAC or serial number belongs to, "" for none."""
        self._doorman = doorman
        self._clock = clock
        self._ids = ids
        self._ours = ours
        self._rng = random.Random()  # noqa: S311 - client nonces
        self._kept: dict[str, Tried] = {}
        self._refused: dict[bytes, MonoNs] = {}
        self._key = os.urandom(16)
        self._turns: dict[str, asyncio.Lock] = {}

    def get(self, trial: str) -> Tried | None:
        """Return a trial that is not over."""
        self._forget_old()
        return self._kept.get(trial)

    def drop(self, trial: str) -> None:
        """Forget it and its password."""
        self._kept.pop(trial, None)

    async def try_camera(self, wish: TryWish) -> Trial:
        """Try it once. Raises TrialFailed."""
        self._forget_old()
        mark = self._mark(wish)
        async with self._turns.setdefault(wish.host or wish.main or wish.snapshot, asyncio.Lock()):
            if mark in self._refused:
                raise refused_lately()
            try:
                tried = await (self._by_hand(wish) if wish.main or wish.snapshot else self._by_door(wish))
            except HearthwatchError as error:
                if isinstance(error, Refused) and len(self._refused) < _MAX_REFUSED:
                    self._refused[mark] = self._until(_REFUSED_S)
                raise failed(error, wish.host or urlsplit(wish.main or wish.snapshot).hostname or "") from error
        while len(self._kept) >= _MAX_KEPT:
            self._kept.pop(next(iter(self._kept)))
        self._kept[tried.trial.id] = tried
        return tried.trial

    async def _by_door(self, wish: TryWish) -> Tried:
        found = await self._doorman.detector.detect(
            wish.host, vendor=wish.vendor, port=wish.port, tls=wish.tls, allow_loopback=wish.allow_loopback
        )
        if found.fingerprint is None:
            raise _no_camera(found)
        access = Access(
            camera=TRIAL,
            host=wish.host,
            port=found.port,
            tls=found.tls,
            user=wish.user,
            password=wish.password,
            allow_loopback=wish.allow_loopback,
        )
        vendor = found.fingerprint.vendor
        async with self._doorman.guest(Door(vendor=vendor, access=access)) as client:
            identity = await client.identity()
            offered = await client.streams(wish.channel - 1) if isinstance(client, Streams) else ()
            usable = tuple({one.url: one for one in reversed(offered) if one.is_enabled}.values())[::-1]
            watched = await self._watched(wish, [(one.name, one.url) for one in usable[:2]])
            jpeg = await _picture(watched)
            if not jpeg:
                jpeg = await _own_picture(client, wish.channel - 1)
        streams = tuple(_tried(one, watched.get(one.url)) for one in usable)
        return self._kept_as(wish, streams, jpeg, access=access, vendor=vendor, identity=identity)

    async def _by_hand(self, wish: TryWish) -> Tried:
        for url in (wish.main, wish.sub, wish.snapshot):
            fault = url_fault(url, camera="NAME", allow_loopback=wish.allow_loopback) if url else None
            if fault:
                raise TrialFailed(TrialFault.ADDRESS, f"The address {fault}.")
        if wish.main:
            given = [(name, url) for name, url in (("main", wish.main), ("sub", wish.sub)) if url]
            watched = await self._watched(wish, given)
            if isinstance(problem := watched[wish.main], (Unreachable, BadReply, Unsupported)):
                raise problem
            jpeg = await _picture(watched)
            streams = tuple(
                _tried(VideoStream(name=name, url=url, codec="", width_px=0, height_px=0, is_enabled=True), watched.get(url))
                for name, url in given
            )
        else:
            streams, jpeg = (), b""
            if urlsplit(wish.snapshot).scheme not in _LOCAL:
                source = replace(_source(wish, "main", wish.snapshot), kind=SourceKind.JPEG)
                jpeg = await single_picture(source, clock=self._clock, rng=self._rng)
        return self._kept_as(wish, streams, jpeg, access=None, vendor=None, identity=DeviceIdentity(vendor="", model=""))

    async def _watched(self, wish: TryWish, urls: Sequence[tuple[str, str]]) -> dict[str, Watched | HearthwatchError]:
        """Watch one stream after the other. Raises Refused at once: a second try would be a second wrong password."""
        found: dict[str, Watched | HearthwatchError] = {}
        for name, url in urls:
            found[url] = await self._watch(_source(wish, name, url))
            if isinstance(error := found[url], Refused):
                raise error
        return found

    async def _watch(self, source: Source) -> Watched | HearthwatchError:
        if source.kind.in_guest:
            return _local_fault(source)
        try:
            return await watch(source, clock=self._clock, rng=self._rng)
        except HearthwatchError as error:
            return error

    def _kept_as(
        self,
        wish: TryWish,
        streams: tuple[StreamTried, ...],
        jpeg: bytes,
        *,
        access: Access | None,
        vendor: Vendor | None,
        identity: DeviceIdentity,
    ) -> Tried:
        host = wish.host or urlsplit(wish.main or wish.snapshot).hostname or ""
        main, sub = _proposed(streams)
        snapshot = wish.snapshot
        trial = Trial(
            id=self._ids(),
            host=host,
            vendor=vendor.value if vendor else "",
            maker=identity.vendor,
            model=identity.model,
            firmware=identity.firmware,
            mac=identity.mac,
            serial=identity.serial,
            streams=streams,
            main=main,
            sub=sub,
            snapshot=snapshot,
            name=identity.name or identity.model,
            has_picture=bool(jpeg),
            remarks=tuple(remarks(streams, main, sub, user=wish.user, vendor=vendor)),
            camera=self._ours(host, identity.mac, identity.serial) if vendor else "",
        )
        return Tried(trial=trial, wish=wish, access=access, vendor=vendor, jpeg=jpeg, until_ns=self._until(_KEPT_S))

    def _mark(self, wish: TryWish) -> bytes:
        """A name for who, what and where that says nothing to anybody."""
        said = "\0".join((wish.host, wish.main, wish.snapshot, str(wish.port), wish.user, wish.password.reveal()))
        return hmac.digest(self._key, said.encode(errors="replace"), hashlib.sha256)

    def _until(self, seconds: float) -> MonoNs:
        return MonoNs(self._clock.mono_ns() + round(seconds * NS_PER_S))

    def _forget_old(self) -> None:
        now_ns = self._clock.mono_ns()
        self._kept = {key: one for key, one in self._kept.items() if one.until_ns > now_ns}
        self._refused = {key: until_ns for key, until_ns in self._refused.items() if until_ns > now_ns}
        self._turns = {key: lock for key, lock in self._turns.items() if lock.locked()}


def _no_camera(found: Detected) -> Unsupported:
    if 554 in found.open_ports:
        return Unsupported(
            f"What answers at {found.host} is {found.why}. It does send video: give the address of its stream by hand "
            "(the maker's manual names it; it begins with rtsp://)."
        )
    return Unsupported(f"What answers at {found.host} is {found.why}.")


def _source(wish: TryWish, name: str, url: str) -> Source:
    options = CameraOptions(main=url, user=wish.user, poll_s=wish.poll_s, allow_loopback=wish.allow_loopback)
    return Source(
        camera=TRIAL,
        stream=Stream.MAIN if name == "main" else Stream.SUB,
        kind=kind_of(options, url),
        url=url,
        user=wish.user,
        password=wish.password.reveal() if wish.user else "",
        poll_s=wish.poll_s or 1.0,
        allow_loopback=wish.allow_loopback,
    )


def _local_fault(source: Source) -> HearthwatchError:
    """What is read by a process of its own is only looked for: its picture is there once it is added."""
    parts = urlsplit(source.url)
    if source.kind in {SourceKind.FILE, SourceKind.V4L2} and not Path(parts.path).exists():
        what = "file" if source.kind is SourceKind.FILE else "video device"
        return Unreachable(f"there is no {what} {parts.path} on the machine Hearthwatch runs on")
    return NotWatched("its picture is there once it is added")


class NotWatched(HearthwatchError):
    """The stream is one that cannot be watched before it is added; nothing is wrong with it."""


async def _picture(watched: dict[str, Watched | HearthwatchError]) -> bytes:
    for one in watched.values():
        if isinstance(one, Watched) and (jpeg := await picture_of(one)):
            return jpeg
    return b""


async def _own_picture(client: DeviceInfo, channel: int) -> bytes:
    """The camera's own snapshot, where its streams gave no picture."""
    if not isinstance(client, Snapshot):
        return b""
    try:
        jpeg = await client.snapshot(channel)
        jpeg_size(jpeg)
    except HearthwatchError:
        return b""
    return jpeg if len(jpeg) <= _MAX_PICTURE_BYTES else b""


def _tried(offered: VideoStream, seen: Watched | HearthwatchError | None) -> StreamTried:
    if not isinstance(seen, Watched):
        shown = codec_name(offered.codec) if offered.codec else ""
        return StreamTried(
            name=offered.name,
            url=offered.url,
            codec=offered.codec,
            width_px=offered.width_px,
            height_px=offered.height_px,
            words=in_words(shown, offered.width_px, offered.height_px, 0, 0),
            trouble="" if seen is None or isinstance(seen, NotWatched) else str(seen),
        )
    video = seen.info.video
    return StreamTried(
        name=offered.name,
        url=offered.url,
        codec=video.codec.value,
        width_px=video.width_px,
        height_px=video.height_px,
        fps=round(seen.fps, 1),
        kbit_per_s=round(seen.kbit_per_s, 1),
        bytes_per_day=seen.bytes_per_day,
        words=in_words(video.codec.value, video.width_px, video.height_px, seen.fps, seen.bytes_per_day),
    )


def _proposed(streams: Sequence[StreamTried]) -> tuple[str, str]:
    """The largest stream is kept, the smallest other one that works is looked at."""
    works = [one for one in streams if not one.trouble] or list(streams)
    if not works:
        return "", ""
    main = works[0]
    others = [one for one in works[1:] if one.width_px * one.height_px <= main.width_px * main.height_px]
    return main.url, others[0].url if others else ""


def secret_of(tried: Tried) -> Secret | None:
    """Return the password to keep, None where none was given."""
    return tried.wish.password if tried.wish.password.reveal() else None
