"""Cameras of four makers and one that speaks ONVIF only, with a burglar at their doors, the house that watches them, and what reaches its owner."""

from __future__ import annotations

import contextlib
import json
import random
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from hearthwatch.bench.rtsp_server import Mount
from hearthwatch.kit.clock import SystemClock
from hearthwatch.kit.errors import Refused
from hearthwatch.kit.secrets import Secret, Secrets
from hearthwatch.logins.login import Login
from hearthwatch.vendors.dahua import DahuaCamera
from hearthwatch.vendors.device import Access
from hearthwatch.vendors.foscam_hd import FoscamHdCamera
from hearthwatch.vendors.foscam_mjpeg import FoscamMjpegCamera
from hearthwatch.vendors.onvif import OnvifCamera
from hearthwatch.vendors.reolink import ReolinkCamera
from tests.devices import (
    dahua,
    dahua_tree,
    foscam_hd,
    foscam_hd_settings,
    foscam_mjpeg,
    foscam_mjpeg_params,
    onvif_camera,
    reolink,
)
from tests.devices import reolink_settings as reolink_tree
from tests.devices.camera_state import LogKind
from tests.devices.camera_video import CameraVideo
from tests.devices.camera_web import EmulatedCamera
from tests.runs.rig import CameraSection, Channels, House, channels, running

OURS = "watch"
PATIENCE_S = 180.0
"""What took longer never comes; how fast things are told is judged by `Account.late`."""
RING = 1200
"""Lines each camera's log holds: more than the burst, fewer than all that happens."""
_LOGGED = {LogKind.LOGIN, LogKind.LOGOUT, LogKind.DENIED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """One maker's camera. `has_log`: who was there can be read later; `is_fast`: it lists sessions. `writes` are the kinds of
    lines its log has. `by_hand` names, of the planted weaknesses, those its API cannot mend, and the finding that says so."""

    name: str
    vendor: str
    title: str
    make: Callable[[], EmulatedCamera]
    client: type
    password: str
    path: str
    has_log: bool
    is_fast: bool
    writes: frozenset[LogKind]
    behind: tuple[str, str, str]
    """A setting somebody changes, to what, and what the alert must say of it."""
    weaknesses: Mapping[str, str]
    findings: Mapping[str, str]
    """Of each planted weakness the check that must find it."""
    by_hand: frozenset[str] = frozenset()
    is_silent: bool = False
    """It tells nobody who logs in."""


FAMILIES = (
    Family(
        name="mjpeg",
        vendor="foscam-mjpeg",
        title="Garage",
        make=lambda: foscam_mjpeg.camera(log_size=RING),
        client=FoscamMjpegCamera,
        password="watchPass1",
        path="",
        has_log=True,
        is_fast=False,
        writes=frozenset({*_LOGGED, LogKind.ACCOUNT_ADDED, LogKind.LOG_CLEARED}),
        behind=("params.ntp_svr", "evil.example", "Time server: time.nist.gov → evil.example"),
        weaknesses=foscam_mjpeg_params.WEAKNESSES,
        findings={"params.upnp_enable": "upnp", "params.ddns_service": "ddns", "params.ntp_enable": "ntp"},
    ),
    Family(
        name="hd",
        vendor="foscam-hd",
        title="Front door",
        make=lambda: foscam_hd.camera(log_size=RING),
        client=FoscamHdCamera,
        password="watchPass1",
        path="/videoMain",
        has_log=True,
        is_fast=True,
        writes=frozenset({LogKind.LOGIN, LogKind.LOGOUT}),
        behind=("P2PEnable.enable", "0", "P2P cloud access switched off"),
        weaknesses=foscam_hd_settings.WEAKNESSES,
        findings={
            "P2PEnable.enable": "p2p",
            "UPnPConfig.isEnable": "upnp",
            "DDNSConfig.isEnable": "ddns",
            "FirewallConfig.isEnable": "address-filter",
            "SystemTime.timeSource": "ntp",
            "SMTPConfig.tls": "email-clear",
        },
        by_hand=frozenset({"FirewallConfig.isEnable", "SMTPConfig.tls"}),
    ),
    Family(
        name="amcrest",
        vendor="dahua",
        title="Garden",
        make=lambda: dahua.camera(log_size=RING),
        client=DahuaCamera,
        password="watch-Pass-1",
        path="/cam/realmonitor",
        has_log=True,
        is_fast=True,
        writes=frozenset({*_LOGGED, LogKind.ACCOUNT_ADDED, LogKind.LOG_CLEARED}),
        behind=("T2UServer.Enable", "false", "P2P cloud access switched off"),
        weaknesses=dahua_tree.WEAKNESSES,
        findings={
            "T2UServer.Enable": "p2p",
            "UPnP.Enable": "upnp",
            "Telnet.Enable": "telnet",
            "DDNS[0].Enable": "ddns",
            "SNMP.Enable": "snmp",
            "Https.Enable": "https-off",
            "UserGlobal.OnvifLoginCheck": "onvif-open",
            "LoginFailureAlarm.Enable": "access-alarm",
            "NTP.Enable": "ntp",
            "Bonjour.Enable": "bonjour",
            "Multicast.Enable": "multicast",
        },
        by_hand=frozenset({"LoginFailureAlarm.Enable"}),
    ),
    Family(
        name="reolink",
        vendor="reolink",
        title="Drive",
        make=reolink.camera,
        client=ReolinkCamera,
        password="watch-Pass-1",
        path="/Preview_01_main",
        has_log=False,
        is_fast=True,
        writes=frozenset(),
        behind=("P2p.enable", "0", "P2P cloud access switched off"),
        weaknesses=reolink_tree.WEAKNESSES,
        findings={
            "P2p.enable": "p2p",
            "Upnp.enable": "upnp",
            "Ddns.enable": "ddns",
            "NetPort.httpEnable": "http-clear",
            "NetPort.rtmpEnable": "rtmp",
            "SysCfg.loginLock": "lockout",
            "Ntp.enable": "ntp",
        },
        by_hand=frozenset({"NetPort.httpEnable"}),
    ),
    Family(
        name="onvif",
        vendor="onvif",
        title="Cellar",
        make=onvif_camera.camera,
        client=OnvifCamera,
        password="watch-Pass-1",
        path="/",
        has_log=False,
        is_fast=False,
        is_silent=True,
        writes=frozenset(),
        behind=("NTP.NTPManual.DNSname", "evil.example", " → evil.example"),
        weaknesses={
            "NetworkProtocols.HTTPS.Enabled": "false",
            "SystemDateAndTime.DateTimeType": "Manual",
            "DiscoveryMode": "Discoverable",
        },
        findings={
            "NetworkProtocols.HTTPS.Enabled": "https-off",
            "SystemDateAndTime.DateTimeType": "ntp",
            "DiscoveryMode": "bonjour",
        },
        by_hand=frozenset({"DiscoveryMode"}),
    ),
)


def planted(camera: EmulatedCamera, key: str) -> str:
    """Return the value of a setting of WEAKNESSES from the inside of the emulated camera."""
    if isinstance(camera, dahua.Dahua):
        return str(dahua_tree.printed(dahua_tree.value_at(camera.tree, key)))
    name, _, leaf = key.partition(".")
    if isinstance(camera, foscam_mjpeg.FoscamMjpeg):
        return str(camera.params[leaf])
    if isinstance(camera, foscam_hd.FoscamHd):
        return (camera.system_time if name == "SystemTime" else camera.sections[name])[leaf]
    if isinstance(camera, onvif_camera.OnvifCamera):
        return {
            "NetworkProtocols.HTTPS.Enabled": dahua_tree.printed(camera.protocols["HTTPS"][0]),
            "SystemDateAndTime.DateTimeType": "NTP" if camera.by_ntp else "Manual",
            "NTP.NTPManual.DNSname": camera.ntp_server,
            "DiscoveryMode": camera.discovery,
        }[key]
    assert isinstance(camera, reolink.Reolink)
    section: Any = camera.values.get(f"{name}V20", camera.values.get(name))
    while leaf not in section:
        (section,) = section.values()
    return str(section[leaf])


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """One thing that reached the owner. `at_us`: when it was taken, by the wall clock."""

    way: str
    text: str
    at_us: int
    buttons: Mapping[str, str]


@dataclass(slots=True, kw_only=True)
class Visited:
    """One camera of the scene."""

    family: Family
    camera: EmulatedCamera
    video: CameraVideo | None

    @property
    def name(self) -> str:
        return self.family.name

    def ledger(self) -> Counter[tuple[str, str, str]]:
        """What the camera itself knows of others than the house, as far as its make writes it down."""
        return Counter(
            (line.kind.value, line.user, line.address)
            for line in self.camera.ledger
            if line.kind in self.family.writes & _LOGGED and line.address not in {"127.0.0.1", ""}
        )

    def access(self, password: str) -> Access:
        return Access(
            camera=self.family.name,  # type: ignore[arg-type]
            host="127.0.0.1",
            port=self.camera.port,
            user=OURS,
            password=Secret(password),
            allow_loopback=True,
        )

    async def lets_in(self, password: str) -> bool:
        """Try our account with `password` at the camera's own door."""
        client = self.family.client(self.access(password), clock=SystemClock(), rng=random.Random(2))
        try:
            await client.settings()
        except Refused:
            return False
        else:
            return True
        finally:
            await client.close()


@dataclass(slots=True, kw_only=True)
class Scene:
    house: House
    services: Channels
    cameras: list[Visited]
    folder: Path
    wall_minus_mono_us: int = field(default_factory=lambda: (time.time_ns() - time.monotonic_ns()) // 1000)

    def __getitem__(self, name: str) -> Visited:
        return next(one for one in self.cameras if one.name == name)

    def received(self) -> list[Received]:
        """Everything, oldest first, as it reads now: a message of Telegram's may have been changed since it came."""
        taken = self.services.telegram.taken
        changed = {one.message: one for one in taken if one.method == "editMessageText"}
        found = []
        for first in (one for one in taken if one.method != "editMessageText"):
            now = changed.get(first.message, first)
            at_us = first.at_ns // 1000 + self.wall_minus_mono_us
            found.append(Received(way="telegram", text=now.text, at_us=at_us, buttons=_buttons(now.fields)))
        mail = self.services.mail
        for message, at_ns in zip(mail.messages, mail.taken_ns, strict=True):
            body = message.get_body(("plain",))
            text = f"{message['subject']}\n{body.get_content() if body is not None else ''}"
            found.append(Received(way="mail", text=text, at_us=at_ns // 1000 + self.wall_minus_mono_us, buttons={}))
        return sorted(found, key=lambda one: one.at_us)

    async def gets(self, *words: str, way: str, since_us: int, timeout_s: float = PATIENCE_S) -> Received:
        """Wait for what says all `words`, taken after `since_us`. Where Telegram has got all it takes in a minute, a line with
        the title is what is told there: the title of the mail that says all."""

        async def look() -> Received | None:
            late = [one for one in self.received() if one.at_us >= since_us]
            whole = [one for one in late if all(word in one.text for word in words)]
            titles = {one.text.splitlines()[0] for one in whole if one.way == "mail"}
            digests = [one for one in late if "more alerts" in one.text and any(title in one.text for title in titles)]
            return next((one for one in (*whole, *digests) if one.way == way), None)

        try:
            found = await self.house.until(look, bool, timeout_s=timeout_s, every_s=0.2)
        except AssertionError:
            texts = "\n---\n".join(one.text for one in self.received() if one.at_us >= since_us and one.way == way)
            raise AssertionError(f"no {way} with {words} in {timeout_s:.0f} s; there were:\n{texts}") from None
        assert isinstance(found, Received)
        return found

    async def logins(self, name: str) -> list[Login]:
        """Return what `hearthwatch logins --json` says of one camera."""
        code, said = await self.house.command("logins", "--camera", name, "--limit", "100000", "--json")
        assert code == 0, said
        return [msgspec.json.decode(line, type=Login) for line in said.splitlines()]

    async def counted(self, name: str) -> Counter[tuple[str, str, str]]:
        """Return the house's ledger as `Visited.ledger` counts, by the API."""
        rows: list[dict[str, Any]] = []
        query: dict[str, object] = {"camera": name, "limit": 500}
        while True:
            page = await self.house.get("/api/v1/logins", **query)
            rows += page["logins"]
            if not page["more"]:
                break
            query["before"] = page["logins"][-1]["id"]
        return tally((row["action"], row["user"], row["address"] or "") for row in rows)

    async def ask(self, *words: str) -> tuple[int, str]:
        return await self.house.command(*words)

    def secret(self, name: str) -> str:
        return Secrets(self.folder).get(name).reveal()

    async def size(self, name: str) -> int:
        """Return how many bytes of video there are."""
        return sum(path.stat().st_size for path in (self.house.footage / name / "main").glob("*.mp4"))


def tally(rows: Iterable[tuple[str, str, str]]) -> Counter[tuple[str, str, str]]:
    """Count rows of our ledger as `Visited.ledger` counts the camera's; one without an address is nobody the camera knows."""
    kinds = {kind.value for kind in _LOGGED}
    return Counter(row for row in rows if row[0] in kinds and row[2] != "127.0.0.1")


def _buttons(fields: Mapping[str, str]) -> dict[str, str]:
    rows = json.loads(fields.get("reply_markup") or "{}").get("inline_keyboard", [])
    return {button["text"]: button["callback_data"] for row in rows for button in row}


@contextlib.asynccontextmanager
async def scene(folder: Path, poll_s: float, families: Sequence[Family] = FAMILIES) -> AsyncIterator[Scene]:
    """Run the cameras with their video, both services and a claimed house that watches."""
    async with contextlib.AsyncExitStack() as stack:
        cameras = []
        for family in families:
            camera = await stack.enter_async_context(family.make().running())
            video = None
            if family.path:
                mounts = [Mount(path=family.path, length_s=10, width_px=320, height_px=180, fps=2, gop_s=1.0)]
                video = CameraVideo(camera=camera, user=OURS, mounts=mounts)
                await stack.enter_async_context(video.running())
            cameras.append(Visited(family=family, camera=camera, video=video))
        services = await stack.enter_async_context(channels())
        sections = [_section(one, poll_s) for one in cameras]
        house = await stack.enter_async_context(running(folder, sections, services, '[audit]\ntime_server = "127.0.0.1"\n'))
        yield Scene(house=house, services=services, cameras=cameras, folder=folder)


def _section(one: Visited, poll_s: float) -> CameraSection:
    family, video = one.family, one.video
    url = f"http://127.0.0.1:{one.camera.port}/videostream.cgi" if video is None else video.url(family.path)
    more = (
        f'name = "{family.title}"\n'
        f'[camera.{family.name}.door]\nvendor = "{family.vendor}"\nport = {one.camera.port}\n'
        f'[camera.{family.name}.logins]\npoll_s = {poll_s}\nusers = ["admin"]\n'
    )
    return CameraSection(name=family.name, main=url, user=OURS, password=family.password, more=more)
