"""The Check: one thing `hearthwatch doctor` looked at."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """WARN and FAIL are for what somebody should do something about; Hearthwatch works in spite of a WARN."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One line of the report; `detail` says what to do unless all is well."""

    verdict: Verdict
    subject: str
    detail: str


def ok(subject: str, detail: str) -> Check:
    return Check(verdict=Verdict.OK, subject=subject, detail=detail)


def warn(subject: str, detail: str) -> Check:
    return Check(verdict=Verdict.WARN, subject=subject, detail=detail)


def fail(subject: str, detail: str) -> Check:
    return Check(verdict=Verdict.FAIL, subject=subject, detail=detail)
