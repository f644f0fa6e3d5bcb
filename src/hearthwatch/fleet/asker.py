"""The nouns Asker and Question: a person at the hub who looks at a node, with the rights they have at its site, and what they
ask of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

SCOPE_KEY = "hearthwatch.asker"
"""Where an ASGI scope carries the Asker. Only the node's end of a line writes it: no server makes one of what is sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asker:
    """`role` is a web.accounts.Role, `cameras` None for all. `address` is where they sit; `private`: a password
    may travel by their connection to the hub. `proved_s` is how long ago they proved who they are, None for never."""

    name: str
    role: str
    cameras: tuple[str, ...] | None
    address: str
    private: bool
    proved_s: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked of a node; `path` is the one on its own page."""

    kind: Literal["http", "websocket"]
    method: str
    path: str
    query: str
    headers: tuple[tuple[str, str], ...]
    has_body: bool
    asker: Asker


def asker_of(scope: Mapping[str, Any]) -> Asker | None:
    """Return who asks over the line to the hub; None for a request that came by the house's own page."""
    found = scope.get(SCOPE_KEY)
    return found if isinstance(found, Asker) else None
