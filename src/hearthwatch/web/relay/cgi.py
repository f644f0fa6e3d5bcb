"""The allow-list: which commands other software may have handed on to a camera. What no rule names never leaves this house."""

from __future__ import annotations

import re
from dataclasses import dataclass

from hearthwatch.vendors.device import Vendor

ANY = "*"
MOST_BYTES = 4096
_METHODS = ("GET", "POST")
_PATH = re.compile(r"(?:/[A-Za-z0-9_-][A-Za-z0-9._-]{0,63}){1,8}\Z")
_NAME = re.compile(r"[A-Za-z0-9_.\[\]-]{1,64}\Z")
_PLAIN = re.compile(r"[A-Za-z0-9_.,:@+-]{0,128}\Z")
"""What `*` stands for, and a value may hold at all: nothing that could be read as another parameter, path or line."""
_MEMBER = re.compile(r"%5[bd]", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class CgiRule:
    """One command: `pairs` are its parameters with their value or `*`."""

    method: str
    path: str
    pairs: tuple[tuple[str, str], ...]

    def admits(self, call: CgiCall) -> bool:
        """Tell whether `call` is this command: every parameter of the rule, and no other."""
        if (call.method, call.path) != (self.method, self.path) or len(call.pairs) != len(self.pairs):
            return False
        given = dict(call.pairs)
        return all(name in given and value in {ANY, given[name]} for name, value in self.pairs)


@dataclass(frozen=True, slots=True, kw_only=True)
class CgiCall:
    """A command asked for: nothing in it needs encoding, so `target` is the only way to write it."""

    method: str
    path: str
    pairs: tuple[tuple[str, str], ...]

    @property
    def target(self) -> str:
        query = "&".join(f"{name}={value}" for name, value in self.pairs)
        return f"{self.path}?{query}" if query else self.path


def parse_rule(text: str) -> CgiRule:
    """Return the rule in `text`, as `GET /cgi-bin/ptz.cgi?action=start&code=*`. Raises ValueError saying what is wrong."""
    method, _, rest = text.strip().partition(" ")
    if method not in _METHODS:
        raise ValueError('must begin with GET or POST, as "GET /cgi-bin/magicBox.cgi?action=getDeviceType"')
    path, mark, query = rest.strip().partition("?")
    if not _PATH.match(path):
        raise ValueError(
            "must name one address of the camera, from its first '/', without '%', '//' or dots at the start of a part"
        )
    pairs = []
    for pair in query.split("&") if mark else ():
        name, equals, value = pair.partition("=")
        if not equals or not _NAME.match(name) or not (value == ANY or _PLAIN.match(value)):
            raise ValueError(
                f"has a parameter that is not understood: {pair[:60]!r}; write name=value, or name=* for any plain value"
            )
        pairs.append((name, value))
    if len({name for name, _ in pairs}) != len(pairs):
        raise ValueError("names a parameter twice")
    return CgiRule(method=method, path=path, pairs=tuple(pairs))


def parse_call(method: str, raw_path: str, raw_query: str) -> CgiCall | None:
    """Return what is asked for, as it came over the wire; None for anything that could be read in two ways.

    The path holds no escapes, no empty part and none that begins with a dot; of the query only brackets may be escaped (some
    libraries do that), and no name may come twice."""
    if method not in _METHODS or len(raw_path) + len(raw_query) > MOST_BYTES or not _PATH.match(raw_path):
        return None
    query = _MEMBER.sub(lambda found: "[" if found[0][-1] in "bB" else "]", raw_query)
    pairs = []
    for pair in query.split("&") if query else ():
        name, equals, value = pair.partition("=")
        if not equals or not _NAME.match(name) or not _PLAIN.match(value):
            return None
        pairs.append((name, value))
    if len({name for name, _ in pairs}) != len(pairs):
        return None
    return CgiCall(method=method, path=raw_path, pairs=tuple(pairs))


VENDORS = tuple(vendor.value for vendor in Vendor if vendor is not Vendor.AUTO)
