"""Damage control on Reolink cameras: sessions, accounts, network, clock, firmware.

Wire facts: the vendor's "Camera HTTP API User Guide" (version 8, 2023-04; sections 3.1.6, 3.1.11, 3.1.14, 3.2.3 to 3.2.8, 3.3.1
and 2, 3.3.17 and 18) and reolink_aio. Commands by POST, `[{"cmd": NAME, "action": 0, "param": …}]`:
`Disconnect {"User": {"userName", "sessionId"}}`, where `GetOnline` says `canbeDisconn` 1; `DelUser {"User": {"userName"}}`;
`ModifyUser {"User": {"userName", "newPassword", "oldPassword"}}`, older firmware `{"userName", "password"}`;
`SetLocalLink {"LocalLink": {"type": "Static"|"DHCP", "static": {"ip", "mask", "gateway"}, "dns": {"auto", "dns1", "dns2"}}}`;
`SetNetPort {"NetPort": …}` with all that `GetNetPort` tells; `SetTime {"Time": …}` in the camera's local time;
`UpgradePrepare {"restoreCfg": 0, "fileName"}`, then the file in forms of at most 40 kB, field `upgrade-package`, by POST to
`cmd=Upgrade&clearConfig=0`. There is neither a command that renames an account nor a list of addresses to refuse.
"""

from __future__ import annotations

import contextlib
import random
from pathlib import Path

from hearthwatch.kit.clock import Clock
from hearthwatch.kit.errors import BadReply, Unreachable, Unsupported
from hearthwatch.kit.secrets import Secret
from hearthwatch.vendors import firmware, reolink_reply
from hearthwatch.vendors.device import Account, Session
from hearthwatch.vendors.http import hide_spellings
from hearthwatch.vendors.network import Network, NetworkChange
from hearthwatch.vendors.reolink_api import MAX_PASSWORD_CHARS, Command, ReolinkApi
from hearthwatch.vendors.set_clock import house_time

_ENDINGS = (".pak", ".paks")
_FORM_BYTES = 40_000
_PIECE_BYTES = _FORM_BYTES - 1024


class ReolinkFixes:
    def __init__(self, api: ReolinkApi, *, clock: Clock, rng: random.Random) -> None:
        self._api = api
        self._http = api.http
        self._clock = clock
        self._rng = rng

    async def sessions(self) -> tuple[Session, ...]:
        """See Sessions."""
        step = "asking who is logged in"
        value = await self._api.value(Command(name="GetOnline"), step)
        with self._http.named(step):
            return reolink_reply.sessions(value)

    async def end_session(self, session: Session) -> None:
        """See SessionControl. One that is gone already is no failure."""
        step = "ending a session"
        value = await self._api.value(Command(name="GetOnline"), step)
        with self._http.named(step):
            if session.id not in {one.id for one in reolink_reply.sessions(value)}:
                return
            if session.id not in reolink_reply.sessions_that_can_end(value):
                raise Unsupported("the camera lets nobody end this session; change the password of its account instead")
        user = {"userName": session.user, "sessionId": int(session.id)}
        await self._api.value(Command(name="Disconnect", param={"User": user}), step)
        if session.id in {one.id for one in await self.sessions()}:
            raise BadReply(f"{self._http.name}, {step}: the camera said yes and the session is still there")

    async def accounts(self) -> tuple[Account, ...]:
        """See Accounts."""
        step = "reading the accounts"
        value = await self._api.value(Command(name="GetUser"), step)
        with self._http.named(step):
            return reolink_reply.accounts(value)

    async def remove_account(self, user: str) -> None:
        """See AccountRemoval."""
        step = "removing an account"
        if user == self._http.access.user:
            raise Unsupported(f"{self._http.name}, {step}: that is the account we use ourselves")
        there = {one.name: one for one in await self.accounts()}
        if user not in there:
            raise Unsupported(f"{self._http.name}, {step}: the camera has no account {user[:40]!r}")
        if there[user].is_built_in:
            raise Unsupported(f"{self._http.name}, {step}: {user} belongs to the camera and cannot be removed")
        await self._api.value(Command(name="DelUser", param={"User": {"userName": user}}), step)
        if any(one.name == user for one in await self.accounts()):
            raise BadReply(f"{self._http.name}, {step}: the camera said yes and kept the account {user}")

    async def change_password(self, user: str, new: Secret) -> None:
        """See Fix. Verified by logging in with it; if that fails, the old one of our own account stays in use."""
        if not 0 < len(new.reveal()) <= MAX_PASSWORD_CHARS:
            raise Unsupported(f"{self._http.name}: Reolink passwords have 1 to {MAX_PASSWORD_CHARS} characters")
        hide_spellings(new)
        is_own = user == self._http.access.user
        with contextlib.suppress(Unreachable):  # the answer got lost: whether it was done, the log-in tells
            await self._set_password(user, new, self._http.password if is_own else None)
        await self._api.try_password(user, new)
        if is_own:
            self._http.use_password(new)
            await self._api.log_out()

    async def _set_password(self, user: str, new: Secret, old: Secret | None) -> None:
        """Newer firmware wants the old one beside it; older firmware knows one field only."""
        step = "changing a password"
        newer = {"userName": user, "newPassword": new.reveal()} | ({} if old is None else {"oldPassword": old.reveal()})
        try:
            await self._api.value(Command(name="ModifyUser", param={"User": newer}), step)
        except (Unsupported, BadReply):
            older = {"userName": user, "password": new.reveal()}
            await self._api.value(Command(name="ModifyUser", param={"User": older}), step)

    async def network(self) -> Network:
        """See NetworkControl."""
        step = "reading its network settings"
        link, ports = await self._api.ask([Command(name="GetLocalLink"), Command(name="GetNetPort")], step)
        with self._http.named(step):
            return reolink_reply.network(reolink_reply.value_of(link, step), reolink_reply.value_of(ports, step))

    async def write_network(self, change: NetworkChange, now: Network, wanted: Network) -> None:
        """Send what `change` asks for: ports first, the address last."""
        step = "changing its network"
        names = {"http_port": "httpPort", "https_port": "httpsPort", "rtsp_port": "rtspPort", "media_port": "mediaPort",
                 "onvif_port": "onvifPort"}  # fmt: skip
        if any(name in change.names and not getattr(now, name) for name in names):
            raise Unsupported(f"{self._http.name}, {step}: this model has not all of these ports")
        if any(name in change.names for name in names):
            value = await self._api.value(Command(name="GetNetPort"), step)
            ports = dict(reolink_reply.as_object(value.get("NetPort")))
            ports |= {key: getattr(wanted, name) for name, key in names.items() if name in change.names}
            await self._api.value(Command(name="SetNetPort", param={"NetPort": ports}), step)
        if change.touches_address:
            link: dict[str, object] = {"type": "DHCP" if wanted.is_dhcp else "Static"}
            if not wanted.is_dhcp:
                link["static"] = {"ip": wanted.address, "mask": wanted.netmask, "gateway": wanted.gateway}
            if change.dns is not None:
                link["dns"] = {"auto": 0, "dns1": change.dns[0], "dns2": change.dns[-1]}
            await self._api.value(Command(name="SetLocalLink", param={"LocalLink": link}), step)

    async def set_clock(self) -> None:
        """Set it to the local time of this house; format and time zone stay."""
        step = "setting its clock"
        value = await self._api.value(Command(name="GetTime"), step)
        at = house_time(self._clock.wall_us())
        now = {"year": at.year, "mon": at.month, "day": at.day, "hour": at.hour, "min": at.minute, "sec": at.second}
        time = dict(reolink_reply.as_object(value.get("Time"))) | now
        await self._api.value(Command(name="SetTime", param={"Time": time}), step)

    async def upload_firmware(self, image: Path) -> None:
        """See FirmwareUpload. The settings stay."""
        step = "sending it firmware"
        file = firmware.look_at(image, _ENDINGS)
        await self._api.value(Command(name="UpgradePrepare", param={"restoreCfg": 0, "fileName": file.name}), step)
        form = firmware.Form.of(file, "upgrade-package", self._rng)
        async for data in firmware.pieces(file, _PIECE_BYTES):
            await self._api.send_form("Upgrade&clearConfig=0", form.around(data), form.content_type, step)

    async def reboot(self) -> None:
        """See Fix."""
        await self._api.value(Command(name="Reboot"), "restarting it")
