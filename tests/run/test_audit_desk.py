from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest

from hearthwatch.kit.clock import FakeClock
from hearthwatch.kit.errors import Unsupported
from hearthwatch.kit.units import US_PER_S, CameraId, from_datetime
from hearthwatch.run.audit_desk import TABLE, AuditDesk
from hearthwatch.run.config import parse

CONFIG = """
[home]
timezone = "Europe/Berlin"
networks = ["192.168.1", "fd00::/8"]
[camera.porch]
name = "Front porch"
main = "rtsp://192.168.1.20/main"
[camera.gate]
main = "demo://street"
door = { host = "192.168.1.21", vendor = "dahua" }
[camera.restreamed]
main = "rtsp://127.0.0.1:8554/x"
allow_loopback = true
[camera.demo]
main = "demo://street"
"""


@dataclass
class Known:
    """What of a doorman the fence asks for."""

    places: dict[str, SimpleNamespace] = field(default_factory=dict)

    @property
    def admission(self) -> Known:
        return self

    def known(self, camera: CameraId) -> SimpleNamespace | None:
        return self.places.get(camera)


@pytest.fixture
def desk(tmp_path: Path) -> AuditDesk:
    config = parse(CONFIG)
    known = Known({"porch": SimpleNamespace(ip="192.168.1.99", link_mac="9c:8e:cd:00:11:22", mac="")})
    summer = FakeClock(wall_us=from_datetime(datetime(2026, 7, 1, tzinfo=UTC)))
    given = {"db": None, "outbox": None, "policy": None, "ids": None, "clock": summer}
    return AuditDesk(known, None, config=lambda: config, data_folder=tmp_path, **given)


async def test_the_fence_knows_the_cameras_of_the_network_and_only_those(desk):
    text = await desk.fence("nftables")
    assert "elements = { 192.168.1.20, 192.168.1.21, 192.168.1.99 }" in text
    assert "elements = { 9c:8e:cd:00:11:22 }" in text
    assert "192.168.1.0/24" in text
    assert "#   porch: 192.168.1.99, 192.168.1.20, 9c:8e:cd:00:11:22" in text
    assert "restreamed" not in text
    assert "demo" not in text


async def test_another_router_is_refused_with_the_names_of_those_we_know(desk):
    with pytest.raises(Unsupported, match="say nftables, openwrt, vyos"):
        await desk.fence("iptables")


def test_the_home_tells_its_names_and_its_time(desk):
    assert desk.names(CameraId("porch")) == ("Front porch",)
    assert desk.names(CameraId("gate")) == ()
    assert desk.utc_offset_us() == 2 * 3600 * US_PER_S
    assert desk.options.every_h == 24.0


async def test_the_owners_table_counts_and_a_wrong_one_is_said_and_left_out(desk, tmp_path, caplog):
    shipped = await desk.known_weaknesses()
    row = '[[rule]]\nproduct = "reolink"\ncve = "CVE-2030-1"\nwhat = "w."\nmodel = ".*"\nsource = "https://x"\nreviewed = 2030-01-01\n'
    (tmp_path / TABLE).write_text(row)
    renewed = await desk.known_weaknesses()
    assert len(renewed) == len(shipped) + 1
    assert not caplog.records
    (tmp_path / TABLE).write_text(row + "[[")
    assert await desk.known_weaknesses() == shipped
    assert "is not used" in caplog.text
