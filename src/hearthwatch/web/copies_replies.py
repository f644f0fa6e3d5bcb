"""What the API answers about the copies of the cameras' settings; a secret is `***` here already."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Self

from hearthwatch.copies.copy import ConfigCopy, Diff, Look, Outcome
from hearthwatch.kit.logs import redact
from hearthwatch.kit.units import CameraId
from hearthwatch.web.replies import Reply


class CopyReply(Reply):
    """A dated copy. `drift`: nobody ordered what changed. `change_count` is against the copy before, 0 for the first."""

    id: str
    camera: str
    vendor: str
    firmware: str
    taken_us: int
    seen_us: int
    reason: str
    drift: bool
    setting_count: int
    change_count: int

    @classmethod
    def of(cls, copy: ConfigCopy) -> Self:
        return cls(
            id=copy.id,
            camera=copy.camera,
            vendor=copy.vendor,
            firmware=copy.firmware,
            taken_us=copy.taken_us,
            seen_us=copy.seen_us,
            reason=copy.reason,
            drift=copy.drift,
            setting_count=copy.setting_count,
            change_count=copy.change_count,
        )


class CopiesReply(Reply):
    """Newest first. `troubles` say by camera why the last look at its settings failed."""

    copies: list[CopyReply]
    troubles: dict[str, str]
    more: bool

    @classmethod
    def of(cls, found: tuple[ConfigCopy, ...], troubles: Mapping[CameraId, str], *, more: bool) -> Self:
        said = {str(camera): redact(text) for camera, text in troubles.items()}
        return cls(copies=[CopyReply.of(copy) for copy in found], troubles=said, more=more)


class ChangeReply(Reply):
    """One setting that differs; `text` is the line to read, `kind` is changed, added or removed."""

    key: str
    kind: str
    old: str
    new: str
    secret: bool
    text: str


class SectionReply(Reply):
    """`sections` are the names by which a restore can be limited to these changes."""

    title: str
    sections: list[str]
    changes: list[ChangeReply]


class DiffReply(Reply):
    """Empty when nothing differs; the sections we have words for come first."""

    sections: list[SectionReply]

    @classmethod
    def of(cls, diff: Diff) -> Self:
        found: dict[str, list[ChangeReply]] = {}
        names: dict[str, list[str]] = {}
        for one in diff.changes:
            reply = ChangeReply(
                key=one.key, kind=one.kind, old=redact(one.old), new=redact(one.new), secret=one.is_secret, text=one.text
            )
            found.setdefault(one.title, []).append(reply)
            if one.section not in names.setdefault(one.title, []):
                names[one.title].append(one.section)
        return cls(
            sections=[SectionReply(title=title, sections=names[title], changes=changes) for title, changes in found.items()]
        )


class CopyDetailReply(Reply):
    """`settings` by name, secrets as `***`; `diff` against the copy before."""

    kept: CopyReply
    settings: dict[str, str]
    diff: DiffReply

    @classmethod
    def of(cls, copy: ConfigCopy, settings: Mapping[str, str], diff: Diff) -> Self:
        shown = {key: redact(value) for key, value in settings.items()}
        return cls(kept=CopyReply.of(copy), settings=shown, diff=DiffReply.of(diff))


class LookReply(Reply):
    """`diff` is empty when all was as in `newest`. `doubtful`: it gave only a part of its settings, nothing was kept."""

    newest: CopyReply
    diff: DiffReply
    doubtful: bool

    @classmethod
    def of(cls, look: Look) -> Self:
        return cls(newest=CopyReply.of(look.copy), diff=DiffReply.of(look.diff), doubtful=look.is_doubtful)


class SkippedReply(Reply):
    what: str
    why: str


class OutcomeReply(Reply):
    """`planned` is what is or would be written, `skipped` what is left as it is and why. After writing (`applied`): `done` when
    all of it was read back, else `remaining` is what the camera did not take and `failures` say what went wrong."""

    camera: str
    planned: DiffReply
    skipped: list[SkippedReply]
    applied: bool
    done: bool
    remaining: DiffReply
    failures: list[str]

    @classmethod
    def of(cls, outcome: Outcome) -> Self:
        return cls(
            camera=outcome.camera,
            planned=DiffReply.of(outcome.proposal.diff),
            skipped=[SkippedReply(what=one.what, why=one.why) for one in outcome.proposal.skipped],
            applied=outcome.applied,
            done=outcome.is_done,
            remaining=DiffReply.of(outcome.remaining),
            failures=[redact(text) for text in outcome.failures],
        )
