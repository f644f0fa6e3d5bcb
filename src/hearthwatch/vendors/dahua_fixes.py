"""Damage control on Dahua and Amcrest cameras: accounts, list of addresses, network, clock, firmware.

Wire facts: the vendor's HTTP API (V3.26, sections 4.7 users, 4.8 network, 4.12 upgrade) as EthanFlower1/amcrest-sdk and
tchellomello/python-amcrest speak it, all GETs under `/cgi-bin/`, answered with OK:
`userManager.cgi?action=modifyPassword&name&pwd[&pwdOld]`, newer firmware for another's account
`action=modifyPasswordByManager&userName&pwd&managerName&managerPwd&accountType=0`; `action=deleteUser&name`;
`action=modifyUser&name=OLD&user.Name=NEW` (ZoneMinder's control module); `global.cgi?action=setCurrentTime&time=y-m-d h:m:s`;
`configManager.cgi?action=setConfig` with `Network.eth0.IPAddress|SubnetMask|DefaultGateway|DhcpEnable|DnsServers[n]`,
`Web.Port`, `Https.Port`, `RTSP.Port`, `DVRIP.TCPPort` and `AccessFilter.Enable|Type|BannedList[n]`;
`POST upgrader.cgi?action=uploadFirmware`, a form with the field `firmware`. The keys of AccessFilter beside Enable are from the
vendor's document and were never recorded: they are read first, and left alone where they look otherwise. No command of the
CGI ends a session.
"""

from __future__ import annotations

import contextlib
import random
import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from pathlib import Path

from hearthwatch.kit.clock import Clock
from hearthwatch.kit.errors import BadReply, Refused, Unreachable, Unsupported
from hearthwatch.kit.secrets import Secret
from hearthwatch.vendors import dahua_network, dahua_reply, firmware
from hearthwatch.vendors.dahua_cgi import DahuaCgi
from hearthwatch.vendors.device import Access, Account, Setting
from hearthwatch.vendors.http import hide_spellings
from hearthwatch.vendors.network import Network, NetworkChange, ipv4_of
from hearthwatch.vendors.set_clock import house_time
from hearthwatch.vendors.way_in import prove

_USERS = "userManager.cgi"
_NAME = re.compile(r"[A-Za-z0-9_@.-]{1,31}")
_MAX_PASSWORD_CHARS = 32
_MAX_LISTED = 64
_ENDINGS = (".bin",)
_UPLOAD_S = 900.0
_PORTS = {"http_port": "Web.Port", "https_port": "Https.Port", "rtsp_port": "RTSP.Port", "media_port": "DVRIP.TCPPort"}

WriteSettings = Callable[[Sequence[Setting]], Awaitable[None]]
Visit = Callable[[Access], DahuaCgi]
"""Returns the commands of the same camera by another way in; whoever asks for it closes its `http`."""


class DahuaFixes:
    def __init__(self, cgi: DahuaCgi, *, clock: Clock, rng: random.Random, visit: Visit, write: WriteSettings) -> None:
        self._cgi = cgi
        self._http = cgi.http
        self._clock = clock
        self._rng = rng
        self._visit = visit
        self._write = write

    async def accounts(self) -> tuple[Account, ...]:
        """See Accounts."""
        return await self._cgi.read(_USERS, {"action": "getUserInfoAll"}, "reading the accounts", dahua_reply.accounts)

    async def change_password(self, user: str, new: Secret) -> None:
        """See Fix. Verified by logging in with it."""
        step = "changing a password"
        if not 0 < len(new.reveal()) <= _MAX_PASSWORD_CHARS or not new.reveal().isascii():
            raise Unsupported(f"{self._http.name}: this camera takes passwords of 8 to {_MAX_PASSWORD_CHARS} plain characters")
        hide_spellings(new)
        ours = self._http.access
        pairs = {"action": "modifyPassword", "name": user, "pwd": new.reveal()}
        if user == ours.user:
            with contextlib.suppress(Unreachable):  # the answer got lost: whether it was done, the next log-in tells
                await self._cgi.do(_USERS, pairs | {"pwdOld": ours.password.reveal()}, step)
            await prove(self._http, replace(ours, password=new), self._cgi.clock)
            return
        try:
            await self._cgi.do(_USERS, pairs, step)
        except (Refused, Unsupported, BadReply):
            manager = {"managerName": ours.user, "managerPwd": ours.password.reveal(), "accountType": "0"}
            changed = {"action": "modifyPasswordByManager", "userName": user, "pwd": new.reveal()}
            await self._cgi.do(_USERS, changed | manager, step)
        await self._try(replace(ours, user=user, password=new), step)

    async def _try(self, access: Access, step: str) -> None:
        """Log in as another once, beside the log-in that everything else uses."""
        other = self._visit(access)
        try:
            await other.magic("getDeviceType", lambda body: dahua_reply.text_of(body, step))
        except Refused as error:
            raise BadReply(f"{self._http.name}, {step}: the camera said OK and does not take the new password") from error
        except (Unsupported, BadReply):
            pass  # it let us in
        finally:
            await other.http.close()

    async def rename_account(self, user: str, new: str) -> None:
        """See AccountRename."""
        step = "renaming an account"
        if not _NAME.fullmatch(new):
            raise Unsupported(f"{self._http.name}: this camera takes names of 1 to 31 letters, digits and _ @ . -")
        account = await self._account(user, step)
        if account.is_built_in:
            raise Unsupported(f"{self._http.name}, {step}: {user} belongs to the camera and cannot be renamed")
        if any(one.name == new for one in await self.accounts()):
            raise Unsupported(f"{self._http.name}, {step}: the camera has an account {new} already")
        ours = self._http.access
        with contextlib.suppress(Unreachable):  # as above
            await self._cgi.do(_USERS, {"action": "modifyUser", "name": user, "user.Name": new}, step)
        await prove(self._http, replace(ours, user=new) if user == ours.user else ours, self.accounts)
        names = {one.name for one in await self.accounts()}
        if new not in names or user in names:
            self._http.use(ours)
            raise BadReply(f"{self._http.name}, {step}: the camera said OK and kept the name {user}")

    async def remove_account(self, user: str) -> None:
        """See AccountRemoval."""
        step = "removing an account"
        if user == self._http.access.user:
            raise Unsupported(f"{self._http.name}, {step}: that is the account we use ourselves")
        if (await self._account(user, step)).is_built_in:
            raise Unsupported(f"{self._http.name}, {step}: {user} belongs to the camera and cannot be removed")
        await self._cgi.do(_USERS, {"action": "deleteUser", "name": user}, step)
        if any(one.name == user for one in await self.accounts()):
            raise BadReply(f"{self._http.name}, {step}: the camera said OK and kept the account {user}")

    async def _account(self, user: str, step: str) -> Account:
        for one in await self.accounts():
            if one.name == user:
                return one
        raise Unsupported(f"{self._http.name}, {step}: the camera has no account {user[:40]!r}")

    async def blocked(self) -> tuple[str, ...]:
        """See Firewall."""
        listed = await self._list("reading its list of addresses")
        return tuple(dict.fromkeys(listed.addresses)) if listed.is_on and listed.refuses else ()

    async def block(self, address: str) -> None:
        """See Firewall."""
        step = "blocking an address"
        ip = await self._http.foreign_ipv4(ipv4_of(address), step)
        listed = await self._list(step)
        if listed.is_on and not listed.refuses:
            raise Unsupported(f"{self._http.name}, {step}: its list says who may come in; take {ip} off that, if it is there")
        if not listed.refuses:
            listed = dahua_network.AddressList(is_on=False, refuses=True, addresses=())
        if listed.is_on and ip in listed.addresses:
            return
        if len(listed.addresses) >= _MAX_LISTED:
            raise Unsupported(f"{self._http.name}, {step}: its list is full; take an address off first")
        for one in listed.addresses:  # we may be on a list that was off
            await self._http.foreign_ipv4(one, step)
        place = listed.addresses.index(ip) if ip in listed.addresses else len(listed.addresses)
        await self._write_list({f"BannedList[{place}]": ip, "Type": "BannedList", "Enable": "true"})

    async def unblock(self, address: str) -> None:
        """See Firewall. Places cannot be taken away: another address takes this one's, or the list goes off."""
        ip = ipv4_of(address)
        listed = await self._list("unblocking an address")
        if not listed.is_on or not listed.refuses or ip not in listed.addresses:
            return
        others = [one for one in listed.addresses if one != ip]
        if not others:
            await self._write_list({"Enable": "false"})
            return
        places = [place for place, one in enumerate(listed.addresses) if one == ip]
        await self._write_list({f"BannedList[{place}]": others[0] for place in places})

    async def _list(self, step: str) -> dahua_network.AddressList:
        table = await self._cgi.table("AccessFilter")
        with self._http.named(step):
            return dahua_network.access_filter(table)

    async def _write_list(self, pairs: dict[str, str]) -> None:
        await self._write([Setting(key=f"AccessFilter.{key}", value=value, is_secret=False) for key, value in pairs.items()])

    async def network(self) -> Network:
        """See NetworkControl."""
        tables = await self._cgi.table("Network")
        for name in ("Web", "Https", "RTSP", "DVRIP"):
            with contextlib.suppress(Unsupported, BadReply):
                tables |= await self._cgi.table(name)
        with self._http.named("reading its network settings"):
            return dahua_network.network(tables)

    async def write_network(self, change: NetworkChange, now: Network, wanted: Network) -> None:
        """Send what `change` asks for in one command."""
        step = "changing its network"
        if any(name in change.names and not getattr(now, name) for name in (*_PORTS, "onvif_port")):
            raise Unsupported(f"{self._http.name}, {step}: this model has not all of these ports, or ties them to each other")
        pairs = {key: str(getattr(wanted, name)) for name, key in _PORTS.items() if name in change.names}
        if change.touches_address:
            where = f"Network.{dahua_network.interface_of(await self._cgi.table('Network'))}"
            pairs[f"{where}.DhcpEnable"] = "true" if wanted.is_dhcp else "false"
            if not wanted.is_dhcp:
                pairs |= {f"{where}.IPAddress": wanted.address, f"{where}.SubnetMask": wanted.netmask}
                pairs[f"{where}.DefaultGateway"] = wanted.gateway
            if change.dns is not None:  # both places, since one cannot be emptied
                pairs |= {f"{where}.DnsServers[0]": change.dns[0], f"{where}.DnsServers[1]": change.dns[-1]}
        await self._cgi.do("configManager.cgi", {"action": "setConfig", **pairs}, step)

    async def set_clock(self) -> None:
        """Set it to the local time of this house."""
        time = f"{house_time(self._clock.wall_us()):%Y-%m-%d %H:%M:%S}"
        await self._cgi.do("global.cgi", {"action": "setCurrentTime", "time": time}, "setting its clock")

    async def upload_firmware(self, image: Path) -> None:
        """See FirmwareUpload."""
        step = "sending it firmware"
        file = firmware.look_at(image, _ENDINGS)
        await self._cgi.clock()  # the log-in is answered before the file is on its way
        upload = firmware.FormUpload(firmware=file, form=firmware.Form.of(file, "firmware", self._rng))
        target = "/cgi-bin/upgrader.cgi?action=uploadFirmware"
        reply = await self._http.upload(target, upload, step=step, timeout_s=_UPLOAD_S)
        with self._http.named(step):
            dahua_reply.check_ok(reply.body, step)

    async def reboot(self) -> None:
        """See Fix."""
        await self._cgi.do("magicBox.cgi", {"action": "reboot"}, "restarting it")
