"""What a home's router tells of its openings, and what is not believed."""

from __future__ import annotations

import pytest
from tests.devices.home_router import HomeRouter, entry

from hearthwatch.vendors.router import PortMapping, Router, ask_router

pytestmark = [pytest.mark.wired, pytest.mark.waits]


async def ask(router: HomeRouter) -> Router:
    return await ask_router("127.0.0.1", wait_s=1.0, ssdp=[("127.0.0.1", router.udp_port)], nat_pmp_port=router.udp_port)


async def test_its_openings_are_listed() -> None:
    entries = [
        entry(8443, "192.168.1.5", 8443, "Hearthwatch"),
        entry(51820, "192.168.1.5", 51820, protocol="UDP"),
        entry(9, "192.168.1.5", 9, enabled="0"),
        entry(70_000, "192.168.1.5", 80),
        entry(80, "nonsense", 80),
    ]
    async with HomeRouter(entries=entries) as router:
        found = await ask(router)
    assert (found.name, found.outer) == ("ACME Box 7", "203.0.113.9")
    assert (found.lists, found.is_whole, found.opens) == (True, True, True)
    assert found.mappings == (
        PortMapping(protocol="TCP", outer_port=8443, inside="192.168.1.5", inner_port=8443, what="Hearthwatch"),
        PortMapping(protocol="UDP", outer_port=51820, inside="192.168.1.5", inner_port=51820, what=""),
    )


async def test_one_that_refuses_the_list_is_no_proof_of_anything() -> None:
    async with HomeRouter(end="606") as router:
        found = await ask(router)
    assert (found.lists, found.is_whole, found.opens) == (False, False, True)


@pytest.mark.parametrize(
    ("answer", "opens", "outer"),
    [
        (b"\0\x80\0\0" + bytes(4) + bytes((203, 0, 113, 4)), True, "203.0.113.4"),
        (b"\x02\x80\0\x01" + bytes(20), True, ""),  # the younger protocol alone
        (b"\0", False, ""),
        (None, False, ""),
    ],
)
async def test_without_upnp_it_may_still_open_ports(answer: bytes | None, opens: bool, outer: str) -> None:
    async with HomeRouter(has_upnp=False, nat_pmp=answer) as router:
        found = await ask(router)
    assert found == Router(opens=opens, outer=outer)


@pytest.mark.parametrize(
    "claims",
    [
        {"location": "http://127.0.0.2:1/desc.xml"},
        {"location": "http://169.254.169.254/latest/meta-data"},
        {"location": "file:///etc/passwd"},
        {"location": "http://127.0.0.1:0/"},
        {"location": "http://user@127.0.0.1:1/"},
        {"location": "http://[::1"},
        {"control": "http://127.0.0.2:1/ctl"},
        {"control": "http://[bad"},
        {"body": b"<!DOCTYPE x [<!ENTITY a 'b'>]><root/>"},
        {"body": b"x" * 400_000},
        {"body": b""},
    ],
)
async def test_who_leads_elsewhere_or_talks_nonsense_is_not_followed(claims: dict[str, object]) -> None:
    async with HomeRouter(**claims) as router:
        found = await ask(router)
        assert router.told
        if claims != {"body": b""}:
            assert router.asked == []
    assert found.mappings == ()


async def test_one_that_never_ends_is_left() -> None:
    async with HomeRouter(entries=[entry(1, "192.168.1.5", 1)], endless=True) as router:
        found = await ask(router)
    assert (len(found.mappings), found.is_whole) == (128, False)
