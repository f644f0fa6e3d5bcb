"""An audit out of thin air, for the page and its tests: real checks over made-up evidence, no camera and no database."""

from __future__ import annotations

from dataclasses import replace

from hearthwatch.audit import checks, cves
from hearthwatch.audit.evidence import Evidence, PasswordFacts
from hearthwatch.audit.fence import Fenced, FenceKind, fence
from hearthwatch.audit.finding import FindingState, Mended, Report, score
from hearthwatch.audit.possible import Possible
from hearthwatch.audit.remedy import RemedyKind
from hearthwatch.kit.errors import Unsupported
from hearthwatch.kit.units import CameraId, WallUs
from hearthwatch.vendors.capability import Service
from hearthwatch.vendors.device import Account, DeviceIdentity, Vendor

SETTINGS = {
    "T2UServer.Enable": "true",
    "UPnP.Enable": "false",
    "Telnet.Enable": "true",
    "NTP.Enable": "false",
    "UserGlobal.OnvifLoginCheck": "true",
    "Email.Enable": "false",
}


class FakeAudit:
    """Implements AuditDoor: one camera with an account too many, P2P, telnet and an old firmware."""

    def __init__(self, camera: str, now_us: int) -> None:
        self.camera = CameraId(camera)
        self.now_us = WallUs(now_us)
        self.settings = dict(SETTINGS)
        self.accepted: set[str] = set()
        self.who: list[str] = []

    def _report(self) -> Report:
        evidence = Evidence(
            camera=self.camera,
            at_us=self.now_us,
            vendor=Vendor.DAHUA,
            user="hearthwatch",
            tls=False,
            password=PasswordFacts(is_set=True),
            identity=DeviceIdentity(vendor="Amcrest", model="IP2M-841B", firmware="2.520.AC00.18.R"),
            accounts=(Account(name="guest2", group="user", is_admin=False, is_built_in=False),),
            settings=self.settings,
            can=Possible(why_not=dict.fromkeys(RemedyKind, ""), services=frozenset(Service)),
            time_server="192.168.1.1",
            table=cves.rules(),
        )
        findings = tuple(replace(one, accepted=one.key in self.accepted) for one in checks.findings(evidence))
        return Report(camera=self.camera, at_us=self.now_us, findings=findings, score=score(findings))

    async def reports(self) -> tuple[Report, ...]:
        return (self._report(),)

    async def audit(self, camera: CameraId) -> Report:
        if camera != self.camera:
            raise Unsupported(f"the own door of {camera} is not watched: see [camera.{camera}.door] in the configuration")
        return self._report()

    async def apply(self, camera: CameraId, who: str) -> tuple[tuple[Mended, ...], Report]:
        before = await self.audit(camera)
        self.who.append(who)
        self.settings |= {"T2UServer.Enable": "false", "Telnet.Enable": "false", "NTP.Enable": "true"}
        after = await self.audit(camera)
        open_now = {one.key for one in after.findings if one.state is not FindingState.OK}
        tried = [one for one in before.findings if one.is_automatic]
        return tuple(Mended(finding=one, done=one.key not in open_now, text="Switched off.") for one in tried), after

    async def accept(self, camera: CameraId, key: str, *, who: str, accepted: bool) -> Report:
        report = await self.audit(camera)
        if key not in {one.key for one in report.findings}:
            raise Unsupported(f"the last audit of {camera} has no finding {key[:60]!r}")
        self.who.append(who)
        (self.accepted.add if accepted else self.accepted.discard)(key)
        return self._report()

    async def fence(self, kind: str) -> str:
        return fence(FenceKind(kind), [Fenced(camera=self.camera, addresses=("192.168.1.20",))], ["192.168.1.0/24"])
