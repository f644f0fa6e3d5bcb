"""What the house tells the recorder of copies: messages like those of run.messages."""

from __future__ import annotations

import msgspec

from hearthwatch.recording.segment import Copied


class Prove(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """House to recorder: these files are proved to be kept elsewhere, or are found not to be any more. Answered by Done."""

    token: int
    copied: tuple[Copied, ...]
    proved: bool
