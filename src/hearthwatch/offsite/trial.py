"""A try of a target: a few bytes are sent, proved, and taken away again."""

from __future__ import annotations

import contextlib
import hashlib
import tempfile
from dataclasses import dataclass
from pathlib import Path

from hearthwatch.kit.errors import HearthwatchError
from hearthwatch.offsite.upload import Parcel, ProofKind, Target

_WORDS = b"Hearthwatch was here.\n"
_HOW = {
    ProofKind.READ_BACK: "what it was sent was read back",
    ProofKind.SERVER_CHECKSUM: "the server returned the checksum of what it was sent",
    ProofKind.SIGNED_RECEIPT: "it signed for what it was sent",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """`how` the far end proved it; `remark` on what it cannot do, empty where it can."""

    how: str
    remark: str


async def try_target(target: Target) -> Tried:
    """Raises what Target.put does."""

    async def pace(_size_bytes: int) -> None: ...

    with tempfile.NamedTemporaryFile() as file:
        file.write(_WORDS)
        file.flush()
        digest = hashlib.sha256(_WORDS).digest()
        parcel = Parcel(name=".hearthwatch/test", path=Path(file.name), size_bytes=len(_WORDS), sha256=digest)
        proof = await target.put(parcel, pace)
    remark = ""
    try:
        await target.prove(parcel.name, parcel.size_bytes, parcel.sha256)
    except HearthwatchError as error:
        remark = f"{error}; so a piece that it loses later is not noticed"
    with contextlib.suppress(HearthwatchError):  # a key that cannot delete is as it should be
        await target.delete(parcel.name)
    return Tried(how=_HOW[proof.how], remark=remark)
