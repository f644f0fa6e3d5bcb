"""The fence is read back by a reader of its own, that decides of packets as the router would."""

from __future__ import annotations

import ipaddress
import re
import shutil
import subprocess
from dataclasses import dataclass

import pytest

from hearthwatch.audit.fence import Fenced, FenceKind, fence
from hearthwatch.kit.errors import Unsupported
from hearthwatch.kit.units import CameraId

CAMERAS = (
    Fenced(camera=CameraId("porch"), addresses=("192.168.1.20",), mac="9C:8E:CD:00:11:22"),
    Fenced(camera=CameraId("gate"), addresses=("192.168.1.21", "fd00::21")),
    Fenced(camera=CameraId("shed"), addresses=()),
)
HOME = ("192.168.1.0/24", "192.168.1.128/25", "10.0.0.0/8", "fc00::/7")


@dataclass(frozen=True)
class Packet:
    src: str
    dst: str
    udp: bool = False
    sport: int = 40000
    dport: int = 443
    established: bool = False
    mac: str = "00:00:00:00:00:01"


CASES = [
    ("a camera to the Internet", Packet("192.168.1.20", "203.0.113.9"), False),
    ("a camera to the Internet by IPv6", Packet("fd00::21", "2001:db8::1"), False),
    ("a camera to the home", Packet("192.168.1.20", "10.1.2.3"), True),
    ("a camera to the home by IPv6", Packet("fd00::21", "fd00::5"), True),
    ("a camera asks for the time", Packet("192.168.1.21", "203.0.113.1", udp=True, dport=123), True),
    ("the Internet to a camera", Packet("203.0.113.9", "192.168.1.20"), False),
    ("the home to a camera", Packet("10.9.9.9", "192.168.1.20"), True),
    (
        "the answer of the time server",
        Packet("203.0.113.1", "192.168.1.21", udp=True, sport=123, dport=50000, established=True),
        True,
    ),
    ("somebody who plays a time server", Packet("203.0.113.1", "192.168.1.21", udp=True, sport=123), False),
    ("another device to the Internet", Packet("192.168.1.50", "203.0.113.9"), True),
]


def _sets(text: str) -> dict[str, list[str]]:
    found = {}
    for name, body in re.findall(r"  set (\w+) \{\n(.*?)\n  \}", text, re.DOTALL):
        elements = re.search(r"elements = \{ (.*) \}", body)
        found[name] = elements[1].split(", ") if elements else []
    return found


def _in(ip: str, networks: list[str]) -> bool:
    address = ipaddress.ip_address(ip)
    return any(address in ipaddress.ip_network(one) for one in networks if ":" in one or "." in one)


def _matches(condition: str, packet: Packet, sets: dict[str, list[str]]) -> bool:
    is_v6 = ":" in packet.src
    for part in re.findall(
        r"ip6? [sd]addr @\w+|ether saddr @\w+|udp [sd]port \d+|ct state \w+|limit rate .*? packets", condition
    ):
        words = part.split()
        match words[0]:
            case "ip" | "ip6":
                address = packet.src if words[1] == "saddr" else packet.dst
                if (words[0] == "ip6") != is_v6 or not _in(address, sets[words[2][1:]]):
                    return False
            case "ether":
                if packet.mac not in sets[words[2][1:]]:
                    return False
            case "udp":
                port = packet.sport if words[1] == "sport" else packet.dport
                if not packet.udp or port != int(words[2]):
                    return False
            case "ct":
                if not packet.established:
                    return False
    return True


def nft_lets_pass(text: str, packet: Packet) -> bool:
    sets = _sets(text)
    chains = {
        name: [line.strip() for line in body.splitlines()]
        for name, body in re.findall(r"  chain (\w+) \{\n(.*?)\n  \}", text, re.DOTALL)
    }

    def run(chain: str) -> bool:
        for line in chains[chain]:
            if line.startswith("type "):
                assert line.endswith("policy accept;")
                continue
            if not _matches(line, packet, sets):
                continue
            if line.endswith("drop"):
                return False
            if line.endswith("return"):
                return True
            jump = re.search(r"jump (\w+)$", line)
            assert jump, line
            if not run(jump[1]):
                return False
        return True

    return run("forward")


@pytest.mark.parametrize(("what", "packet", "passes"), CASES)
def test_nftables_keeps_cameras_in_and_strangers_out(what, packet, passes):
    assert nft_lets_pass(fence(FenceKind.NFTABLES, CAMERAS, HOME), packet) is passes, what


def test_a_camera_that_moved_is_still_fenced_by_its_mac():
    text = fence(FenceKind.NFTABLES, CAMERAS, HOME)
    assert not nft_lets_pass(text, Packet("192.168.1.99", "203.0.113.9", mac="9c:8e:cd:00:11:22"))
    assert nft_lets_pass(text, Packet("192.168.1.99", "10.0.0.1", mac="9c:8e:cd:00:11:22"))


def test_networks_within_others_are_said_once_for_nftables_refuses_overlaps():
    home4 = _sets(fence(FenceKind.NFTABLES, CAMERAS, HOME))["home4"]
    networks = [ipaddress.ip_network(one) for one in home4]
    assert not any(a.overlaps(b) for a in networks for b in networks if a is not b)
    assert "192.168.1.0/24" in home4


def uci_lets_pass(text: str, packet: Packet) -> bool:
    """The first rule that fits; without one what leaves the home is let through and what comes from outside is not."""
    inside = ["192.168.1.0/24", "10.0.0.0/8", "fc00::/7"]
    zone = {True: "lan", False: "wan"}
    src, dst = zone[_in(packet.src, inside)], zone[_in(packet.dst, inside)]
    for section in text.split("config rule\n")[1:]:
        options = dict(re.findall(r"\toption (\w+) '(.*?)'", section))
        lists: dict[str, list[str]] = {}
        for key, value in re.findall(r"\tlist (\w+) '(.*?)'", section):
            lists.setdefault(key, []).append(value)
        assert options["target"] in {"ACCEPT", "REJECT", "DROP"}
        fits = (
            (options["src"], options["dest"]) == (src, dst)
            and options["family"] in {"any", "ipv6" if ":" in packet.src else "ipv4"}
            and ("src_ip" not in lists or packet.src in lists["src_ip"])
            and ("dest_ip" not in lists or packet.dst in lists["dest_ip"])
            and ("src_mac" not in lists or packet.mac in lists["src_mac"])
            and (options["proto"] == "all" or packet.udp)
            and ("dest_port" not in options or packet.dport == int(options["dest_port"]))
        )
        if fits:
            return options["target"] == "ACCEPT"
    return src == "lan" or packet.established


@pytest.mark.parametrize(("what", "packet", "passes"), [case for case in CASES if not case[1].established])
def test_openwrt_does_the_same(what, packet, passes):
    assert uci_lets_pass(fence(FenceKind.OPENWRT, CAMERAS, HOME), packet) is passes, what


def vyos_lets_pass(text: str, packet: Packet) -> bool:
    groups: dict[tuple[str, str], list[str]] = {}
    rules: dict[int, dict[str, str]] = {}
    family = "ipv6" if ":" in packet.src else "ipv4"
    for line in text.splitlines():
        if line.startswith("#"):
            continue
        if match := re.fullmatch(r"set firewall group (ipv6-)?(address|network)-group (\S+) \w+ '(\S+)'", line):
            groups.setdefault((match[1] or "", match[3]), []).append(match[4])
            continue
        match = re.fullmatch(r"set firewall (ipv[46]) forward filter rule (\d+) (.+?) '?(\S+?)'?", line)
        assert match, line
        if match[1] == family:
            rules.setdefault(int(match[2]), {})[match[3]] = match[4]
    v6 = "ipv6-" if family == "ipv6" else ""
    for number in sorted(rules):
        rule = rules[number]
        fits = True
        for key, value in rule.items():
            words = key.split()
            if words[0] in {"source", "destination"} and words[1] == "group":
                address = packet.src if words[0] == "source" else packet.dst
                inside = _in(address, groups[v6, value.lstrip("!")])
                fits &= inside != value.startswith("!")
            elif key == "protocol":
                fits &= packet.udp
            elif key == "destination port":
                fits &= packet.dport == int(value)
            elif key == "state":
                fits &= not packet.established
        if fits:
            return rule["action"] == "accept"
    return True


@pytest.mark.parametrize(("what", "packet", "passes"), CASES)
def test_vyos_does_the_same(what, packet, passes):
    assert vyos_lets_pass(fence(FenceKind.VYOS, CAMERAS, HOME), packet) is passes, what


def test_a_camera_without_a_known_place_is_said_to_be_outside_the_fence():
    for kind in FenceKind:
        assert "shed: its address is not known: it is NOT fenced" in fence(kind, CAMERAS, HOME)


def test_with_no_camera_in_the_network_there_is_nothing_to_fence():
    with pytest.raises(Unsupported, match="nothing to fence"):
        fence(FenceKind.NFTABLES, (Fenced(camera=CameraId("demo"), addresses=()),), HOME)


@pytest.mark.wired
@pytest.mark.skipif(shutil.which("nft") is None, reason="nft is not installed: the rules are read by our own reader only")
def test_the_real_nft_takes_the_rules(tmp_path):
    path = tmp_path / "hearthwatch.nft"
    path.write_text(fence(FenceKind.NFTABLES, CAMERAS, HOME))
    done = subprocess.run(["unshare", "-rn", "nft", "-c", "-f", str(path)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
