"""Cameras found, tried, taken in, called otherwise and taken out again, as the page and the command line ask for it."""

from __future__ import annotations

import asyncio
import re
import unicodedata
from collections.abc import AsyncGenerator, Awaitable, Callable, Collection, Sequence
from pathlib import Path
from urllib.parse import urlsplit

from hearthwatch.kit.clock import Clock
from hearthwatch.kit.errors import ConfigFault, Unsupported
from hearthwatch.kit.secrets import Secrets
from hearthwatch.kit.units import CameraId
from hearthwatch.run.camera_trials import Trials, Tried, secret_of
from hearthwatch.run.config import Config, load
from hearthwatch.run.find_cameras import CameraSearch, Ours, survey_of
from hearthwatch.vendors.doorman import Doorman
from hearthwatch.vendors.known import KnownCamera
from hearthwatch.web.camera_setup_doors import (
    AddWish,
    Candidate,
    Removed,
    SearchNow,
    Trial,
    TrialFailed,
    TrialFault,
    TryWish,
)

KeyPath = tuple[str, ...]
Values = dict[KeyPath, "str | int | float | bool | None"]
_MAX_ID = 32


class CameraSetup:
    """Implements CameraSetupDoor. `take_over` has what was written count now, `look` has a camera's own door looked at and
    its identity remembered, `forget` drops who a camera was."""

    def __init__(
        self,
        doorman: Doorman,
        secrets: Secrets,
        *,
        config_path: Path,
        clock: Clock,
        ids: Callable[[], str],
        known: Callable[[], Awaitable[Sequence[KnownCamera]]],
        take_over: Callable[[], Awaitable[None]],
        look: Callable[[CameraId], Awaitable[None]],
        forget: Callable[[CameraId], Awaitable[None]],
    ) -> None:
        self._secrets = secrets
        self._path = config_path
        self._take_over = take_over
        self._look = look
        self._forget = forget
        self._search = CameraSearch(survey_of(doorman.detector), config=self._config, known=known)
        self._ours: Ours | None = None
        self._trials = Trials(
            doorman,
            clock=clock,
            ids=ids,
            ours=lambda host, mac, serial: self._ours.name(host, mac, serial) if self._ours else "",
        )
        self._writing = asyncio.Lock()
        self._looking: set[asyncio.Task[None]] = set()

    def _config(self) -> Config:
        return load(self._path)

    async def search(self) -> SearchNow:
        """See CameraSetupDoor."""
        return await self._search.start()

    async def stop_search(self) -> SearchNow:
        """See CameraSetupDoor."""
        return await self._search.stop()

    def search_now(self) -> SearchNow:
        """See CameraSetupDoor."""
        return self._search.now

    def follow_search(self) -> AsyncGenerator[SearchNow]:
        """See CameraSetupDoor."""
        return self._search.follow()

    async def look_at(self, host: str, port: int, *, allow_loopback: bool) -> Candidate:
        """See CameraSetupDoor."""
        found = await self._search.look_at(host, port, allow_loopback=allow_loopback)
        if found is None:
            raise TrialFailed(
                TrialFault.UNREACHABLE,
                f"No camera answers at {host}.",
                "Is it on, and in this network? On another port, write it behind the address, as in 192.168.1.20:8080.",
            )
        return found

    async def try_camera(self, wish: TryWish) -> Trial:
        """See CameraSetupDoor."""
        self._ours = await self._search.ours()
        return await self._trials.try_camera(wish)

    def picture(self, trial: str) -> bytes | None:
        """See CameraSetupDoor."""
        found = self._trials.get(trial)
        return found.jpeg or None if found is not None else None

    async def add(self, wish: AddWish) -> CameraId:
        """See CameraSetupDoor."""
        tried = self._trials.get(wish.trial)
        if tried is None:
            raise Unsupported("the camera was tried too long ago: try it once more, then add it")
        async with self._writing:
            config = await asyncio.to_thread(self._config)
            camera = id_for(wish.name, taken(config))
            values = values_of(camera, wish, tried)
            password = secret_of(tried)
            await self._forget(camera)
            await asyncio.to_thread(self._write_new, camera, values, password.reveal() if password else None)
        self._trials.drop(wish.trial)
        await self._take_over()
        self._start(self._look(camera))
        return camera

    def _write_new(self, camera: CameraId, values: Values, password: str | None) -> None:
        """The password first: a camera without one would be refused, and some lock the account."""
        from hearthwatch.run.config_file import set_values  # megabytes of a TOML editor, for once in a while

        name = f"camera.{camera}.password"
        if password is not None:
            self._secrets.set(name, password)
        try:
            set_values(self._path, {**values})
        except Exception:
            if password is not None:
                self._secrets.delete(name)
            raise

    async def rename(self, camera: CameraId, name: str) -> None:
        """See CameraSetupDoor."""
        async with self._writing:
            await asyncio.to_thread(self._rename, camera, name.strip())
        await self._take_over()

    def _rename(self, camera: CameraId, name: str) -> None:
        from hearthwatch.run.config_file import set_values

        self._own(camera)
        set_values(self._path, {("camera", camera, "name"): name or None})

    async def remove(self, camera: CameraId) -> Removed:
        """See CameraSetupDoor."""
        async with self._writing:
            name, last = await asyncio.to_thread(self._remove, camera)
        await self._take_over()
        await self._forget(camera)
        text = (
            f"{name} is not watched any more, and its password is deleted here. Its footage and its events stay until they are "
            "as old as the others' get, and can be watched until then with `hearthwatch export`."
        )
        if last:
            text += " No camera is left: the built-in demo camera is shown again."
        return Removed(camera=camera, name=name, text=text)

    def _remove(self, camera: CameraId) -> tuple[str, bool]:
        from hearthwatch.run.config_file import set_values

        config = self._own(camera)
        set_values(self._path, {("camera", camera): None})
        gone = [name for name in self._secrets.names() if name.startswith(f"camera.{camera}.")]
        self._secrets.change(dict.fromkeys(gone))
        return config.cameras[camera].name or camera, len(config.cameras) == 1

    def _own(self, camera: CameraId) -> Config:
        """Return the configuration. Raises Unsupported for a camera that does not stand in the file."""
        import tomllib

        from hearthwatch.run.config import read_text

        config = self._config()
        if camera not in config.cameras:
            raise Unsupported(f"there is no camera {camera}")
        if camera not in tomllib.loads(read_text(self._path)).get("camera", {}):
            raise Unsupported("the demo camera is built in: it goes by itself as soon as there is a camera of yours")
        return config

    def _start(self, work: Awaitable[None]) -> None:
        async def run() -> None:
            await work

        task = asyncio.create_task(run(), name="a look at a new camera")
        self._looking.add(task)
        task.add_done_callback(self._looking.discard)


def taken(config: Config) -> Collection[str]:
    """Return the ids that are in use; the demo's goes with the first camera of the owner's."""
    own = {name for name, camera in config.cameras.items() if not camera.main.startswith("demo://")}
    return own | {"add"}  # the page's own address


def id_for(name: str, taken: Collection[str]) -> CameraId:
    """Return a free id made of what the camera is called. Raises ConfigFault for a name that gives none."""
    plain = unicodedata.normalize("NFKD", name.replace("ß", "ss")).encode("ascii", "ignore").decode().lower()
    slug = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:_MAX_ID].strip("-")
    if not name.strip():
        raise ConfigFault("name: give the camera a name, such as Front door")
    slug = slug or "camera"
    number = 1
    found = slug
    while found in taken:
        number += 1
        found = f"{slug[: _MAX_ID - 1 - len(str(number))].rstrip('-')}-{number}"
    return CameraId(found)


def values_of(camera: CameraId, wish: AddWish, tried: Tried) -> Values:
    """Return what must stand in the file for a tried camera. Raises Unsupported for a stream that it did not offer."""
    trial, by = tried.trial, tried.wish
    offered = {one.url for one in trial.streams}
    main, sub = wish.main or trial.main, wish.sub
    if {main, sub} - offered - {""}:
        raise Unsupported("the camera did not offer this stream when it was tried")
    at: KeyPath = ("camera", camera)
    name = wish.name.strip()
    values: Values = {}
    if name != camera:
        values[*at, "name"] = name
    for key, url in (("main", main), ("sub", sub if sub != main else ""), ("snapshot", trial.snapshot)):
        if url:
            values[*at, key] = url
    if by.user:
        values[*at, "user"] = by.user
    if by.poll_s:
        values[*at, "poll_s"] = by.poll_s
    if by.allow_loopback:
        values[*at, "allow_loopback"] = True
    values |= _door_values(at, wish, tried, main)
    return values


def _door_values(at: KeyPath, wish: AddWish, tried: Tried, main: str) -> Values:
    access, door = tried.access, (*at, "door")
    if access is None or tried.vendor is None:
        return {}
    if not wish.watch_door:
        return {(*door, "vendor"): "none"}
    values: Values = {(*door, "vendor"): tried.vendor.value, (*door, "port"): access.port}
    if urlsplit(main).hostname != access.host.strip("[]"):
        values[*door, "host"] = access.host
    if access.tls:
        values[*door, "tls"] = True
    if tried.wish.channel > 1:
        values[*at, "alarms", "channel"] = tried.wish.channel
    return values


def plain_fault(error: ConfigFault, path: Path) -> str:
    """Return the texts of a fault without the file's own path, which says nothing to a person at the page."""
    return re.sub(rf"(?m)^{re.escape(str(path))}(?::\d+)?: ", "", str(error))
