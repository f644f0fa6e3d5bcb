"""Lease files as a probe: a renewal is a sign, an old lease is none, and what cannot be read is told."""

from __future__ import annotations

from pathlib import Path

from tests.presence.homes import person

from hearthwatch.kit.clock import FakeClock
from hearthwatch.kit.units import US_PER_S
from hearthwatch.presence.lease_probe import LeaseProbe
from hearthwatch.presence.presence import Means

ANNA = person("anna", 1).devices


async def test_a_lease_of_dnsmasq_that_ends_later_than_before_is_a_sign(tmp_path: Path) -> None:
    clock, hints = FakeClock(), []
    path = tmp_path / "dnsmasq.leases"
    probe = LeaseProbe(lambda: [str(path)], clock, lambda mac, ip: hints.append((mac.hex(), ip)))
    end_s = clock.wall_us() // US_PER_S + 3600
    path.write_text(f"{end_s} a4:83:e7:00:00:01 192.168.1.21 phone *\n{end_s} a4:83:e7:00:00:02 192.168.1.22 other *\n")
    assert await probe.look(ANNA) == [], "a lease alone does not say since when"
    assert hints == [("a483e7000001", "192.168.1.21")]
    clock.advance(600)
    assert await probe.look(ANNA) == []
    path.write_text(f"{end_s + 600} a4:83:e7:00:00:01 192.168.1.21 phone *\n")
    [found] = await probe.look(ANNA)
    assert (found.device, found.means, found.at_us) == ("anna.phone", Means.LEASE, clock.wall_us())
    assert not found.means.is_answer


async def test_a_renewal_is_a_sign_of_its_moment_and_an_old_one_of_none(tmp_path: Path) -> None:
    clock = FakeClock()
    path = tmp_path / "kea.csv"
    now_s = clock.wall_us() // US_PER_S
    probe = LeaseProbe(lambda: [str(path)], clock, lambda _mac, _ip: None)
    head = "address,hwaddr,client_id,valid_lifetime,expire,subnet_id,fqdn_fwd,fqdn_rev,hostname,state,user_context\n"
    path.write_text(head + f"192.168.1.21,a4:83:e7:00:00:01,,3600,{now_s - 3000 + 3600},1,0,0,p,0,\n")
    assert await probe.look(ANNA) == []
    with path.open("a") as file:
        file.write(f"192.168.1.21,a4:83:e7:00:00:01,,3600,{now_s - 30 + 3600},1,0,0,p,0,\n")
    [found] = await probe.look(ANNA)
    assert found.at_us == (now_s - 30) * US_PER_S
    assert clock.mono_ns() - found.at_ns == clock.wall_us() * 1000 - found.at_us * 1000


async def test_what_cannot_be_read_is_told_until_it_can(tmp_path: Path) -> None:
    path = tmp_path / "leases"
    probe = LeaseProbe(lambda: [str(path)], FakeClock(), lambda _mac, _ip: None)
    assert await probe.look(ANNA) == []
    assert str(path) in probe.troubles[str(path)]
    path.write_bytes(b"\x7fELF\0\0")
    await probe.look(ANNA)
    assert "no lease file" in probe.troubles[str(path)]
    path.write_text("")
    await probe.look(ANNA)
    assert probe.troubles == {}
