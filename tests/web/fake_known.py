"""Who the cameras of the fake house are."""

from __future__ import annotations

from dataclasses import replace

from hearthwatch.kit.units import CameraId, WallUs
from hearthwatch.vendors.device import Vendor
from hearthwatch.vendors.known import DoorState, KnownCamera, Reach


class FakeKnown:
    """Implements KnownDoor: in the place of one camera another device answers."""

    def __init__(self, camera: CameraId, now_us: WallUs) -> None:
        known = KnownCamera(
            camera=camera,
            vendor=Vendor.DAHUA,
            maker="Amcrest",
            model="IP2M-841B",
            mac="9c:8e:cd:00:11:22",
            serial="AMC1",
            firmware="2.520",
            link_mac="",
            mark="Login to AMC1",
            host="192.168.1.20",
            port=80,
            tls=False,
            ip="192.168.1.20",
            first_us=now_us,
            last_us=now_us,
        )
        self.state = DoorState(
            camera=camera,
            vendor=Vendor.DAHUA,
            host="192.168.1.20",
            port=80,
            tls=False,
            reach=Reach.STRANGER,
            why="another device answers at 192.168.1.20",
            known=known,
        )
        self.accepted: list[CameraId] = []

    def states(self) -> tuple[DoorState, ...]:
        return (self.state,)

    async def accept(self, camera: CameraId) -> None:
        self.accepted.append(camera)
        self.state = replace(self.state, reach=Reach.OPEN, why="")
