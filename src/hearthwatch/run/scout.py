"""The scout: looks for phones by ARP, Wi-Fi frames and Bluetooth adverts. It opens its sockets, then gives up every right,
that to open such sockets too, and is locked in: no new socket, no file, no program. All it says is `Noticed`, `Scanned` and
how it is."""

from __future__ import annotations

import contextlib
import logging
import socket
import sys
import threading
from collections.abc import Callable
from typing import Any

from hearthwatch.kit import logs
from hearthwatch.kit.channel import Channel
from hearthwatch.kit.clock import Clock, SystemClock
from hearthwatch.kit.errors import BadReply, HearthwatchError, Unreachable
from hearthwatch.kit.units import NS_PER_S, MonoNs
from hearthwatch.presence import arp, wifi
from hearthwatch.presence.ble import Adverts, BlueZAdverts, device_of
from hearthwatch.presence.packet_filter import KEEP_BYTES
from hearthwatch.presence.presence import DeviceId, Means
from hearthwatch.presence.raw_sockets import open_arp, open_monitor
from hearthwatch.run import capabilities, sandbox
from hearthwatch.run.child import Child, leave
from hearthwatch.run.messages import HouseToScout, Noticed, Renew, Restarted, Role, Scan, Scanned, ScoutState
from hearthwatch.run.plan import ScoutPlan

log = logging.getLogger(__name__)

_MEMORY_BYTES = 1 << 30
_STATE_EVERY_S = 5.0
_AT_ONCE = 32
_PAUSE_S = 0.01
_ANSWER_S = 0.8
_TRIES = 2
_OVERHEARD_EVERY_S = 5.0
"""A phone that talks sends thousands of frames a second, and one is enough."""
_MAX_IPS = 512


class Scout:
    """A thread for each socket and one for the house. `open` before the box closes, then `start`."""

    def __init__(self, plan: ScoutPlan, child: Child, clock: Clock, adverts: Adverts | None = None) -> None:
        self._plan = plan
        self._child = child
        self._clock = clock
        self._adverts = adverts or BlueZAdverts()
        self._macs: dict[bytes, DeviceId] = {device.mac: device.id for device in plan.devices if device.mac}
        self._tags: dict[bytes, DeviceId] = {device.ble: device.id for device in plan.devices if device.ble}
        self._by_id = {device: mac for mac, device in self._macs.items()}
        self._house: Channel[Any] | None = None
        self._arp: socket.socket | None = None
        self._monitor: socket.socket | None = None
        self._own_mac = b""
        self._errors: dict[str, str] = {}
        self._frames = self._ignored = 0
        self._told_ns: dict[tuple[DeviceId, Means], MonoNs] = {}
        self._answered: set[DeviceId] = set()
        self._state_ns = 0

    def open(self) -> None:
        """Open what the plan asks for; what cannot be opened is told in the state."""
        plan = self._plan
        if plan.arp_interface and self._macs:
            with self._noting("arp"):
                self._arp, self._own_mac = open_arp(plan.arp_interface, tuple(self._macs))
        if plan.monitor_interface and self._macs:
            with self._noting("monitor"):
                self._monitor = open_monitor(plan.monitor_interface, tuple(self._macs))
        if plan.ble and self._tags:
            with self._noting("ble"):
                self._adverts.start(self._hear_advert)

    @contextlib.contextmanager
    def _noting(self, what: str) -> Any:
        try:
            yield
        except HearthwatchError as error:
            log.warning("%s", error)
            self._errors[what] = str(error)

    def start(self) -> None:
        """Listen from now on."""
        for name, sock, take in (("arp", self._arp, self._hear_arp), ("monitor", self._monitor, self._hear_wifi)):
            if sock is not None:
                threading.Thread(target=self._listen, args=(name, sock, take), name=name, daemon=True).start()

    def _listen(self, name: str, sock: socket.socket, take: Callable[[bytes], None]) -> None:
        while True:
            try:
                frame = sock.recv(KEEP_BYTES)
            except OSError as error:  # the interface is down, or gone
                self._errors[name] = f"the interface cannot be listened to any more ({error.strerror or error})"
                if self._child.stop.wait(1.0):
                    return
                continue
            self._errors.pop(name, None)
            self._frames += 1
            take(frame)

    def _hear_arp(self, frame: bytes) -> None:
        heard = arp.parse(frame, self._own_mac)
        device = self._macs.get(heard.mac) if heard is not None else None
        if heard is None or device is None:
            self._ignored += 1
            return
        if heard.is_answer:
            self._answered.add(device)
            self._notice(device, Means.ARP, heard.ip)
        else:
            self._notice(device, Means.ARP_HEARD, heard.ip)

    def _hear_wifi(self, frame: bytes) -> None:
        sender = wifi.sender(frame)
        device = self._macs.get(sender) if sender is not None else None
        if device is None:
            self._ignored += 1
            return
        self._notice(device, Means.WIFI)

    def _hear_advert(self, address: str) -> None:
        device = device_of(address, self._tags)
        if device is not None:
            self._notice(device, Means.BLE)

    def _notice(self, device: DeviceId, means: Means, ip: str = "") -> None:
        now_ns = self._clock.mono_ns()
        before_ns = self._told_ns.get((device, means))
        if not means.is_answer and before_ns is not None and now_ns - before_ns < _OVERHEARD_EVERY_S * NS_PER_S:
            return
        self._told_ns[device, means] = now_ns
        self._send(Noticed(device=device, means=means, at_ns=now_ns, ip=ip))

    def link(self, peer: Role, name: str, sock: socket.socket) -> None:
        """See child.Handlers."""
        del peer, name
        channel: Channel[Any] = Channel(sock, HouseToScout)
        self._house = channel
        self._state_ns = 0
        threading.Thread(target=self._serve, args=(channel,), name="from-house", daemon=True).start()

    def renew(self, message: Renew) -> None:
        """A scout is replaced, never renewed."""

    def restarted(self, message: Restarted) -> None:
        """Nothing of another process concerns a scout."""

    def _serve(self, channel: Channel[Any]) -> None:
        try:
            while True:
                ask = channel.receive()
                self._scan(ask)
                channel.send(Scanned(token=ask.token))
        except (Unreachable, BadReply) as error:
            log.debug("the house is gone: %s", error)
            if self._house is channel:
                self._house = None

    def _scan(self, ask: Scan) -> None:
        """Ask in several tries; who answered is not asked again."""
        self._answered.clear()
        ips = ask.ips[:_MAX_IPS]
        for _try in range(_TRIES):
            waiting = [device for device in ask.devices if device in self._by_id and device not in self._answered]
            sock = self._arp
            if sock is None or not waiting or not ips or self._child.stop.is_set():
                return
            for device in waiting:
                if not self._ask(sock, device, ips, ask.own_ip):
                    return
            self._child.stop.wait(_ANSWER_S)

    def _ask(self, sock: socket.socket, device: DeviceId, ips: tuple[str, ...], own_ip: str) -> bool:
        for at, ip in enumerate(ips, 1):
            try:
                frame = arp.question(device=self._by_id[device], ip=ip, own_mac=self._own_mac, own_ip=own_ip)
                sock.send(frame)
            except ValueError:  # no address: the house asks nonsense
                self._ignored += 1
            except OSError as error:
                self._errors["arp"] = f"nothing can be sent ({error.strerror or error})"
                return False
            if at % _AT_ONCE == 0:
                self._child.stop.wait(_PAUSE_S)
                if device in self._answered:
                    return True
        self._errors.pop("arp", None)
        return True

    def alive(self) -> bool:
        """Tell the house how it is; always True, as every thread's death ends the process."""
        now_ns = self._clock.mono_ns()
        if now_ns - self._state_ns >= _STATE_EVERY_S * NS_PER_S:
            self._state_ns = now_ns
            self._send(self._state())
        return True

    def _state(self) -> ScoutState:
        plan = self._plan
        wanted = bool(plan.arp_interface and self._macs), bool(plan.monitor_interface and self._macs)
        return ScoutState(
            arp_error=self._errors.get("arp", ""),
            monitor_error=self._errors.get("monitor", ""),
            ble_error=self._errors.get("ble", ""),
            frames=self._frames,
            ignored=self._ignored,
            opened=wanted == (self._arp is not None, self._monitor is not None) and "ble" not in self._errors,
        )

    def _send(self, message: object) -> None:
        house = self._house
        if house is not None:
            with contextlib.suppress(Unreachable):
                house.send(message)


def main() -> None:
    child = Child(sys.argv)
    start, _fds = child.start("scout")
    plan = start.plan
    assert isinstance(plan, ScoutPlan)
    hide(plan)
    scout = Scout(plan, child, SystemClock())
    scout.open()
    # a packet socket that is open needs no right any more; the box changes the user with these two, and loses them by it
    capabilities.keep_only(capabilities.SETGID, capabilities.SETUID)
    walls = sandbox.enter(memory_bytes=_MEMORY_BYTES, uses_bus=plan.ble)
    log.info("looking for %d devices; %s", len(plan.devices), walls.told())
    scout.start()
    child.serve(scout, scout.alive)
    leave()


def hide(plan: ScoutPlan) -> None:
    """Keep the addresses out of this process's log."""
    for address in (address for device in plan.devices for address in (device.mac, device.ble) if address):
        for spelling in (address.hex(":"), address.hex("-"), address.hex()):
            logs.hide(spelling)
            logs.hide(spelling.upper())


if __name__ == "__main__":
    main()
