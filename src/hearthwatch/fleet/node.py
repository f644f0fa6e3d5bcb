"""The nouns Node and Site: a machine that joined a hub, and the place it watches."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import NewType

from hearthwatch.kit.units import WallUs

NodeId = NewType("NodeId", str)
"""Given by the hub at the enrolment, never twice: eight letters and digits, fit for a subject, a path and a certificate."""

SiteId = NewType("SiteId", str)
"""What the owner calls a place, as `beach-house`; several nodes may stand at one site."""

_NODE_ID = re.compile(r"[a-z2-7]{8}\Z")
_SITE_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,31}\Z")


def node_id(text: str) -> NodeId:
    """Return `text` as a node's id. Raises ValueError for anything else."""
    if not _NODE_ID.match(text):
        raise ValueError("a node's id is eight of the letters a-z and digits 2-7")
    return NodeId(text)


def site_id(text: str) -> SiteId:
    """Return `text` as a site's id. Raises ValueError, for the owner, for anything else."""
    if not _SITE_ID.match(text):
        raise ValueError("a site's name has 1 to 32 small letters, digits and hyphens, and begins with a letter or digit")
    return SiteId(text)


class NodeState(StrEnum):
    JOINED = "joined"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A machine that joined. `certificate_sha256` is of the only certificate that is taken from it; `heard_us` is when it was
    last heard of, 0 if never."""

    id: NodeId
    site: SiteId
    name: str
    state: NodeState
    certificate_sha256: bytes
    joined_us: WallUs
    heard_us: WallUs
