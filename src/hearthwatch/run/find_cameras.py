"""Looking for cameras in the home networks, for the set-up: without credentials, when the owner asks and never else."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from hearthwatch.kit.address import source_address
from hearthwatch.kit.errors import HearthwatchError
from hearthwatch.kit.neighbours import KernelNeighbours, Network
from hearthwatch.run.config import Config
from hearthwatch.vendors.detection import Detector
from hearthwatch.vendors.known import KnownCamera
from hearthwatch.vendors.onvif_discovery import Answers, call
from hearthwatch.vendors.survey import Sighting, Survey, SurveyNow
from hearthwatch.web.camera_setup_doors import Candidate, SearchNow

if TYPE_CHECKING:
    from hearthwatch.vendors.mdns import Announced

_EVERY_S = 1.0
_MAX_CHARS = 100


def survey_of(detector: Detector) -> Survey:
    """Return what looks around on this machine's own networks."""
    rng = random.Random()  # noqa: S311 - message numbers, not secrets

    async def discover(networks: Sequence[Network]) -> Answers:
        """A machine may be in several networks, and the one with the cameras need not be the one with the router."""
        own = {address for network in networks if (address := source_address(str(network[1 % network.num_addresses])))}
        told = await asyncio.gather(*(call(rng=rng, local_address=address) for address in sorted(own)))
        return Answers(
            cameras=tuple(one for answers in told for one in answers.cameras), ignored=sum(answers.ignored for answers in told)
        )

    return Survey(detector, KernelNeighbours(), discover=discover, browse=_browse)


async def _browse() -> Sequence[Announced]:
    from hearthwatch.vendors.mdns import browse  # megabytes, for once in a while

    return await browse()


def configured(config: Config) -> Mapping[str, str]:
    """Return the camera at each host that the configuration names."""
    found: dict[str, str] = {}
    for name, camera in config.cameras.items():
        addresses = (camera.main, camera.sub, camera.snapshot)
        for host in (camera.door.host, *(urlsplit(address).hostname for address in addresses)):
            if host:
                found.setdefault(host, name)
    return found


class Ours:
    """Which of our cameras something is, by what is known of each: MAC and serial number first, then where it is."""

    def __init__(self, config: Config, known: Sequence[KnownCamera]) -> None:
        self._hosts = configured(config)
        self._macs = {
            mac: one.camera for one in known if one.camera in config.cameras for mac in (one.mac, one.link_mac) if mac
        }
        self._serials = {
            serial: one.camera for one in known if one.camera in config.cameras for serial in (one.serial, one.mark) if serial
        }

    def name(self, host: str, mac: str, serial: str) -> str:
        """Return the camera's name, "" for none of ours."""
        return self._macs.get(mac) or self._serials.get(serial) or ("" if mac in self._macs else self._hosts.get(host, ""))


def candidate(one: Sighting, ours: Ours) -> Candidate:
    """Return a sighting as the page and the command line show it."""
    found, called = one.detected, one.called
    seen = found.fingerprint
    told = seen.shown if seen is not None else None
    mac = one.mac or (told.mac if told else "")
    serial = (told.serial if told else "") or (seen.mark if seen is not None else "")
    return Candidate(
        host=found.host,
        port=found.port,
        tls=found.tls,
        vendor=seen.vendor.value if seen is not None else "",
        name=_plain((told.name if told else "") or (called.name if called else "") or one.announced),
        model=_plain((told.model if told else "") or (called.hardware if called else "")),
        firmware=_plain(told.firmware if told else ""),
        mac=mac,
        serial=_plain(told.serial if told else ""),
        why=found.why,
        camera=ours.name(found.host, mac, serial),
    )


def _plain(text: str) -> str:
    """What devices say of themselves, on one line and bounded."""
    return "".join(char if char.isprintable() else "?" for char in text[:_MAX_CHARS]).strip()


class CameraSearch:
    """One search at a time, in the background; who asks meanwhile sees the one that goes on."""

    def __init__(
        self,
        survey: Survey,
        *,
        config: Callable[[], Config],
        known: Callable[[], Awaitable[Sequence[KnownCamera]]],
    ) -> None:
        self._survey = survey
        self._config = config
        self._known = known
        self._task: asyncio.Task[None] | None = None
        self._now = SearchNow()
        self._changed = asyncio.Event()

    @property
    def now(self) -> SearchNow:
        return self._now

    async def start(self) -> SearchNow:
        if self._task is None or self._task.done():
            self._set(SearchNow(running=True))
            self._task = asyncio.create_task(self._run(), name="search for cameras")
        return self._now

    async def stop(self) -> SearchNow:
        if self._task is not None and not self._task.done():
            self._task.cancel()
            await asyncio.wait({self._task})
            self._set(replace(self._now, running=False))
        return self._now

    async def follow(self) -> AsyncGenerator[SearchNow]:
        """Yield the search as it is, and again when it changed, until it is over."""
        while True:
            now, changed = self._now, self._changed
            yield now
            if not now.running:
                return
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_EVERY_S):
                    await changed.wait()

    async def ours(self) -> Ours:
        return Ours(self._config(), await self._known())

    async def _run(self) -> None:
        try:
            ours = await self.ours()
            networks = self._config().home.networks
            done = await self._survey.run(networks, lambda step: self._set(_shown(step, ours, running=True)))
            self._set(_shown(done, ours, running=False))
        except HearthwatchError as error:
            self._set(replace(self._now, running=False, trouble=str(error)))
        finally:
            self._set(replace(self._now, running=False))

    def _set(self, now: SearchNow) -> None:
        self._now = now
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()

    async def look_at(self, host: str, port: int, *, allow_loopback: bool) -> Candidate | None:
        """Return what one address shows, None when it is no camera as far as can be seen."""
        seen = await self._survey.look(host, port=port, allow_loopback=allow_loopback)
        return None if seen is None else candidate(seen, await self.ours())


def _shown(step: SurveyNow, ours: Ours, *, running: bool) -> SearchNow:
    return SearchNow(
        running=running,
        networks=step.networks,
        too_large=step.too_large,
        addresses=step.addresses,
        living=step.living,
        looked=step.looked,
        ignored=step.ignored,
        found=tuple(candidate(one, ours) for one in step.found),
        trouble="" if step.found else next(iter(step.troubles), ""),
    )
