"""The evidence of one camera beside its family's tables, and the one place where a Finding is made of them. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping

from hearthwatch.audit import cves
from hearthwatch.audit.evidence import Evidence
from hearthwatch.audit.family import SERVICES, Family
from hearthwatch.audit.family_dahua import DAHUA
from hearthwatch.audit.family_foscam import FOSCAM_HD, FOSCAM_MJPEG
from hearthwatch.audit.family_onvif import HIKVISION, ONVIF
from hearthwatch.audit.family_reolink import REOLINK
from hearthwatch.audit.finding import CheckId, Finding, FindingState, Grade, short
from hearthwatch.audit.remedy import Remedy, RemedyKind
from hearthwatch.audit.words import WORDS
from hearthwatch.vendors.capability import Service
from hearthwatch.vendors.device import Vendor

_FAMILIES: Mapping[Vendor, Family] = {
    Vendor.DAHUA: DAHUA,
    Vendor.FOSCAM_MJPEG: FOSCAM_MJPEG,
    Vendor.FOSCAM_HD: FOSCAM_HD,
    Vendor.REOLINK: REOLINK,
}


def family_of(vendor: Vendor, maker: str = "") -> Family:
    """Return how the audit sees cameras of this family; `maker` is what one asked by ONVIF says of itself."""
    if vendor in _FAMILIES:
        return _FAMILIES[vendor]
    return HIKVISION if cves.is_built_by_hikvision(maker) else ONVIF


class View:
    """The evidence with the family's tables, and the making of findings in one place."""

    def __init__(self, evidence: Evidence) -> None:
        self.evidence = evidence
        self.family = family_of(evidence.vendor, evidence.identity.vendor if evidence.identity else "")

    def finding(
        self,
        check: CheckId,
        state: FindingState,
        saw: str,
        *,
        subject: str = "",
        remedy: Remedy | None = None,
        grade: Grade | None = None,
        title: str = "",
        fix: str = "",
    ) -> Finding:
        words = WORDS[check]
        possible = self.evidence.can
        if state is not FindingState.FOUND or remedy is None or possible is None or possible.refusal(remedy):
            remedy = None
        return Finding(
            camera=self.evidence.camera,
            check=check,
            subject=subject,
            state=state,
            grade=grade or words.grade,
            title=title or (words.title if state is FindingState.FOUND else words.name),
            saw=saw,
            why=words.why,
            fix=fix or self.family.menus.get(check, "the camera's own page or app; it has no usual place there"),
            remedy=remedy,
        )

    def remedy(self, kind: RemedyKind, subject: str = "", value: str = "") -> Remedy:
        return Remedy(kind=kind, camera=self.evidence.camera, subject=subject, value=value)

    def tells(self, check: CheckId) -> bool | None:
        """Whether the settings say that it is weak; None when they do not tell."""
        settings = self.evidence.settings
        if settings is None:
            return None
        told = (tell.is_weak(settings) for tell in self.family.tells.get(check, ()))
        return next((one for one in told if one is not None), None)

    def is_on(self, service: Service) -> bool | None:
        """Whether a service is on, by the settings or else by what the client could read."""
        for check, (known, wanted) in SERVICES.items():
            if known is service and (weak := self.tells(check)) is not None:
                return weak != wanted
        return self.evidence.services.get(service)

    def gateways(self) -> tuple[str, ...] | None:
        """Return the ways out that the camera knows; empty when it surely knows none, None when it does not tell.

        Without a fixed address it gets its gateway from the router, whatever its settings say."""
        settings = self.evidence.settings
        if settings is None or not self.family.gateway:
            return None
        pattern = re.compile(self.family.gateway)
        told = [value.strip() for key, value in settings.items() if pattern.fullmatch(key)]
        ways = tuple(short(value) for value in told if value and value not in {"0.0.0.0", "::"})  # noqa: S104 - no address to bind
        if ways:
            return ways
        return () if told and self.family.fixed_address.is_weak(settings) is False else None
