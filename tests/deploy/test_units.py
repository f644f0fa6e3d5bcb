"""The units of the service: how exposed each leaves the machine by systemd's own measure, and that a house works within one."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tests.deploy.unit_walls import Unit
from tests.runs.rig import CameraSection, House, house_toml

UNITS = Path(__file__).parents[2] / "deploy" / "systemd"
SERVICE = UNITS / "hearthwatch.service"
SERVICES = sorted(UNITS.glob("*.service"))
DROP_INS = sorted((UNITS / "drop-ins").glob("*.conf"))
MOST_EXPOSED = 2.5
FRONT = CameraSection(name="front", main="demo://street?seed=1&walker=0&fps=5", sub="demo://street?seed=1&walker=0&fps=5")

ITS_OWN = {
    "Type",
    "NotifyAccess",
    "ExecStart",
    "WatchdogSec",
    "TimeoutStartSec",
    "Nice",
    "StateDirectory",
    "Description",
    "Conflicts",
}
"""What one service says otherwise than another; the walls are the same."""

needs_systemd = pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")


def service_of(drop_in: Path) -> Path:
    return UNITS / "hearthwatch-worker.service" if drop_in.stem.startswith("worker") else SERVICE


def named(parts: tuple[Path, ...]) -> str:
    return "-".join(part.stem for part in parts)


@needs_systemd
@pytest.mark.parametrize("parts", [*((one,) for one in SERVICES), *((service_of(one), one) for one in DROP_INS)], ids=named)
def test_sec_39_each_unit_leaves_little_of_the_machine_open(parts: tuple[Path, ...], tmp_path: Path) -> None:
    unit = tmp_path / parts[0].name
    unit.write_text("".join(part.read_text() for part in parts))
    asked = ["systemd-analyze", "security", "--offline=true", "--no-pager", str(unit)]
    done = subprocess.run(asked, capture_output=True, text=True, check=True)
    assert done.stderr == "", "systemd does not understand a line"
    found = re.search(r"Overall exposure level for \S+: ([\d.]+)", done.stdout)
    assert found is not None, done.stdout
    assert float(found[1]) <= MOST_EXPOSED


@needs_systemd
@pytest.mark.parametrize("service", SERVICES, ids=lambda path: path.stem)
def test_systemd_takes_each_unit(service: Path, tmp_path: Path) -> None:
    """Where the program is not installed a stand-in of its name is: that it is missing would be all systemd told."""
    unit = tmp_path / service.name
    unit.write_text(
        service.read_text().replace("/opt/hearthwatch/bin/hearthwatch ", "/bin/true ").replace("=hearthwatch\n", "=root\n")
    )
    done = subprocess.run(["systemd-analyze", "verify", "--man=no", str(unit)], capture_output=True, text=True, check=False)
    about_it = [line for line in done.stderr.splitlines() if service.name in line]
    assert (done.returncode, about_it) == (0, [])


@pytest.mark.parametrize("service", SERVICES, ids=lambda path: path.stem)
def test_sec_39_the_unit_has_what_the_reference_asks(service: Path) -> None:
    unit = Unit.read(service)
    for name in (
        "NoNewPrivileges",
        "ProtectHome",
        "PrivateTmp",
        "PrivateDevices",
        "ProtectKernelLogs",
        "ProtectKernelModules",
        "ProtectKernelTunables",
        "RestrictNamespaces",
        "MemoryDenyWriteExecute",
    ):
        assert unit.is_set(name), name
    given = {name: unit.values[name] for name in ("User", "ProtectSystem", "ProtectProc", "CapabilityBoundingSet", "UMask")}
    assert given == {
        "User": ["hearthwatch"],
        "ProtectSystem": ["strict"],
        "ProtectProc": ["invisible"],
        "CapabilityBoundingSet": [""],
        "UMask": ["0077"],
    }
    assert {"MemoryMax", "TasksMax"} <= unit.values.keys()
    walls = {name: value for name, value in unit.values.items() if name not in ITS_OWN}
    assert walls == {name: value for name, value in Unit.read(SERVICE).values.items() if name not in ITS_OWN}


def test_systemd_hears_that_it_works_from_whoever_keeps_evidence() -> None:
    for service in (SERVICE, UNITS / "hearthwatch-hub.service"):
        unit = Unit.read(service)
        assert unit.values["Type"] == ["notify"]
        assert "WatchdogSec" in unit.values


def rights(pid: int) -> str:
    return Path(f"/proc/{pid}/status").read_text()


@needs_systemd
@pytest.mark.wired
@pytest.mark.skipif(os.geteuid() != 0, reason="only root can build a service's walls without systemd")
async def test_sec_39_a_house_works_within_its_unit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    models = tmp_path / "models"
    models.mkdir()
    monkeypatch.setenv("HEARTHWATCH_MODELS", str(models))
    root = Path(__file__).parents[2]
    folder = tmp_path / "house"
    walls = (sys.executable, str(root / "tests/deploy/unit_walls.py"), str(SERVICE), str(folder), "--")
    house = House(folder, house_toml([FRONT]), {}, under=walls)
    try:
        await house.start()
        await house.claim()
        await house.until(house.cameras, lambda found: found["front"]["looked_per_s"] > 0)
        status = rights(house.pids()["looker"])
        assert "CapBnd:\t0000000000000000" in status
        assert "NoNewPrivs:\t1" in status
        assert await house.stop() == 0
        assert any("landlock on" in line for line in house.lines)
    finally:
        await house.close()
