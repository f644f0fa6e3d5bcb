"""A camera that says what it is told to say, and the house an auditor needs around it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from tests.alerts.house import House

from hearthwatch.audit import cves
from hearthwatch.audit.auditor import Auditor
from hearthwatch.audit.finding import AuditOptions
from hearthwatch.audit.remedy import Remedy, RemedyKind
from hearthwatch.audit.trail import Entry, RepairState
from hearthwatch.kit.errors import HearthwatchError, Unreachable, Unsupported
from hearthwatch.kit.secrets import Secret
from hearthwatch.kit.units import US_PER_S, CameraId, WallUs
from hearthwatch.vendors.capability import Service
from hearthwatch.vendors.device import Access, Account, ClockReading, DeviceIdentity, LocalUs, Setting, Vendor

CAM = CameraId("porch")
SWITCHES = {Service.P2P: "T2UServer.Enable", Service.TELNET: "Telnet.Enable", Service.UPNP: "UPnP.Enable"}


@dataclass
class FakeCamera:
    """DeviceInfo, Accounts, ConfigExport and Fix of a Dahua. `lies`: it says yes and changes nothing."""

    clock_us: object
    settings_now: dict[str, str] = field(default_factory=lambda: dict.fromkeys(SWITCHES.values(), "false"))
    names: list[str] = field(default_factory=lambda: ["admin", "watch"])
    away: HearthwatchError | None = None
    lies: bool = False
    asked: int = 0
    questions: list[Service] = field(default_factory=list)
    silent: bool = False

    async def close(self) -> None: ...

    async def identity(self) -> DeviceIdentity:
        self.asked += 1
        if self.away is not None:
            raise self.away
        return DeviceIdentity(vendor="Amcrest", model="X-1", firmware="9.999.AC99.1.R,build:2026-01-01")

    async def clock(self) -> ClockReading:
        now_us = self.clock_us()
        return ClockReading(local_us=LocalUs(now_us), at_us=WallUs(now_us), error_us=0)

    async def accounts(self) -> tuple[Account, ...]:
        return tuple(Account(name=name, group="admin", is_admin=True, is_built_in=name == "admin") for name in self.names)

    async def settings(self) -> tuple[Setting, ...]:
        if self.silent:
            raise Unsupported("this camera does not tell its settings")
        return tuple(Setting(key=key, value=value, is_secret=False) for key, value in self.settings_now.items())

    @property
    def services(self) -> frozenset[Service]:
        return frozenset(SWITCHES)

    async def is_on(self, service: Service) -> bool:
        self.questions.append(service)
        return self.settings_now[SWITCHES[service]] == "true"

    async def switch(self, service: Service, *, on: bool) -> None:
        if not self.lies:
            self.settings_now[SWITCHES[service]] = "true" if on else "false"

    async def change_password(self, user: str, new: Secret) -> None:
        raise AssertionError("an audit changes no password")

    async def reboot(self) -> None:
        raise AssertionError("an audit restarts nothing")


class Street:
    """The doorkeeper, the prober, the home and the repairer in one, and the auditor between them."""

    def __init__(self, house: House, every_h: float = 24.0) -> None:
        self.house = house
        self.clients = {CAM: FakeCamera(house.clock.wall_us)}
        self.passwords = {CAM: Secret("Vd7-quiet-Harbor")}
        self.hosts = {CAM: "192.168.1.20"}
        self.options = AuditOptions(every_h=every_h)
        self.told: list[tuple[list[str], str]] = []
        self.done: list[tuple[Remedy, str]] = []
        self.fails: HearthwatchError | None = None
        self.again()

    def again(self) -> None:
        """A new auditor on the same database, as after a restart."""
        self.auditor = Auditor(self, self, self, self, db=self.house.db, clock=self.house.clock, tell=self._tell)

    async def _tell(self, found, report) -> None:
        if self.fails is not None:
            raise self.fails
        self.told.append(([one.key for one in found], f"{report.camera}/{report.at_us}"))

    # the doorkeeper

    @property
    def cameras(self) -> tuple[CameraId, ...]:
        return tuple(self.clients)

    def access(self, camera: CameraId) -> Access:
        if camera not in self.clients:
            raise Unsupported(f"the own door of {camera} is not watched")
        return Access(camera=camera, host=self.hosts.get(camera, ""), port=80, user="watch", password=self.passwords[camera])

    async def client(self, camera: CameraId) -> FakeCamera:
        return self.clients[camera]

    # the prober

    async def open_ports(self, access, ports) -> dict[int, bool]:
        del access
        return dict.fromkeys(ports, False)

    async def certificate(self, access) -> bytes | None:
        raise Unreachable("no certificate here")

    async def answers_anybody(self, access, target, mark) -> bool | None:
        return None

    # the home

    def names(self, camera: CameraId) -> tuple[str, ...]:
        return (camera,)

    def utc_offset_us(self) -> int:
        return 0

    async def known_weaknesses(self):
        return cves.rules()

    def vendor(self, camera: CameraId) -> Vendor:
        return Vendor.DAHUA

    # the repairer

    async def do(self, remedy: Remedy, who: str) -> Entry:
        self.done.append((remedy, who))
        if remedy.kind in {RemedyKind.SERVICE_OFF, RemedyKind.SERVICE_ON}:
            await self.clients[remedy.camera].switch(Service(remedy.subject), on=remedy.kind is RemedyKind.SERVICE_ON)
        entry = Entry(id="1", remedy=remedy, who=who, state=RepairState.DONE, verified=True, text="Done.", asked_us=WallUs(0))
        return replace(entry, text=f"{remedy.camera}: done.")

    def pass_hours(self, hours: float) -> None:
        self.house.clock.advance(hours * 3600)


HOUR_US = 3600 * US_PER_S
