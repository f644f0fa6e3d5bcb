"""Damage control on the HD generation of Foscam: accounts, list of addresses, network, clock, firmware.

Wire facts: the camera's own pages (OpenFoscam/FI-9900P_webserver, html/cfg/usr_base.js, fw_ip.js, net_ip.js, net_port.js,
bs_time.js, sys_updata.js) and the vendor's "IPCamera CGI User Guide". All are GETs of `CGIProxy.fcgi?cmd=…`:
`changePassword&usrName&oldPwd&newPwd`, `changeUserName&usrName&newUsrName`, `delAccount&usrName`,
`addAccount&usrName&usrPwd&privilege` (results there: -3 exists, -4 not found, -5 wrong old password, -10 is logged in);
`setFirewallConfig&isEnable&rule&ipList0…7`, rule 0 refuses the listed addresses, 1 admits only them, addresses as numbers whose
lowest byte is the first; `setIpInfo`, `setPortInfo` (foscam_hd_config); `setSystemTime` in universal time; the firmware is a
form by POST to `cmd=fwUpgrade`. No command ends a session.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import ipaddress
import random
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from hearthwatch.kit.clock import Clock
from hearthwatch.kit.errors import BadReply, Refused, Unreachable, Unsupported
from hearthwatch.kit.secrets import Secret
from hearthwatch.kit.units import US_PER_S
from hearthwatch.vendors import firmware, foscam_hd_reply
from hearthwatch.vendors.device import Account
from hearthwatch.vendors.foscam_hd_cgi import FoscamHdCgi, target
from hearthwatch.vendors.http import hide_spellings
from hearthwatch.vendors.network import Network, NetworkChange, ipv4_of
from hearthwatch.vendors.way_in import prove

_MAX_PASSWORD_CHARS = 12
_PASSWORD = re.compile(r"[A-Za-z0-9~!@#%^*()_+{}:\"|<>?`;'\\,./-]{1,12}")
_NAME = re.compile(r"[A-Za-z0-9_@$*-]{1,20}")
_UPLOAD_S = 600.0
_ENDINGS = (".bin",)
_SLOTS = 8
_REFUSE = "0"


class FoscamHdFixes:
    def __init__(self, cgi: FoscamHdCgi, *, clock: Clock, rng: random.Random) -> None:
        self._cgi = cgi
        self._http = cgi.http
        self._clock = clock
        self._rng = rng

    async def accounts(self) -> tuple[Account, ...]:
        return await self._cgi.read("getUserList", "reading the accounts", foscam_hd_reply.accounts)

    async def change_password(self, user: str, new: Secret) -> None:
        """See Fix. The camera changes a password for who knows the old one: another's account is made anew with the new one."""
        step = "changing a password"
        if not _PASSWORD.fullmatch(new.reveal()):
            raise Unsupported(
                f"{self._http.name}: this camera takes passwords of 1 to {_MAX_PASSWORD_CHARS} letters, digits and signs, but "
                "neither blanks nor & = $"
            )
        hide_spellings(new)
        ours = self._http.access
        if user == ours.user:
            pairs = {"usrName": user, "oldPwd": ours.password.reveal(), "newPwd": new.reveal()}
            with contextlib.suppress(Unreachable):  # the answer got lost: whether it was done, the next log-in tells
                await self._cgi.fields("changePassword", step, pairs)
            await prove(self._http, replace(ours, password=new), lambda: self._cgi.fields("getDevInfo", step))
            return
        account = await self._account(user, step)
        await self._cgi.fields("delAccount", step, {"usrName": user})
        level = foscam_hd_reply.level_of(account)
        try:
            await self._cgi.fields("addAccount", step, {"usrName": user, "usrPwd": new.reveal(), "privilege": level})
            await self._account(user, step)
        except (BadReply, Refused, Unsupported, Unreachable) as error:
            raise BadReply(
                f"{self._http.name}, {step}: the account {user} was removed to be made anew, and the camera did not make it: "
                "nobody can use it now; add it in the camera's own page"
            ) from error

    async def rename_account(self, user: str, new: str) -> None:
        """See AccountRename."""
        step = "renaming an account"
        if not _NAME.fullmatch(new):
            raise Unsupported(f"{self._http.name}: this camera takes names of 1 to 20 letters, digits and _ @ $ * -")
        await self._account(user, step)
        if any(one.name == new for one in await self.accounts()):
            raise Unsupported(f"{self._http.name}, {step}: the camera has an account {new} already")
        ours = self._http.access
        with contextlib.suppress(Unreachable):  # as above
            await self._cgi.fields("changeUserName", step, {"usrName": user, "newUsrName": new})
        await prove(self._http, replace(ours, user=new) if user == ours.user else ours, self.accounts)
        names = {one.name for one in await self.accounts()}
        if new not in names or user in names:
            self._http.use(ours)
            raise BadReply(f"{self._http.name}, {step}: the camera said yes and kept the name {user}")

    async def remove_account(self, user: str) -> None:
        """See AccountRemoval."""
        step = "removing an account"
        if user == self._http.access.user:
            raise Unsupported(f"{self._http.name}, {step}: that is the account we use ourselves")
        await self._account(user, step)
        await self._cgi.fields("delAccount", step, {"usrName": user})
        if any(one.name == user for one in await self.accounts()):
            raise BadReply(f"{self._http.name}, {step}: the camera said yes and kept the account {user}")

    async def _account(self, user: str, step: str) -> Account:
        for one in await self.accounts():
            if one.name == user:
                return one
        raise Unsupported(f"{self._http.name}, {step}: the camera has no account {user[:40]!r}")

    async def blocked(self) -> tuple[str, ...]:
        """See Firewall."""
        said = await self._cgi.fields("getFirewallConfig", "reading its list of addresses")
        is_used = said.get("isEnable") == "1" and said.get("rule") == _REFUSE
        return tuple(one for one in self._listed(said) if one) if is_used else ()

    async def block(self, address: str) -> None:
        """See Firewall. Eight addresses at most."""
        step = "blocking an address"
        ip = await self._http.foreign_ipv4(ipv4_of(address), step)
        said = await self._cgi.fields("getFirewallConfig", step)
        listed = self._listed(said) if said.get("isEnable") == "1" else [""] * _SLOTS
        if said.get("isEnable") == "1" and said.get("rule") != _REFUSE and any(listed):
            raise Unsupported(
                f"{self._http.name}, {step}: its list says who may come in, so that {ip} is kept out unless it is there"
            )
        if ip in listed:
            return
        if "" not in listed:
            raise Unsupported(f"{self._http.name}, {step}: its list of {_SLOTS} addresses is full; take one off first")
        listed[listed.index("")] = ip
        await self._write_list(listed, step)

    async def unblock(self, address: str) -> None:
        """See Firewall."""
        ip, listed = ipv4_of(address), await self.blocked()
        if ip in listed:
            await self._write_list([one for one in listed if one != ip], "unblocking an address")

    def _listed(self, said: foscam_hd_reply.Fields) -> list[str]:
        return [foscam_hd_reply.listed_ip(said.get(f"ipList{n}", "0")) for n in range(_SLOTS)]

    async def _write_list(self, listed: Sequence[str], step: str) -> None:
        found = [one for one in listed if one]
        pairs = {"isEnable": "1" if found else "0", "rule": _REFUSE}
        for n in range(_SLOTS):
            pairs[f"ipList{n}"] = str(number_of(found[n])) if n < len(found) else "0"
        await self._cgi.fields("setFirewallConfig", step, pairs)
        if set(await self.blocked()) != set(found):
            raise BadReply(f"{self._http.name}, {step}: the camera said yes and kept another list")

    async def network(self) -> Network:
        """See NetworkControl."""
        step = "reading its network settings"
        link, ports = await self._cgi.fields("getIPInfo", step), await self._cgi.fields("getPortInfo", step)
        with self._http.named(step):
            return foscam_hd_reply.network(link, ports)

    async def write_network(self, change: NetworkChange, now: Network, wanted: Network) -> None:
        """Send what `change` asks for: ports first, the address last. The camera restarts for an address."""
        step = "changing its network"
        names = {"http_port": "webPort", "https_port": "httpsPort", "rtsp_port": "rtspPort", "media_port": "mediaPort",
                 "onvif_port": "onvifPort"}  # fmt: skip
        if any(name in change.names and not getattr(now, name) for name in names):
            raise Unsupported(f"{self._http.name}, {step}: this model has not all of these ports")
        if any(name in change.names for name in names):
            ports = {key: str(getattr(wanted, name)) for name, key in names.items() if getattr(now, name)}
            await self._cgi.fields("setPortInfo", step, ports)
        if change.touches_address:
            dns = (*wanted.dns, "0.0.0.0", "0.0.0.0")  # noqa: S104 - what the camera calls none
            pairs = {"isDHCP": "1" if wanted.is_dhcp else "0", "ip": wanted.address, "gate": wanted.gateway,
                     "mask": wanted.netmask, "dns1": dns[0], "dns2": dns[1]}  # fmt: skip
            await self._cgi.fields("setIpInfo", step, pairs)

    def time_pairs(self) -> dict[str, str]:
        """Our time, rounded to a second, as `setSystemTime` takes it."""
        now_s = (self._clock.wall_us() + US_PER_S // 2) // US_PER_S
        now = dt.datetime.fromtimestamp(now_s, tz=dt.UTC)
        parts = {"year": now.year, "mon": now.month, "day": now.day, "hour": now.hour, "minute": now.minute, "sec": now.second}
        return {name: str(value) for name, value in parts.items()}

    async def upload_firmware(self, image: Path) -> None:
        """See FirmwareUpload."""
        step = "sending it firmware"
        file = firmware.look_at(image, _ENDINGS)
        upload = firmware.FormUpload(firmware=file, form=firmware.Form.of(file, "file", self._rng))
        reply = await self._http.upload(target("fwUpgrade"), upload, step=step, timeout_s=_UPLOAD_S)
        with self._http.named(step):
            foscam_hd_reply.fields(reply.body, step)

    async def reboot(self) -> None:
        """See Fix."""
        await self._cgi.fields("rebootSystem", "restarting it")


def number_of(ip: str) -> int:
    """Return an address as this camera counts it: its first byte is the lowest."""
    return int.from_bytes(ipaddress.IPv4Address(ip).packed, "little")
