"""What the house page is told of releases: the one that runs, and what was heard of a newer one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """The last answer; `fault` says why there is none that can be believed, and then the rest is empty. `refused` is what that
    release would not take of this house, `changes` what it does to it, `is_stale` that its makers owe a newer word."""

    at_us: int
    fault: str = ""
    version: str = ""
    date: str = ""
    is_newer: bool = False
    is_stale: bool = False
    security: bool = False
    notes: tuple[str, ...] = ()
    page: str = ""
    refused: tuple[str, ...] = ()
    changes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseNow:
    """`asks`: once a day by itself; `may_ask`: an address is set. `heard` is None as long as nobody was asked."""

    version: str
    date: str
    schemas: Mapping[str, str]
    asks: bool
    may_ask: bool
    heard: Heard | None
