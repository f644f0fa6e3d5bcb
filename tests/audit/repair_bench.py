"""A camera in memory that can do everything, our own side around it, and a knife that cuts at any step."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import replace

from hearthwatch.audit.power import PowerOptions
from hearthwatch.kit.errors import Refused, Unreachable, Unsupported
from hearthwatch.kit.secrets import Secret, Secrets
from hearthwatch.vendors.capability import Service
from hearthwatch.vendors.device import Access, Account, ClockReading, DeviceIdentity, Session, Setting
from hearthwatch.vendors.network import Network

OLD = "old-password"


class Killed(BaseException):
    """The power went."""


class Knife:
    """Cuts at the step number `at`; `steps` counts those that were passed."""

    def __init__(self, at: int | None = None) -> None:
        self.at = at
        self.steps = 0

    def step(self) -> None:
        if self.steps == self.at:
            raise Killed
        self.steps += 1


class Camera:
    """The device: what it keeps outlives every client. `lies`: says yes and does nothing. `deaf`: does it, answer lost."""

    def __init__(self) -> None:
        self.passwords = {"admin": OLD, "guest": "guest"}
        self.sessions = [
            Session(id="7", user="admin", address="203.0.113.9", origin="", group="", via="", local_us=None, at_us=None),
            Session(id="8", user="admin", address="192.168.1.2", origin="", group="", via="", local_us=None, at_us=None),
        ]
        self.blocked: list[str] = []
        self.services = {Service.P2P: True, Service.UPNP: True}
        self.settings = {"video.enabled": "1"}
        self.host = "192.168.1.20"
        self.ahead_us = 3_600_000_000
        self.firmware = "1.0"
        self.asleep = 0
        self.lies = self.deaf = self.gone = False
        self.log_ins: list[bool] = []


class Client:
    """One log-in to the camera."""

    def __init__(self, camera: Camera, access: Access, knife: Knife) -> None:
        self._camera = camera
        self._access = access
        self._knife = knife

    async def close(self) -> None:
        pass

    def _enter(self) -> None:
        camera = self._camera
        self._knife.step()
        if camera.gone or self._access.host != camera.host:
            raise Unreachable("front: no answer within 10 s")
        if camera.asleep:
            camera.asleep -= 1
            raise Unreachable("front: cannot connect")
        fits = camera.passwords.get(self._access.user) == self._access.password.reveal()
        camera.log_ins.append(fits)
        if not fits:
            raise Refused("front: wrong user name or password")

    async def identity(self) -> DeviceIdentity:
        if self._camera.gone or self._camera.asleep:
            self._camera.asleep = max(0, self._camera.asleep - 1)
            raise Unreachable("front: cannot connect")
        return DeviceIdentity(vendor="Test", model="T1", mac="02:00:00:00:00:01", firmware=self._camera.firmware)

    async def clock(self) -> ClockReading:
        self._enter()
        return ClockReading(local_us=self._camera.ahead_us, at_us=0, error_us=0)

    async def accounts(self):
        self._enter()
        return tuple(Account(name=name, group="", is_admin=True, is_built_in=False) for name in self._camera.passwords)

    async def change_password(self, user: str, new: Secret) -> None:
        self._enter()
        if not self._camera.lies:
            self._camera.passwords[user] = new.reveal()
        self._knife.step()
        if self._camera.deaf:
            raise Unreachable("front: the connection broke")
        if user == self._access.user and not self._camera.lies:
            self._access = replace(self._access, password=new)

    async def rename_account(self, user: str, new: str) -> None:
        self._enter()
        if not self._camera.lies:
            self._camera.passwords[new] = self._camera.passwords.pop(user)
        self._knife.step()
        if user == self._access.user:
            self._access = replace(self._access, user=new)

    async def remove_account(self, user: str) -> None:
        self._enter()
        if not self._camera.lies:
            del self._camera.passwords[user]

    async def sessions(self):
        self._enter()
        return tuple(self._camera.sessions)

    async def end_session(self, session: Session) -> None:
        self._enter()
        if not self._camera.lies:
            self._camera.sessions.remove(session)

    async def blocked(self):
        self._enter()
        return tuple(self._camera.blocked)

    async def block(self, address: str) -> None:
        self._enter()
        if not self._camera.lies:
            self._camera.blocked.append(address)

    async def unblock(self, address: str) -> None:
        self._enter()
        self._camera.blocked.remove(address)

    @property
    def services(self):
        return frozenset(self._camera.services)

    async def is_on(self, service: Service) -> bool:
        self._enter()
        return self._camera.services[service]

    async def switch(self, service: Service, *, on: bool) -> None:
        self._enter()
        if not self._camera.lies:
            self._camera.services[service] = on

    async def reboot(self) -> None:
        self._enter()
        self._camera.asleep = 0 if self._camera.lies else 3

    async def switch_off(self):
        self._enter()
        before = self._camera.settings["video.enabled"]
        self._camera.settings["video.enabled"] = "0"
        return (Setting(key="video.enabled", value=before, is_secret=False),)

    async def set(self, settings) -> None:
        self._enter()
        self._camera.settings |= {one.key: one.value for one in settings}

    async def set_clock(self) -> ClockReading:
        self._enter()
        return ClockReading(local_us=self._camera.ahead_us, at_us=0, error_us=500_000)

    async def use_ntp(self, server: str) -> None:
        self._enter()
        self._camera.settings["ntp"] = server

    async def network(self) -> Network:
        self._enter()
        return Network(address=self._camera.host)

    async def change_network(self, change) -> Access:
        self._enter()
        if change.is_dhcp:
            return self._access
        self._camera.host = change.address or self._camera.host
        self._knife.step()
        self._access = change.follow(self._access)
        return self._access

    async def upload_firmware(self, image) -> None:
        self._enter()
        self._camera.firmware = "1.0" if self._camera.lies else image.read_text()
        self._camera.asleep = 3


class MereClient:
    """A camera that only says who it is."""

    async def close(self) -> None:
        pass

    async def identity(self) -> DeviceIdentity:
        return DeviceIdentity(vendor="Test", model="T0")

    async def clock(self) -> ClockReading:
        return ClockReading(local_us=0, at_us=0, error_us=0)


class CutKeyring:
    """Our real secrets, with the knife before and after each write."""

    def __init__(self, secrets: Secrets, knife: Knife) -> None:
        self._secrets = secrets
        self._knife = knife
        self.given: frozenset[str] = frozenset()

    def get(self, name):
        return self._secrets.get(name)

    def names(self):
        return self._secrets.names()

    def is_given(self, name):
        return name in self.given

    def change(self, values) -> None:
        self._knife.step()
        self._secrets.change(values)
        self._knife.step()


class House:
    """Our own side: Premises and Doorkeeper in one. `again()` is the house after its end."""

    def __init__(self, folder, camera: Camera | None = None, knife: Knife | None = None) -> None:
        self.folder = folder
        self.camera = camera or Camera()
        self.knife = knife or Knife()
        self.secrets = Secrets(folder)
        self.keyring = CutKeyring(self.secrets, self.knife)
        self.user = "admin"
        self.host = "192.168.1.20"
        self.power_options = PowerOptions()
        self.mere = False
        self.taken_over = 0
        self._client = None
        if not self.secrets.names():
            self.secrets.set("camera.front.password", OLD)

    def again(self) -> House:
        house = House(self.folder, self.camera)
        house.user, house.host = self.user, self.host
        return house

    @property
    def cameras(self):
        return ("front",)

    async def client(self, camera):
        if self.mere:
            return MereClient()
        if self._client is None:
            self._client = Client(self.camera, self.access(camera), self.knife)
        return self._client

    def name(self, camera):
        return "Front door"

    def password_names(self, camera, user):
        return ("camera.front.password",) if user == self.user else ()

    def access(self, camera):
        password = self.secrets.get("camera.front.password") or Secret("")
        return Access(camera=camera, host=self.host, port=80, user=self.user, password=password)

    async def our_address(self, camera):
        return "192.168.1.2"

    def power(self, camera):
        return self.power_options

    async def rename_user(self, camera, user, new) -> None:
        self.knife.step()
        self.user = new

    async def follow(self, camera, before, after, change) -> None:
        self.knife.step()
        self.host = after.host

    async def take_over(self) -> None:
        self.knife.step()
        self.taken_over += 1
        self._client = None

    @asynccontextmanager
    async def visit(self, access):
        yield Client(self.camera, access, self.knife)

    def lets_us_in(self) -> bool:
        """Whether the log-in that we hold is the camera's."""
        access = self.access("front")
        return self.camera.host == access.host and self.camera.passwords.get(access.user) == access.password.reveal()


class LastGood:
    async def restore(self, camera, copy):
        if copy == "none":
            raise Unsupported("there is no copy none")
        return f"settings restored from {copy or 'the last good copy'}"
