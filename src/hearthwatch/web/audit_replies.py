"""What the API answers about the audit of the cameras."""

from __future__ import annotations

from typing import Self

from hearthwatch.audit.finding import Finding, FindingState, Mended, Report, worst_first
from hearthwatch.kit.logs import redact
from hearthwatch.web.remedy_replies import OfferReply
from hearthwatch.web.replies import Reply


class FindingReply(Reply):
    """One thing looked at. `key` names it for accepting; `fix` is what to do by hand; `remedy` what can be done from here (send
    it to the camera's `remedies`); `automatic`: `apply` does it without asking."""

    key: str
    check: str
    subject: str
    state: str
    grade: str
    title: str
    saw: str
    why: str
    fix: str
    remedy: OfferReply | None
    automatic: bool
    accepted: bool

    @classmethod
    def of(cls, finding: Finding) -> Self:
        return cls(
            key=finding.key,
            check=finding.check,
            subject=finding.subject,
            state=finding.state,
            grade=finding.grade,
            title=finding.title,
            saw=redact(finding.saw),
            why=finding.why,
            fix=finding.fix,
            remedy=OfferReply.of(finding.remedy) if finding.remedy else None,
            automatic=finding.is_automatic,
            accepted=finding.accepted,
        )


class ReportReply(Reply):
    """The last audit of a camera, worst first. `score` is 0 to 100, null when it could not be looked at: `trouble` says why.
    `found` and `unknown` count what is open; accepted ones are in neither."""

    camera: str
    at_us: int
    score: int | None
    trouble: str
    found: int
    unknown: int
    findings: list[FindingReply]

    @classmethod
    def of(cls, report: Report) -> Self:
        counted = [one.state for one in report.findings if not one.accepted]
        return cls(
            camera=report.camera,
            at_us=report.at_us,
            score=report.score,
            trouble=redact(report.trouble),
            found=counted.count(FindingState.FOUND),
            unknown=counted.count(FindingState.UNKNOWN),
            findings=[FindingReply.of(one) for one in worst_first(report.findings)],
        )


class MendedReply(Reply):
    """One weakness that was gone for. `done` is what the audit afterwards found."""

    key: str
    title: str
    done: bool
    text: str

    @classmethod
    def of(cls, mended: Mended) -> Self:
        return cls(key=mended.finding.key, title=mended.finding.title, done=mended.done, text=redact(mended.text))


class AppliedReply(Reply):
    mended: list[MendedReply]
    report: ReportReply


class FenceReply(Reply):
    text: str
