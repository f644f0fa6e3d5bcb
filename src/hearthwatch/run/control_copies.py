"""What is asked and answered at the control door about the copies of the cameras' settings; never a secret."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from hearthwatch.copies.copy import ConfigCopy, CopyId, Diff, Look, Outcome, RestoreAsk
from hearthwatch.copies.shelf import CopyShelf
from hearthwatch.kit.errors import Unsupported
from hearthwatch.kit.units import CameraId
from hearthwatch.web.copies_doors import CopiesDoor

_WHO = "terminal"


class _Line(msgspec.Struct, frozen=True, kw_only=True, tag=True, forbid_unknown_fields=True):
    """Base of all: the class name travels as the tag."""


class AskCopies(_Line, frozen=True):
    """Answered by Copies."""

    camera: CameraId | None = None
    before: CopyId | None = None
    limit: int = 100


class AskCopy(_Line, frozen=True):
    """Answered by CopyText."""

    id: CopyId


class AskCopyDiff(_Line, frozen=True):
    """Answered by CopyDiff."""

    old: CopyId
    new: CopyId


class AskLook(_Line, frozen=True):
    """Look at a camera's settings now. Answered by Looked."""

    camera: CameraId


class AskRestore(_Line, frozen=True):
    """Answered by Written; without `apply` nothing is."""

    ask: RestoreAsk
    apply: bool


class AskBaseline(_Line, frozen=True):
    """Answered by Written; without `apply` nothing is."""

    camera: CameraId
    apply: bool


class Copies(_Line, frozen=True):
    copies: tuple[ConfigCopy, ...]
    troubles: Mapping[CameraId, str]


class CopyText(_Line, frozen=True):
    copy: ConfigCopy
    settings: Mapping[str, str]
    diff: Diff


class CopyDiff(_Line, frozen=True):
    diff: Diff


class Looked(_Line, frozen=True):
    look: Look


class Written(_Line, frozen=True):
    outcome: Outcome


CopiesAsk = AskCopies | AskCopy | AskCopyDiff | AskLook | AskRestore | AskBaseline
CopiesReply = Copies | CopyText | CopyDiff | Looked | Written


class CopiesClerk:
    """Answers from the shelf, or by the desk of a running house."""

    def __init__(self, shelf: CopyShelf, desk: CopiesDoor | None = None) -> None:
        self._shelf = shelf
        self._desk = desk

    async def answer(self, ask: CopiesAsk) -> CopiesReply:
        """Raises Unsupported for what takes a running house, and as shelf and desk raise."""
        match ask:
            case AskCopies():
                found = await self._shelf.recent(camera=ask.camera, before=ask.before, limit=max(1, min(1000, ask.limit)))
                return Copies(copies=found, troubles={} if self._desk is None else self._desk.troubles)
            case AskCopy():
                shown = await self._shelf.show(ask.id)
                return CopyText(copy=shown.copy, settings=shown.settings, diff=shown.diff)
            case AskCopyDiff():
                return CopyDiff(diff=await self._shelf.diff(ask.old, ask.new))
        if self._desk is None:
            raise Unsupported("Hearthwatch is not running, so no camera can be asked: start it with `hearthwatch run`")
        match ask:
            case AskLook():
                return Looked(look=await self._desk.collect(ask.camera))
            case AskRestore():
                return Written(outcome=await self._desk.restore(ask.ask, apply=ask.apply, who=_WHO))
            case AskBaseline():
                return Written(outcome=await self._desk.baseline(ask.camera, apply=ask.apply, who=_WHO))
