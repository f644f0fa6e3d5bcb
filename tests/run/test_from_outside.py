"""What is seen from within of whether the page is open to the internet."""

from __future__ import annotations

import ipaddress
from pathlib import Path

from hearthwatch.kit.address import AddressV6, own_addresses_v6
from hearthwatch.run.from_outside import seen
from hearthwatch.vendors.router import PortMapping, Router
from hearthwatch.web.welcome_doors import RouterSays

HOME = {"eth0": "192.168.1.5", "tailscale0": "100.90.1.1"}


def v6(address: str, *, temporary: bool = False) -> AddressV6:
    return AddressV6(interface="eth0", address=ipaddress.IPv6Address(address), is_temporary=temporary)


def mapping(outer: int, inner: int, inside: str = "192.168.1.5", protocol: str = "TCP") -> PortMapping:
    return PortMapping(protocol=protocol, outer_port=outer, inside=inside, inner_port=inner, what="x")


async def look(
    router: Router, *, gateway: str = "192.168.1.1", newer: tuple[AddressV6, ...] = (), home=HOME, tmp_path=Path("/")
):
    asked: list[str] = []

    async def ask(address: str) -> Router:
        asked.append(address)
        return router

    found = await seen({8443}, gateway, home, newer, ask=ask, interfaces=tmp_path)
    assert asked == ([gateway] if gateway else [])
    return found


async def test_a_port_that_leads_to_the_page_is_told_from_others() -> None:
    mappings = (
        mapping(443, 8443),
        mapping(22, 22),
        mapping(8443, 8443, protocol="UDP"),
        mapping(8443, 8443, inside="192.168.1.9"),
    )
    found = await look(Router(name="ACME", lists=True, is_whole=True, opens=True, mappings=mappings, outer="203.0.113.9"))
    assert [(each.outer_port, each.is_page) for each in found.openings] == [(443, True), (22, False), (8443, False)]
    assert (found.others, found.says, found.opens) == (1, RouterSays.ALL, True)
    assert found.tailscale


async def test_what_is_not_known_is_not_called_closed() -> None:
    assert (await look(Router())).says is RouterSays.SILENT
    assert (await look(Router(opens=True))).says is RouterSays.SILENT
    assert (await look(Router(lists=True))).says is RouterSays.SOME
    assert (await look(Router(), gateway="")).says is RouterSays.NONE


async def test_a_public_address_of_this_machine_is_seen() -> None:
    newer = (v6("fe80::1"), v6("fd00::5"), v6("2a01:4f8::5"), v6("2a01:4f8::77", temporary=True))
    found = await look(Router(), newer=newer, home={"eth0": "9.9.9.9"})
    assert found.public == ("9.9.9.9", "2a01:4f8::5", "2a01:4f8::77")
    assert not (await look(Router())).public  # a tailnet's address is nobody else's


async def test_a_router_whose_own_address_leads_nowhere() -> None:
    assert (await look(Router(outer="100.72.1.1"))).outer_is_private
    assert not (await look(Router(outer="8.8.4.4"))).outer_is_private
    assert not (await look(Router())).outer_is_private


async def test_a_tunnel_of_wireguard_is_known_by_its_interface(tmp_path: Path) -> None:
    assert not (await look(Router(), tmp_path=tmp_path)).wireguard
    (tmp_path / "home-wg").mkdir()
    (tmp_path / "home-wg" / "uevent").write_text("DEVTYPE=wireguard\nINTERFACE=home-wg\n")
    assert (await look(Router(), home=HOME | {"home-wg": "10.8.0.1"}, tmp_path=tmp_path)).wireguard


def test_the_kernels_table_of_addresses(tmp_path: Path) -> None:
    table = tmp_path / "if_inet6"
    table.write_text(
        "20010db8000000000000000000000005 02 40 00 00     eth0\n"
        "20010db8000000000000000000000006 02 40 00 01     eth0\n"
        "20010db8000000000000000000000007 02 40 00 20     eth0\n"
    )
    assert [(str(each.address), each.is_temporary) for each in own_addresses_v6(table)] == [
        ("2001:db8::5", False),
        ("2001:db8::6", True),
    ]
    assert own_addresses_v6(tmp_path / "none") == ()
