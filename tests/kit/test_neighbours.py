"""The kernel's tables of neighbours and routes."""

from __future__ import annotations

from ipaddress import IPv4Network

import pytest

from hearthwatch.kit.neighbours import MAX_ADDRESSES, addresses_of, arp_table, at_home, network_of, own_networks

ARP = """IP address       HW type     Flags       HW address            Mask     Device
192.168.1.20     0x1         0x2         9C:8E:CD:00:11:22     *        eth0
192.168.1.66     0x1         0x0         00:00:00:00:00:00     *        eth0
192.168.1.21     0x1         0x6         00:0d:c5:d4:dc:51     *        wlan0
192.168.1.20     0x1         0x2         00:11:22:33:44:55     *        wlan0
192.168.1.67     0x1         0x2         00:00:00:00:00:00     *        eth0
hostile          0x1         0x2         00:11:22:33:44:55     *        eth0
192.168.1.22     0x1         what        00:11:22:33:44:55     *        eth0
"""
ROUTES = """Iface	Destination	Gateway 	Flags	RefCnt	Use	Metric	Mask		MTU	Window	IRTT
eth0	00000000	0101A8C0	0003	0	0	0	00000000	0	0	0
eth0	0001A8C0	00000000	0001	0	0	0	00FFFFFF	0	0	0
docker0	000011AC	00000000	0001	0	0	0	0000FFFF	0	0	0
vpn	0000080A	0101A8C0	0003	0	0	0	0000FFFF	0	0	0
zero	0000FEA9	00000000	0001	0	0	0	0000FFFF	0	0	0
odd	0001A8C0	00000000	0001	0	0	0	00FF00FF	0	0	0
wlan0	0001A8C0	00000000	0001	0	0	600	00FFFFFF	0	0	0
"""


def test_only_neighbours_whose_mac_is_known_are_told() -> None:
    assert arp_table(ARP) == {"192.168.1.20": "9c:8e:cd:00:11:22", "192.168.1.21": "00:0d:c5:d4:dc:51"}
    assert arp_table("") == {}


def test_the_networks_of_this_machine_are_those_without_a_gateway() -> None:
    assert own_networks(ROUTES) == (IPv4Network("192.168.1.0/24"), IPv4Network("172.17.0.0/16"))
    assert own_networks("") == ()


@pytest.mark.parametrize(
    ("home", "expected"),
    [
        (("192.168.1",), ["192.168.1.0/24"]),
        (("192.168.0.0/16", "fc00::/7"), ["192.168.1.0/24"]),
        (("192.168.1.0/28",), []),
        (("10.0.0.0/8",), []),
    ],
)
def test_only_networks_that_are_home_are_looked_at(home: tuple[str, ...], expected: list[str]) -> None:
    assert [str(one) for one in at_home(own_networks(ROUTES), home)] == expected


def test_a_network_too_large_is_left_out_not_cut() -> None:
    networks = (
        IPv4Network("172.17.0.0/16"),
        IPv4Network("192.168.1.0/24"),
        IPv4Network("10.0.0.0/22"),
        IPv4Network("10.1.0.0/30"),
    )
    found = list(addresses_of(networks))
    assert len(found) == 254 + 2 <= MAX_ADDRESSES
    assert found[0] == "192.168.1.1"
    assert found[-1] == "10.1.0.2"


@pytest.mark.parametrize("text", ["", "192.168.1.0/99", "192.168.1.300", "a.b", "192.168..", "999"])
def test_what_is_no_network_is_none(text: str) -> None:
    assert network_of(text) is None
