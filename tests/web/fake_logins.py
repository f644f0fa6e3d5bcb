"""Log-ins out of thin air, for the page and its tests."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from hearthwatch.kit.units import US_PER_S, CameraId, WallUs
from hearthwatch.logins.login import KeptLine, Login, LoginId, Source, Verdict, WatchNow
from hearthwatch.logins.verdict import is_home, networks
from hearthwatch.vendors.device import LocalUs, LoginAction

_STORY = (
    ("anna", "192.168.1.20", LoginAction.LOGIN, Verdict.HOME),
    ("root", "203.0.113.7", LoginAction.DENIED, Verdict.FAILED),
    ("root", "203.0.113.7", LoginAction.DENIED, Verdict.FAILED),
    ("admin", "203.0.113.7", LoginAction.LOGIN, Verdict.UNKNOWN_USER),
    ("admin", "203.0.113.7", LoginAction.ACCOUNT_ADDED, Verdict.ACCOUNT_ADDED),
)


class FakeLogins:
    """Implements LoginDoor: one camera with a story, watched by its log."""

    def __init__(self, camera: str, now_us: int) -> None:
        self.camera = CameraId(camera)
        self.looked_us = WallUs(now_us - 20_000_000)
        self.rows = [
            Login(
                id=LoginId(number),
                camera=self.camera,
                action=action,
                code="",
                user=user,
                address=address,
                origin=address,
                via="Web",
                local_us=LocalUs(now_us + 3600 * US_PER_S),
                at_us=WallUs(now_us - (10 - number) * 60 * US_PER_S),
                seen_us=WallUs(now_us - (10 - number) * 60 * US_PER_S),
                source=Source.LOG,
                verdict=verdict,
                raw=f"line {number}",
                wanted=verdict is not Verdict.HOME,
                told=verdict is not Verdict.HOME,
            )
            for number, (user, address, action, verdict) in enumerate(_STORY, start=1)
        ]
        self.kept = [
            KeptLine(
                id=number,
                camera=self.camera,
                at_us=row.at_us,
                seen_us=row.seen_us,
                local_us=row.local_us,
                code=row.action.value,
                user=row.user,
                text=f"Detail.Address={row.address}",
                raw=row.raw,
            )
            for number, row in enumerate(self.rows, start=1)
        ]

    def logins(
        self,
        *,
        camera: CameraId | None,
        verdicts: Collection[Verdict],
        user: str | None,
        address: str | None,
        start_us: WallUs | None,
        end_us: WallUs | None,
        before: LoginId | None,
        limit: int,
    ) -> Sequence[Login]:
        """See LoginDoor."""
        wanted = {"camera": camera, "user": user, "address": address}
        found = [
            row
            for row in reversed(self.rows)
            if all(value is None or getattr(row, name) == value for name, value in wanted.items())
            and (not verdicts or row.verdict in verdicts)
            and (start_us or 0) <= row.at_us < (end_us or 2**62)
            and row.id < (before or 2**62)
        ]
        return found[:limit]

    def own(self, camera: CameraId) -> Mapping[str, int]:
        """See LoginDoor."""
        return {"2026-11-21": 2880}

    def lines(
        self,
        *,
        camera: CameraId | None,
        search: str,
        start_us: WallUs | None,
        end_us: WallUs | None,
        before: int | None,
        limit: int,
    ) -> Sequence[KeptLine]:
        """See LoginDoor."""
        found = [line for line in reversed(self.kept) if search in f"{line.code} {line.user} {line.text}"]
        return [line for line in found if line.id < (before or 2**62) and camera in {None, line.camera}][:limit]

    def is_home(self, address: str | None) -> bool:
        """See LoginDoor."""
        return is_home(address, networks(["192.168.1"]))

    def name_of(self, address: str | None) -> str:
        """See LoginDoor."""
        return "scan-7.example.net" if address == "203.0.113.7" else ""

    def watched(self) -> Sequence[WatchNow]:
        """See LoginDoor."""
        return [
            WatchNow(
                camera=self.camera, has_log=True, has_sessions=False, has_events=False, looked_us=self.looked_us, trouble=""
            )
        ]
