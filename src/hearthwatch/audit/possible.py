"""What can be done to a camera from here, by what its client is able to; the plain statement where there is no way. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from hearthwatch.audit.remedy import Remedy, RemedyKind
from hearthwatch.kit.errors import Unsupported
from hearthwatch.kit.units import CameraId
from hearthwatch.vendors.capability import (
    AccountRemoval,
    AccountRename,
    ClockControl,
    ConfigImport,
    Firewall,
    FirmwareUpload,
    Fix,
    NetworkControl,
    Service,
    SessionControl,
    Sessions,
    StandBy,
)
from hearthwatch.vendors.network import NetworkChange

_NEEDS: Mapping[RemedyKind, tuple[type, ...]] = {
    RemedyKind.CHANGE_PASSWORD: (Fix,),
    RemedyKind.RENAME_USER: (AccountRename,),
    RemedyKind.REMOVE_ACCOUNT: (AccountRemoval,),
    RemedyKind.END_SESSION: (SessionControl, Sessions),
    RemedyKind.BLOCK_ADDRESS: (Firewall,),
    RemedyKind.UNBLOCK_ADDRESS: (Firewall,),
    RemedyKind.REBOOT: (Fix,),
    RemedyKind.SWITCH_OFF: (StandBy,),
    RemedyKind.SWITCH_ON: (StandBy, ConfigImport),
    RemedyKind.SERVICE_OFF: (Fix,),
    RemedyKind.SERVICE_ON: (Fix,),
    RemedyKind.SET_CLOCK: (ClockControl,),
    RemedyKind.USE_NTP: (ClockControl,),
    RemedyKind.RESTORE_SETTINGS: (ConfigImport,),
    RemedyKind.CHANGE_NETWORK: (NetworkControl,),
    RemedyKind.UPLOAD_FIRMWARE: (FirmwareUpload,),
}
_OWN_PAGE = "do it on the camera's own page or in its app"
_WITHOUT: Mapping[RemedyKind, str] = {
    RemedyKind.CHANGE_PASSWORD: f"This camera lets no password be changed from here: {_OWN_PAGE}, then set it here, too.",
    RemedyKind.RENAME_USER: "This camera cannot rename an account: change its password instead, which shuts out the old one.",
    RemedyKind.REMOVE_ACCOUNT: f"This camera does not let an account be removed from here: {_OWN_PAGE}.",
    RemedyKind.END_SESSION: "This camera cannot end a visit from here: change the password, then restart the camera.",
    RemedyKind.BLOCK_ADDRESS: "This camera cannot block an address: do it in your router, and change the camera's password.",
    RemedyKind.UNBLOCK_ADDRESS: "This camera blocks no addresses.",
    RemedyKind.REBOOT: "This camera cannot be restarted from here: pull its plug for ten seconds.",
    RemedyKind.SWITCH_OFF: "This camera cannot be switched off from here: pull its plug, or set off_url in its section "
    "[camera.NAME.power] if it hangs on a smart plug.",
    RemedyKind.SWITCH_ON: "This camera cannot be switched on from here: set on_url in its section [camera.NAME.power] if it "
    "hangs on a smart plug.",
    RemedyKind.SERVICE_OFF: f"This camera does not let that be switched from here: {_OWN_PAGE}.",
    RemedyKind.SERVICE_ON: f"This camera does not let that be switched from here: {_OWN_PAGE}.",
    RemedyKind.SET_CLOCK: f"This camera does not let its clock be set from here: {_OWN_PAGE}.",
    RemedyKind.USE_NTP: f"This camera does not let its time server be set from here: {_OWN_PAGE}.",
    RemedyKind.RESTORE_SETTINGS: f"This camera does not take settings back from here: {_OWN_PAGE}.",
    RemedyKind.CHANGE_NETWORK: f"This camera does not let its network be changed from here: {_OWN_PAGE}.",
    RemedyKind.UPLOAD_FIRMWARE: "This camera takes no firmware from here: upload the maker's file on the camera's own page.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Possible:
    """`why_not` is empty for what can be tried; `services` are those that can be switched."""

    why_not: Mapping[RemedyKind, str]
    services: frozenset[Service] = frozenset()

    def refusal(self, remedy: Remedy) -> str:
        """Return the plain statement when the remedy has no way on this camera, "" when it can be tried."""
        if reason := self.why_not[remedy.kind]:
            return reason
        if remedy.kind in {RemedyKind.SERVICE_OFF, RemedyKind.SERVICE_ON} and remedy.subject not in self.services:
            return _WITHOUT[remedy.kind]
        return ""


def possible(client: object, *, has_off_switch: bool, has_on_switch: bool) -> Possible:
    """Return what the camera behind `client` (None: its family is not known) lets be done."""
    able = {kind: all(isinstance(client, protocol) for protocol in needed) for kind, needed in _NEEDS.items()}
    able[RemedyKind.SWITCH_OFF] |= has_off_switch
    able[RemedyKind.SWITCH_ON] |= has_on_switch
    return Possible(
        why_not={kind: "" if can else _WITHOUT[kind] for kind, can in able.items()},
        services=client.services if isinstance(client, Fix) else frozenset(),
    )


def no_way(remedy: Remedy, client: object) -> Unsupported:
    """Return the plain statement for a remedy that the camera behind `client` has no way for."""
    found = possible(client, has_off_switch=False, has_on_switch=False)
    return Unsupported(named(found.refusal(remedy) or _WITHOUT[remedy.kind], remedy.camera))


def named(reason: str, camera: CameraId) -> str:
    """Return a plain statement with the camera's name in what is to be written into the configuration."""
    return reason.replace("[camera.NAME.", f"[camera.{camera}.")


_NUMBERS = frozenset({"http_port", "https_port", "rtsp_port", "media_port", "onvif_port"})
_TEXTS = frozenset({"address", "netmask", "gateway"})


def network_change(value: str) -> NetworkChange:
    """Return what `address=192.168.1.30 http_port=8080 dns=1.1.1.1,9.9.9.9 dhcp=yes` asks for. Raises Unsupported."""
    texts: dict[str, str] = {}
    ports: dict[str, int] = {}
    dns: tuple[str, ...] | None = None
    is_dhcp: bool | None = None
    for part in value.split():
        name, _, given = part.partition("=")
        if name in _TEXTS:
            texts[name] = given
        elif name in _NUMBERS and given.isascii() and given.isdigit() and len(given) <= 5:
            ports[name] = int(given)
        elif name == "dns":
            dns = tuple(given.split(","))
        elif name == "dhcp" and given in {"yes", "no"}:
            is_dhcp = given == "yes"
        else:
            raise Unsupported(
                f"{part[:60]!r} is not understood: use address=, netmask=, gateway=, dns=, http_port=, https_port=, "
                "rtsp_port=, media_port=, onvif_port= or dhcp=yes, with blanks between them"
            )
    if not value.split():
        raise Unsupported("say what shall change, for example address=192.168.1.30 or http_port=8080")
    return NetworkChange(is_dhcp=is_dhcp, dns=dns, **texts, **ports)  # type: ignore[arg-type]
