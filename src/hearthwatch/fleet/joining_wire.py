"""What a node and its hub say to each other about joining, as JSON."""

from __future__ import annotations

from typing import Annotated

import msgspec

_Pem = Annotated[str, msgspec.Meta(max_length=16_384)]
_Us = Annotated[int, msgspec.Meta(ge=0, le=2**62)]


class Join(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`word` is the code's, as hex digits; `request` a signing request, PEM; `name` what the machine calls itself."""

    word: Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{20}$")]
    request: _Pem
    name: Annotated[str, msgspec.Meta(max_length=64)]


class Joined(msgspec.Struct, frozen=True, kw_only=True):
    """Who the machine is from now on."""

    node: str
    site: str
    name: str
    certificate: _Pem


class Renew(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    request: _Pem


class Renewed(msgspec.Struct, frozen=True, kw_only=True):
    certificate: _Pem


class Hello(msgspec.Struct, frozen=True, kw_only=True):
    """A node says each minute that it is there: its clock, how many letters wait, and its release."""

    now_us: _Us
    waiting: Annotated[int, msgspec.Meta(ge=0, le=2**40)]
    version: Annotated[str, msgspec.Meta(max_length=40)]


class Welcome(msgspec.Struct, frozen=True, kw_only=True):
    """What the hub calls the node now, and the hub's own clock."""

    site: str
    name: str
    now_us: _Us
