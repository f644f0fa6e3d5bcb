"""Damage control on the MJPEG generation of Foscam: accounts, network, clock, firmware.

Wire facts, all by GET unless said: the vendor's "IP Camera CGI" document V1.27 and cwadding/foscam-ruby (lib/foscam/client.rb):
`set_users.cgi?user1=…&pwd1=…&pri1=…` up to 8 (an empty name is an empty slot, what is left out would be emptied);
`set_network.cgi?ip=…&mask=…&gateway=…&dns=…&port=…` (an empty ip: DHCP; the camera restarts), told back by `get_params.cgi` as
`ip`, `mask`, `gateway`, `dns`, `port`, with 0.0.0.0 for DHCP; `set_datetime.cgi?now=SECONDS` of universal time;
`POST upgrade_firmware.cgi`, a form with the field `file`. Answers are `ok.`. There is no list of addresses to refuse.
"""

from __future__ import annotations

import contextlib
import random
from dataclasses import replace
from pathlib import Path

from hearthwatch.kit.clock import Clock
from hearthwatch.kit.errors import BadReply, Unreachable, Unsupported
from hearthwatch.kit.secrets import Secret
from hearthwatch.kit.units import US_PER_S
from hearthwatch.vendors import firmware
from hearthwatch.vendors.foscam_mjpeg_cgi import FoscamMjpegCgi
from hearthwatch.vendors.foscam_mjpeg_reply import MAX_PASSWORD_CHARS, SLOTS, Variables, check_ok, network
from hearthwatch.vendors.http import hide_spellings
from hearthwatch.vendors.network import Network, NetworkChange
from hearthwatch.vendors.way_in import prove

_MAX_NAME_CHARS = 12
_UPLOAD_S = 300.0
_ENDINGS = (".bin",)
_PARAMS = "get_params.cgi"


class FoscamMjpegFixes:
    def __init__(self, cgi: FoscamMjpegCgi, *, clock: Clock, rng: random.Random) -> None:
        self._cgi = cgi
        self._http = cgi.http
        self._clock = clock
        self._rng = rng

    async def change_password(self, user: str, new: Secret) -> None:
        """See Fix."""
        step = "changing a password"
        if not 0 < len(new.reveal()) <= MAX_PASSWORD_CHARS or not new.reveal().isascii():
            raise Unsupported(f"{self._http.name}: this camera takes passwords of 1 to {MAX_PASSWORD_CHARS} plain characters")
        hide_spellings(new)
        await self._write_slot(user, step, {"pwd": new.reveal()}, password=new)

    async def rename_account(self, user: str, new: str) -> None:
        """See AccountRename."""
        step = "renaming an account"
        if not 0 < len(new) <= _MAX_NAME_CHARS or not new.isascii() or not new.isalnum():
            raise Unsupported(f"{self._http.name}: this camera takes names of 1 to {_MAX_NAME_CHARS} letters and digits")
        await self._write_slot(user, step, {"user": new}, name=new)

    async def remove_account(self, user: str) -> None:
        """See AccountRemoval. The first account is built in."""
        step = "removing an account"
        if user == self._http.access.user:
            raise Unsupported(f"{self._http.name}, {step}: that is the account we use ourselves")
        params = await self._cgi.variables(_PARAMS, step)
        if self._slot(params, user, step) == 1:
            raise Unsupported(f"{self._http.name}, {step}: the first account belongs to the camera and can only be renamed")
        await self._write_slot(user, step, {"user": "", "pwd": "", "pri": "0"})

    async def _write_slot(
        self, user: str, step: str, wanted: dict[str, str], *, password: Secret | None = None, name: str = ""
    ) -> None:
        """Write all accounts, one of them changed, and read them back with what our log-in is then."""
        params = await self._cgi.variables(_PARAMS, step)
        slot = self._slot(params, user, step)
        if name and any(params.get(f"user{n}_name") == name for n in range(1, SLOTS + 1)):
            raise Unsupported(f"{self._http.name}, {step}: the camera has an account {name} already")
        pairs: dict[str, str] = {}
        for n in range(1, SLOTS + 1):
            pairs[f"user{n}"] = params.get(f"user{n}_name", "")
            pairs[f"pwd{n}"] = params.get(f"user{n}_pwd", "")
            pairs[f"pri{n}"] = params.get(f"user{n}_pri", "0")
        pairs |= {f"{key}{slot}": value for key, value in wanted.items()}
        before = after = self._http.access
        if user == before.user:
            after = replace(before, user=name or before.user, password=password or before.password)
        with contextlib.suppress(Unreachable):  # the answer got lost: whether it was done, the next log-in tells
            await self._cgi.do("set_users.cgi", pairs, step)
        kept: dict[str, str] = {}

        async def read_back() -> None:
            nonlocal kept
            kept = await self._cgi.variables(_PARAMS, step)

        await prove(self._http, after, read_back)
        for key, value in wanted.items():
            if kept.get(f"user{slot}_{'name' if key == 'user' else key}", "") != value:
                self._http.use(before)
                raise BadReply(f"{self._http.name}, {step}: the camera said ok and did not keep it")

    def _slot(self, params: Variables, user: str, step: str) -> int:
        slots = [n for n in range(1, SLOTS + 1) if user and params.get(f"user{n}_name") == user]
        if len(slots) != 1:
            raise Unsupported(f"{self._http.name}, {step}: the camera has no such account")
        return slots[0]

    async def network(self) -> Network:
        """See NetworkControl."""
        step = "reading its network settings"
        params = await self._cgi.variables(_PARAMS, step)
        with self._http.named(step):
            return network(params)

    async def write_network(self, change: NetworkChange, now: Network, wanted: Network) -> None:
        """Send what `change` asks for; the camera restarts."""
        step = "changing its network"
        others = set(change.names) - {"is_dhcp", "address", "netmask", "gateway", "dns", "http_port"}
        if others:
            raise Unsupported(f"{self._http.name}, {step}: this camera has one port only, that of its web page")
        if len(wanted.dns) > 1:
            raise Unsupported(f"{self._http.name}, {step}: this camera takes one DNS server")
        pairs = {"ip": "", "mask": "", "gateway": "", "dns": "", "port": str(wanted.http_port or now.http_port)}
        if not wanted.is_dhcp:
            if not (wanted.address and wanted.netmask and wanted.gateway):
                raise Unsupported(f"{self._http.name}, {step}: give address, netmask and gateway together")
            dns = wanted.dns[0] if wanted.dns else wanted.gateway
            pairs |= {"ip": wanted.address, "mask": wanted.netmask, "gateway": wanted.gateway, "dns": dns}
        elif change.dns is not None:
            raise Unsupported(f"{self._http.name}, {step}: while the router gives the address, it gives the DNS server, too")
        await self._cgi.do("set_network.cgi", pairs, step)

    async def set_clock(self) -> None:
        """Send our time, rounded to a second as the camera counts."""
        now_s = (self._clock.wall_us() + US_PER_S // 2) // US_PER_S
        await self._cgi.do("set_datetime.cgi", {"now": str(now_s)}, "setting its clock")

    async def upload_firmware(self, image: Path) -> None:
        """See FirmwareUpload."""
        step = "sending it firmware"
        file = firmware.look_at(image, _ENDINGS)
        await self._cgi.variables(_PARAMS, step)  # the log-in is answered before the file is on its way
        upload = firmware.FormUpload(firmware=file, form=firmware.Form.of(file, "file", self._rng))
        reply = await self._http.upload("/upgrade_firmware.cgi", upload, step=step, timeout_s=_UPLOAD_S)
        with self._http.named(step):
            check_ok(reply.body, step)

    async def reboot(self) -> None:
        """See Fix."""
        await self._cgi.do("reboot.cgi", {}, "restarting it")
