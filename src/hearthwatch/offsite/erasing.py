"""Erasing a target: every piece Hearthwatch put there, with its manifests and notes; what others keep there stays."""

from __future__ import annotations

from dataclasses import dataclass

from hearthwatch.offsite.names import manifest_name, manifested, noted, read_sealed
from hearthwatch.offsite.upload import Target


@dataclass(frozen=True, slots=True, kw_only=True)
class Gone:
    """How much was deleted; `left` files were not put there by any Hearthwatch."""

    files: int
    size_bytes: int
    left: int


async def erase_target(target: Target) -> Gone:
    """Delete all of ours. A plain piece goes before the manifest that tells it is one, so that a second try finds what a
    broken-off first one left. Raises as Target does: Unsupported where these credentials can only put."""
    stored = {one.name: one.size_bytes async for one in target.list()}
    plain = [name for name in stored if manifest_name(name) in stored]
    sealed = [name for name in stored if read_sealed(name) is not None]
    beside = [name for name in stored if manifested(name) is not None or noted(name) is not None]
    ours = list(dict.fromkeys([*plain, *sealed, *beside]))
    for name in ours:
        await target.delete(name)
    return Gone(files=len(ours), size_bytes=sum(stored[name] for name in ours), left=len(stored) - len(ours))
