"""The scout with real packet sockets, filters in the kernel, ARP on the wire and Wi-Fi frames through a radiotap TAP."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import re
import socket
import struct
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.devices.lan import Lan, is_possible, lan
from tests.presence.test_parsers import data_frame, probe_request, radiotap

from hearthwatch.kit.channel import Channel
from hearthwatch.kit.errors import Unreachable, Unsupported
from hearthwatch.presence.presence import DeviceId, Means
from hearthwatch.presence.raw_sockets import open_arp, open_monitor
from hearthwatch.run.messages import (
    VERSION,
    Beat,
    FromChild,
    Link,
    Noticed,
    Quit,
    Ready,
    Role,
    Scan,
    Scanned,
    ScoutState,
    ScoutToHouse,
    Start,
)
from hearthwatch.run.plan import ScoutDevice, ScoutPlan

pytestmark = [pytest.mark.wired, pytest.mark.skipif(not is_possible(), reason="needs root and network namespaces")]

ROOT = Path(__file__).parents[2]
PHONE, OTHER = bytes.fromhex("a483e7000001"), bytes.fromhex("a483e7000002")
ANNA, BEN = DeviceId("anna.phone"), DeviceId("ben.phone")
_TUNSETIFF, _TUNSETLINK = 0x400454CA, 0x400454CD
_TAP_NO_INFO = 0x1002


@contextlib.contextmanager
def radio(name: str, namespace: str | None = None) -> Iterator[int]:
    """Yield a descriptor: a frame written to it comes in on the interface `name`, which says of itself that it is a monitor."""
    fd = os.open("/dev/net/tun", os.O_RDWR | os.O_CLOEXEC)
    try:
        fcntl.ioctl(fd, _TUNSETIFF, struct.pack("16sH14x", name.encode(), _TAP_NO_INFO))
        fcntl.ioctl(fd, _TUNSETLINK, 803)
        if namespace is not None:
            subprocess.run(["ip", "link", "set", name, "netns", namespace], check=True)
        inside = ["-n", namespace] if namespace else []
        subprocess.run(["ip", *inside, "link", "set", name, "up"], check=True)
        yield fd
    finally:
        os.close(fd)


def test_the_kernel_lets_through_frames_of_the_configured_phones_alone() -> None:
    name = f"mon{os.getpid() % 100_000}"
    with radio(name) as air, contextlib.closing(open_monitor(name, [PHONE, OTHER])) as sock:
        sock.settimeout(5)
        nobody = bytes.fromhex("a483e7000003")
        wanted = []
        for turn in range(50):
            strange = (probe_request(nobody), data_frame(nobody), data_frame(PHONE, flags=0x01)[:8], b"\xd4\x00" + PHONE * 3)
            for frame in strange:
                os.write(air, radiotap(frame))
            good = radiotap(
                probe_request(PHONE) if turn % 2 else data_frame(OTHER),
                present=0 if turn % 3 else 0x482F,
                fields=b"" if turn % 3 else None,
            )
            os.write(air, good)
            wanted.append(good)
        assert [sock.recv(4096) for _turn in wanted] == [frame[:256] for frame in wanted]
        sock.setblocking(False)
        with pytest.raises(BlockingIOError):
            sock.recv(4096)


def test_interfaces_that_will_not_do_are_told_with_what_to_do() -> None:
    with pytest.raises(Unreachable, match="no network interface nosuch0"):
        open_arp("nosuch0", [PHONE])
    with pytest.raises(Unsupported, match="no Ethernet"):
        open_arp("lo", [PHONE])
    with pytest.raises(Unsupported, match="not in monitor mode"):
        open_monitor("lo", [PHONE])


class RunningScout:
    """A real scout in the house's namespace, with us in the place of supervisor and house."""

    def __init__(self, net: Lan, plan: ScoutPlan) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            self.process = subprocess.Popen(
                net.command(sys.executable, "-m", "hearthwatch.run.scout", str(theirs.fileno())),
                pass_fds=(theirs.fileno(),),
                stdin=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                cwd=ROOT,
                text=True,
            )
        ours.settimeout(30)
        self.control: Channel[Ready | Beat] = Channel(ours, FromChild)
        self.control.send(Start(version=VERSION, debug=True, plan=plan))
        house, far = socket.socketpair()
        with far:
            self.control.send(Link(peer=Role.HOUSE), (far.fileno(),))
        house.settimeout(30)
        self.house: Channel[Noticed | Scanned | ScoutState] = Channel(house, ScoutToHouse)
        assert isinstance(self.control.receive(), Ready)

    def until(self, kind: type) -> list[Noticed | Scanned | ScoutState]:
        """Return what it says, up to the first of `kind`."""
        said = []
        while True:
            said.append(self.house.receive())
            if isinstance(said[-1], kind):
                return said

    def close(self) -> str:
        self.control.send(Quit())
        self.house.close()
        _out, errors = self.process.communicate(timeout=20)
        self.control.close()
        return errors


@contextlib.contextmanager
def running(net: Lan, plan: ScoutPlan) -> Iterator[RunningScout]:
    scout = RunningScout(net, plan)
    try:
        yield scout
    finally:
        if scout.process.poll() is None:
            scout.process.terminate()
            scout.close()


def plan_of(*, arp: str = "", monitor: str = "") -> ScoutPlan:
    devices = (ScoutDevice(id=ANNA, mac=PHONE), ScoutDevice(id=BEN, mac=OTHER))
    return ScoutPlan(arp_interface=arp, monitor_interface=monitor, ble=False, devices=devices)


def test_phones_are_asked_on_the_wire_and_overheard_in_the_air_and_the_log_knows_no_address() -> None:
    name = f"air{os.getpid() % 100_000}"
    with lan() as net:
        anna = net.phone("a", PHONE.hex(":"), "10.77.0.21")
        net.phone("b", OTHER.hex(":"), "10.77.0.22")
        anna.join()
        with radio(name, net.house) as air, running(net, plan_of(arp="br0", monitor=name)) as scout:
            everywhere = tuple(f"10.77.0.{last}" for last in range(2, 255))
            scout.house.send(Scan(token=1, devices=(ANNA, BEN), ips=everywhere, own_ip="10.77.0.1"))
            said = scout.until(Scanned)
            answers = [one for one in said if isinstance(one, Noticed) and one.means is Means.ARP]
            assert {(one.device, one.ip) for one in answers} == {(ANNA, "10.77.0.21")}

            anna.sleep()
            scout.house.send(Scan(token=2, devices=(ANNA,), ips=("10.77.0.21",), own_ip="10.77.0.1"))
            assert [one for one in scout.until(Scanned) if isinstance(one, Noticed) and one.means is Means.ARP] == []

            os.write(air, radiotap(probe_request(bytes.fromhex("a483e7000003"))))
            os.write(air, radiotap(probe_request(OTHER)))
            heard = scout.until(Noticed)[-1]
            assert isinstance(heard, Noticed)
            assert (heard.device, heard.means, heard.ip) == (BEN, Means.WIFI, "")

            status = Path(f"/proc/{scout.process.pid}/status").read_text()
            facts = dict(re.findall(r"^(\w+):\s+(\S+)", status, re.MULTILINE))
            assert (facts["Uid"], facts["Seccomp"], facts["NoNewPrivs"]) == ("65534", "2", "1")
            assert int(facts["CapEff"], 16) == int(facts["CapPrm"], 16) == int(facts["CapAmb"], 16) == 0
            errors = scout.close()
        assert "looking for 2 devices" in errors
        for mac in (PHONE, OTHER):
            assert mac.hex(":") not in errors
            assert mac.hex() not in errors


def test_a_scout_without_its_interface_says_so_and_lives() -> None:
    with lan() as net, running(net, plan_of(arp="nosuch0", monitor="br0")) as scout:
        [state] = [one for one in scout.until(ScoutState) if isinstance(one, ScoutState)]
        assert not state.opened
        assert "no network interface nosuch0" in state.arp_error
        assert "not in monitor mode" in state.monitor_error


def test_sec_19_what_a_scout_gone_bad_could_do() -> None:
    with lan() as net:
        done = subprocess.run(
            net.command(sys.executable, "-m", "tests.presence.boxed_scout", "br0"),
            capture_output=True,
            text=True,
            check=False,
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
        )
        assert done.returncode == 0, done.stderr
        told = json.loads(done.stdout)
    assert told.pop("send") == "done", "a packet socket that is open needs no right"
    assert set(told.values()) == {"PermissionError"}, told
