"""The doctor's checks of presence: may the scout look, can lease files be read, is there anything to notice people by?"""

from __future__ import annotations

import importlib.util
from collections.abc import Collection, Iterator
from pathlib import Path

from hearthwatch.health.outage import Fault
from hearthwatch.kit.errors import StorageFailed
from hearthwatch.presence.home_network import HomeNetwork
from hearthwatch.presence.leases import read_leases
from hearthwatch.run import capabilities
from hearthwatch.run.check import Check, fail, ok, warn
from hearthwatch.run.config import Config
from hearthwatch.run.people import KINDS, secret_of
from hearthwatch.run.status import Status

_SUBJECT = "who is home"
_MONITOR = "803"
"""ARPHRD_IEEE80211_RADIOTAP, linux/if_arp.h."""
_INTERFACES = Path("/sys/class/net")


def presence(
    config: Config,
    secret_names: Collection[str],
    status: Status | None,
    *,
    may_raw: bool | None = None,
    interfaces: Path = _INTERFACES,
    has_network: bool | None = None,
) -> Iterator[Check]:
    """Yield how people are noticed. `status` is that of the running house. The rest is for tests: whether this user may open
    raw sockets, the kernel's list of interfaces, and whether this machine is in the home network."""
    if not config.people:
        yield ok(_SUBJECT, "nobody is set up, so the house does not arm by itself: hearthwatch people add NAME")
        return
    bare = [
        f"{person} {device}"
        for person, options in config.people.items()
        for device in options.devices
        if not any(secret_of(person, device, kind) in secret_names for kind in KINDS)
    ]
    for one in bare:
        yield warn(_SUBJECT, f"nothing is known of {one}: hearthwatch people device add {one}")
    for person, options in config.people.items():
        if not options.devices:
            yield warn(
                _SUBJECT, f"{person} carries nothing, so never comes or leaves: hearthwatch people device add {person} phone"
            )
    if has_network is None:
        has_network = bool(HomeNetwork(lambda: config.home.networks).everywhere())
    if not has_network:
        yield fail(
            _SUBJECT,
            "this machine is in none of home.networks, so no phone can be asked: correct them, or connect it to that network",
        )
    yield from _leases(config)
    if config.presence.needs_scout:
        yield from _scout(config, status, may_raw=may_raw, interfaces=interfaces)
    deaf = [outage.detail for outage in status.outages if outage.fault is Fault.SCOUT_DEAF] if status else []
    for detail in deaf:
        yield fail(_SUBJECT, detail)
    if has_network and not bare and not deaf:
        yield ok(_SUBJECT, f"{', '.join(config.people)} are noticed by what they carry")


def _leases(config: Config) -> Iterator[Check]:
    for path in config.presence.leases:
        try:
            found = read_leases(Path(path))
        except StorageFailed as error:
            yield fail(_SUBJECT, f"{error}: let the user of Hearthwatch read it, or take it out of presence.leases")
            continue
        if found:
            yield ok(_SUBJECT, f"{path} is read: {len(found)} leases")
        else:
            yield warn(_SUBJECT, f"{path} holds no lease that could be read: is it the file your DHCP server writes?")


def _scout(config: Config, status: Status | None, *, may_raw: bool | None, interfaces: Path) -> Iterator[Check]:
    options = config.presence
    for key, name in (("arp_interface", options.arp_interface), ("monitor_interface", options.monitor_interface)):
        if name and not (interfaces / name).exists():
            there = ", ".join(sorted(path.name for path in interfaces.iterdir())) if interfaces.is_dir() else "none"
            yield fail(_SUBJECT, f"presence.{key}: there is no network interface {name} (there are: {there})")
        elif name and key == "monitor_interface" and _type_of(interfaces / name) != _MONITOR:
            yield fail(_SUBJECT, f"{name} is not in monitor mode: `iw dev {name} set type monitor`, while it is down")
    if status is None and (options.arp_interface or options.monitor_interface):
        allowed = bool(capabilities.held() >> capabilities.NET_RAW & 1) if may_raw is None else may_raw
        if not allowed:
            yield warn(
                _SUBJECT,
                "this user may not open raw sockets, which arp_interface and monitor_interface need: the service needs "
                "AmbientCapabilities=CAP_NET_RAW (without it, phones are asked by the kernel's own table alone)",
            )
    if options.ble and importlib.util.find_spec("bleak") is None:
        yield fail(
            _SUBJECT, "presence.ble needs a library that is not installed: add hearthwatch[presence], or set it to false"
        )


def _type_of(interface: Path) -> str:
    try:
        return (interface / "type").read_text().strip()
    except OSError:
        return ""
