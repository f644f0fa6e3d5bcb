"""What the doctor says of who is home: what is missing, and what to do about it."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from hearthwatch.health.outage import Fault
from hearthwatch.run.check import Verdict
from hearthwatch.run.config import parse
from hearthwatch.run.doctor_presence import presence

CONFIG = """
[people.anna]
devices = ["phone"]
[people.ben]
devices = ["phone", "tag"]
"""
ALL = frozenset({"people.anna.phone.mac", "people.ben.phone.ping", "people.ben.tag.ble"})


@pytest.fixture
def interfaces(tmp_path: Path) -> Path:
    """Two interfaces as the kernel lists them: Ethernet, and Wi-Fi in monitor mode."""
    for name, kind in (("eth0", "1"), ("wlan1mon", "803")):
        (tmp_path / "net" / name).mkdir(parents=True)
        (tmp_path / "net" / name / "type").write_text(f"{kind}\n")
    return tmp_path / "net"


def said(
    text: str,
    names: frozenset[str] = ALL,
    status=None,
    *,
    interfaces: Path = Path("/none"),
    may_raw: bool = True,
    has_network: bool = True,
) -> list[tuple[Verdict, str]]:
    found = presence(parse(text), names, status, may_raw=may_raw, interfaces=interfaces, has_network=has_network)
    return [(one.verdict, one.detail) for one in found]


def test_nobody_and_everybody_well() -> None:
    [(verdict, detail)] = said("")
    assert verdict is Verdict.OK
    assert "hearthwatch people add NAME" in detail
    assert said(CONFIG) == [(Verdict.OK, "anna, ben are noticed by what they carry")]


def test_a_device_nothing_is_known_of_and_a_person_without_one() -> None:
    found = said(CONFIG + "[people.cleo]\n", ALL - {"people.ben.tag.ble"})
    assert found == [
        (Verdict.WARN, "nothing is known of ben tag: hearthwatch people device add ben tag"),
        (Verdict.WARN, "cleo carries nothing, so never comes or leaves: hearthwatch people device add cleo phone"),
    ]


def test_a_machine_that_is_not_in_the_home_network() -> None:
    assert [verdict for verdict, _ in said(CONFIG, has_network=False)] == [Verdict.FAIL]


def test_interfaces_and_the_right_to_use_them(interfaces: Path) -> None:
    wanted = CONFIG + '[presence]\narp_interface = "eth0"\nmonitor_interface = "wlan1mon"\n'
    assert [verdict for verdict, _ in said(wanted, interfaces=interfaces)] == [Verdict.OK]
    found = said(wanted.replace("eth0", "eth7").replace("wlan1mon", "eth0"), interfaces=interfaces, may_raw=False)
    assert [verdict for verdict, _ in found[:3]] == [Verdict.FAIL, Verdict.FAIL, Verdict.WARN]
    assert "no network interface eth7 (there are: eth0, wlan1mon)" in found[0][1]
    assert "not in monitor mode" in found[1][1]
    assert "CAP_NET_RAW" in found[2][1]


def test_lease_files(tmp_path: Path) -> None:
    good = tmp_path / "good.leases"
    good.write_text("1990000000 a4:83:e7:00:00:01 10.77.0.21 phone *\n")
    empty = tmp_path / "empty.leases"
    empty.write_text("nothing\n")
    leases = ", ".join(f'"{path}"' for path in (good, empty, tmp_path / "none"))
    found = said(CONFIG + f"[presence]\nleases = [{leases}]\n")
    assert [verdict for verdict, _ in found] == [Verdict.OK, Verdict.WARN, Verdict.FAIL, Verdict.OK]
    assert found[0][1] == f"{good} is read: 1 leases"
    assert "presence.leases" in found[2][1]


def test_what_the_running_house_says_of_its_scout(interfaces: Path) -> None:
    deaf = SimpleNamespace(fault=Fault.SCOUT_DEAF, detail="may not open raw sockets: give it CAP_NET_RAW")
    status = SimpleNamespace(outages=(deaf,))
    found = said(CONFIG + '[presence]\narp_interface = "eth0"\n', status=status, interfaces=interfaces, may_raw=False)
    assert found == [(Verdict.FAIL, deaf.detail)]
