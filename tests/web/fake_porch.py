"""A porch as the page sees it: one camera that leaves mails, one without an account."""

from __future__ import annotations

from hearthwatch.ingest.drop import Turned
from hearthwatch.kit.units import CameraId, WallUs
from hearthwatch.web.porch_doors import PorchAccountNow, PorchNow


class FakePorch:
    """Implements PorchDoor."""

    def __init__(self, camera: CameraId, now_us: WallUs) -> None:
        self.account = PorchAccountNow(
            camera=camera,
            user=camera,
            has_password=True,
            networks=("192.168.1.20/32",),
            taken=41,
            taken_bytes=9_000_000,
            last_us=now_us,
            turned={Turned.TOO_MANY: 3},
            last_turned="it left more than 60 mails or files in a minute",
            last_turned_us=now_us,
            waiting=1,
            waiting_bytes=20_000,
            kept_bytes=8_000_000,
            quota_bytes=2 << 30,
            trouble="",
        )

    def now(self) -> PorchNow:
        """See PorchDoor."""
        return PorchNow(
            enabled=True,
            address="192.168.1.10",
            smtp_port=2525,
            ftp_port=2121,
            error="",
            strangers=2,
            accounts=(self.account,),
        )
