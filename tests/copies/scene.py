"""A camera made of a dictionary, its door, and a keeper on a database: what the tests of this room share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.alerts.house import SickDb, opened

from hearthwatch.copies.copy import CopiesOptions, Drift, KeptSetting
from hearthwatch.copies.keeper import CopyKeeper
from hearthwatch.copies.writer import CopyWriter
from hearthwatch.kit.clock import FakeClock
from hearthwatch.kit.dbthread import DbThread
from hearthwatch.kit.errors import BadReply, HearthwatchError, Unsupported
from hearthwatch.kit.ids import Ulids
from hearthwatch.kit.secrets import Secrets
from hearthwatch.kit.units import CameraId, WallUs
from hearthwatch.vendors.device import Access, ClockReading, DeviceIdentity, LocalUs, Setting
from hearthwatch.vendors.redaction import is_secret

PORCH = CameraId("porch")
DAHUA = {
    "General.MachineName": "porch",
    "General.LocalNo": "8",
    "T2UServer.Enable": "false",
    "UPnP.Enable": "false",
    "NTP.Enable": "true",
    "NTP.Address": "time.home",
    "Email.Enable": "true",
    "Email.Password": "mail-Secret-1",
    "Network.eth0.IPAddress": "192.168.1.108",
    "VideoColor[0][0].Brightness": "50",
}


def kept(pairs: Mapping[str, str], *, mark: str = "0" * 32) -> tuple[KeptSetting, ...]:
    """The pairs as a copy keeps them, secrets all with one mark."""
    return tuple(
        KeptSetting(key=key, value=f"{'a' * 16}:{mark}", is_secret=True)
        if is_secret(key, value)
        else KeptSetting(key=key, value=value, is_secret=False)
        for key, value in sorted(pairs.items())
    )


class PaperCamera:
    """Implements DeviceInfo, ConfigExport and ConfigImport. `deaf` keys answer OK and keep what they had."""

    def __init__(self, pairs: Mapping[str, str] = DAHUA) -> None:
        self.pairs = dict(pairs)
        self.firmware = "2.800.0000016.0.R"
        self.failures: list[HearthwatchError] = []
        self.deaf: set[str] = set()
        self.refused: set[str] = set()
        self.written: list[Setting] = []
        self.reads = 0
        self.ticking: str = ""

    async def close(self) -> None: ...

    async def identity(self) -> DeviceIdentity:
        return DeviceIdentity(vendor="Paper", model="", firmware=self.firmware)

    async def clock(self) -> ClockReading:
        return ClockReading(local_us=LocalUs(0), at_us=WallUs(0), error_us=0)

    async def settings(self) -> tuple[Setting, ...]:
        self.reads += 1
        if self.failures:
            raise self.failures.pop(0)
        if self.ticking:
            self.pairs[self.ticking] = str(self.reads)
        return tuple(
            Setting(key=key, value=value, is_secret=is_secret(key, value)) for key, value in sorted(self.pairs.items())
        )

    async def set(self, settings: Sequence[Setting]) -> None:
        if refused := [one.key for one in settings if one.key in self.refused]:
            raise Unsupported(f"the setting {refused[0]} cannot be written")
        for one in settings:
            self.written.append(one)
            if one.key not in self.deaf:
                self.pairs[one.key] = one.value
        if lost := [one.key for one in settings if one.key in self.deaf]:
            raise BadReply(f"the camera said OK and did not keep {lost[0]}")


class PaperDoors:
    """Implements Doorkeeper."""

    def __init__(self, **cameras: object) -> None:
        self.clients = {CameraId(name): camera for name, camera in cameras.items()}

    @property
    def cameras(self):
        return tuple(self.clients)

    def access(self, camera):
        return Access(camera=camera, host="192.168.1.20", port=80)

    async def client(self, camera):
        return self.clients[camera]


class Desk:
    """A keeper and a writer on a real `house.db` in `folder`; `told` is what was told."""

    def __init__(self, folder: Path, clock: FakeClock | None = None, **cameras: object) -> None:
        self.folder = folder
        self.clock = clock or FakeClock()
        self.doors = PaperDoors(**cameras)
        self._engine = opened(folder)
        self.db = SickDb(DbThread(self._engine))
        self.secrets = Secrets(folder / "data")
        self.told: list[Drift] = []
        self.keeper = CopyKeeper(self.doors, self.db, self.secrets, clock=self.clock, ids=Ulids(self.clock), tell=self._tell)
        self.writer = CopyWriter(self.keeper)

    async def _tell(self, found: Drift) -> None:
        self.told.append(found)

    async def renew(self, options: CopiesOptions | None = None) -> None:
        await self.keeper.renew(dict.fromkeys(self.doors.cameras, options or CopiesOptions()))

    async def wait(self, seconds: float) -> None:
        """Let the time pass, in steps no longer than a minute, and do what is due at each."""
        while seconds > 0:
            self.clock.advance(min(60.0, seconds))
            seconds -= 60.0
            await self.keeper.tick()

    def close(self) -> None:
        self.db.real.close()
        self._engine.dispose()
