"""What can be changed of a camera's network, what it then says, and where we find it."""

from __future__ import annotations

import pytest

from hearthwatch.kit.errors import Unsupported
from hearthwatch.kit.secrets import Secret
from hearthwatch.kit.units import camera_id
from hearthwatch.vendors.device import Access
from hearthwatch.vendors.network import Network, NetworkChange, ipv4_of

NOW = Network(is_dhcp=True, address="192.168.1.7", netmask="255.255.255.0", gateway="192.168.1.1", http_port=80, https_port=443)
HERE = Access(camera=camera_id("yard"), host="192.168.1.7", port=80, user="watch", password=Secret("x"))


def test_a_fixed_address_ends_dhcp_and_is_where_the_camera_is_found() -> None:
    change = NetworkChange(address="192.168.1.40")
    assert change.names == ("address", "is_dhcp")
    wanted = change.applied(NOW)
    assert (wanted.is_dhcp, wanted.address, wanted.gateway) == (False, "192.168.1.40", "192.168.1.1")
    found = change.follow(HERE)
    assert (found.host, found.port, found.user) == ("192.168.1.40", 80, "watch")


def test_only_the_port_that_we_come_in_by_moves_us() -> None:
    change = NetworkChange(https_port=8443)
    assert change.follow(HERE) == HERE
    tls = Access(camera=camera_id("yard"), host="cam.lan", port=443, tls=True)
    assert (change.follow(tls).host, change.follow(tls).port) == ("cam.lan", 8443)
    assert not change.touches_address
    assert NetworkChange(http_port=81).follow(HERE).port == 81


@pytest.mark.parametrize(
    "given",
    [
        {"is_dhcp": True, "address": "10.0.0.1"},
        {"address": "10.0.0"},
        {"gateway": "router"},
        {"dns": ()},
        {"dns": ("1.1.1.1", "9.9.9.9", "8.8.8.8")},
        {"dns": ("::1",)},
        {"http_port": 0},
        {"rtsp_port": 65_536},
    ],
)
def test_what_no_camera_can_be_set_to_is_refused_in_words(given: dict[str, object]) -> None:
    with pytest.raises(Unsupported):
        NetworkChange(**given)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"address": "192.168.2.40"}, "not in the same network"),
        ({"address": "192.168.1.1"}, "gateway's own"),
        ({"address": "192.168.1.255"}, "not the address of a device"),
        ({"address": "192.168.1.40", "netmask": "255.0.255.0"}, "no netmask"),
    ],
)
def test_an_address_that_leads_nowhere_is_refused(given: dict[str, str], why: str) -> None:
    with pytest.raises(Unsupported, match=why):
        NetworkChange(**given).applied(NOW).check()  # type: ignore[arg-type]
    NetworkChange(address="10.0.0.9", netmask="255.0.0.0", gateway="10.9.9.9").applied(NOW).check()
    with pytest.raises(Unsupported, match="together"):
        NetworkChange(address="192.168.1.40").applied(Network()).check()


def test_an_address_to_block_is_one() -> None:
    assert ipv4_of(" 203.0.113.9 ") == "203.0.113.9"
    for text in ("", "203.0.113", "2001:db8::1", "evil&cmd=reboot"):
        with pytest.raises(Unsupported, match="no IPv4 address"):
            ipv4_of(text)
