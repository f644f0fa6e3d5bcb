"""XML as cameras write it, into a bounded tree, and what we write ourselves.

Names are kept without resolving their prefixes: some firmware uses prefixes that it never declared, and no two vendors agree on
them. A document type is refused at its first byte, so that there are no entities and nothing to fetch.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from xml.parsers import expat

from hearthwatch.kit.errors import BadReply, Unsupported
from hearthwatch.vendors.redaction import sample_of

MAX_ELEMENTS = 20_000
_MAX_DEPTH = 64
_MAX_ATTRIBUTES = 300  # cameras declare up to a hundred namespaces at the top
_NOT_IN_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_NO_SCOPE: Mapping[str, str] = MappingProxyType({})


@dataclass(slots=True, kw_only=True)
class Element:
    """`tag` as written, with its prefix; `scope` maps the prefixes declared here and above to namespaces."""

    tag: str
    attributes: Mapping[str, str]
    scope: Mapping[str, str]
    children: list[Element] = field(default_factory=list)
    parts: list[str] = field(default_factory=list)

    @property
    def name(self) -> str:
        """The tag without its prefix."""
        return self.tag.rpartition(":")[2]

    @property
    def text(self) -> str:
        return "".join(self.parts).strip()

    def attribute(self, name: str) -> str:
        """Return the attribute called so, whatever its prefix; empty when there is none."""
        return next((value for key, value in self.attributes.items() if key.rpartition(":")[2] == name), "")

    def all(self, name: str) -> list[Element]:
        return [child for child in self.children if child.name == name]

    def find(self, *path: str) -> Element | None:
        """Return the first element down `path`, by names without prefix."""
        at: Element | None = self
        for name in path:
            at = next((child for child in at.children if child.name == name), None) if at else None
        return at

    def said(self, *path: str) -> str:
        """Return the text of what `find` finds, empty when there is none."""
        found = self.find(*path)
        return found.text if found else ""

    def walk(self) -> Iterator[Element]:
        """Yield this element and all below, in the order of the document."""
        yield self
        for child in self.children:
            yield from child.walk()


class _Builder:
    def __init__(self) -> None:
        self.root: Element | None = None
        self.is_whole = False
        self._open: list[Element] = []
        self._count = 0

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self._count += 1
        if self._count > MAX_ELEMENTS or len(self._open) >= _MAX_DEPTH or len(attributes) > _MAX_ATTRIBUTES:
            raise BadReply("the XML has too many elements, or they are nested too deep")
        above = self._open[-1] if self._open else None
        scope = above.scope if above else _NO_SCOPE
        declared = {key.partition(":")[2]: value for key, value in attributes.items() if key.partition(":")[0] == "xmlns"}
        if declared:
            scope = MappingProxyType({**scope, **declared})
            attributes = {key: value for key, value in attributes.items() if key.partition(":")[0] != "xmlns"}
        element = Element(tag=tag, attributes=attributes, scope=scope)
        if above is None:
            self.root = element
        else:
            above.children.append(element)
        self._open.append(element)

    def end(self, _: str) -> None:
        self._open.pop()
        self.is_whole = not self._open

    def data(self, text: str) -> None:
        self._open[-1].parts.append(text)

    def doctype(self, *_: object) -> None:
        raise BadReply("the XML declares a document type, which no camera needs")


def parse(body: bytes) -> Element:
    """Return the root of a document; what follows its end is left out. Raises BadReply for anything that is not XML."""
    builder = _Builder()
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = builder.start
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = builder.data
    parser.StartDoctypeDeclHandler = builder.doctype
    try:
        parser.Parse(body.lstrip(b" \t\r\n"), True)
    except (expat.ExpatError, ValueError, LookupError) as error:  # the latter two: encodings that Python lacks
        if not builder.is_whole:
            raise BadReply(f"the answer is not XML ({error})", sample_of(body)) from error
    if builder.root is None or not builder.is_whole:
        raise BadReply("the answer is not XML", sample_of(body))
    return builder.root


def quoted(text: str) -> str:
    """Return `text` for use in what we write. Raises Unsupported for characters that XML cannot hold."""
    if _NOT_IN_XML.search(text):
        raise Unsupported("a name or password holds a control character, which this camera cannot be told")
    return html.escape(text)


def written(element: Element, extra: str = "") -> str:
    """Return `element` as it came, with the namespaces it needs and the attributes `extra` (already written)."""
    prefixes = {name.rpartition(":")[0] for name in (element.tag, *(key for key in element.attributes if ":" in key))}
    known = {prefix: element.scope[prefix] for prefix in sorted(prefixes) if prefix in element.scope}
    names = "".join(f' xmlns{":" if prefix else ""}{prefix}="{quoted(uri)}"' for prefix, uri in known.items())
    given = "".join(f' {key}="{quoted(value)}"' for key, value in element.attributes.items() if _is_bound(key, known))
    tag = element.tag if _is_bound(element.tag, known) else element.name
    content = "".join(written(child) for child in element.children) or quoted(element.text)
    return f"<{tag}{names}{given}{extra}>{content}</{tag}>"


def _is_bound(name: str, known: Mapping[str, str]) -> bool:
    prefix, colon, _ = name.rpartition(":")
    return not colon or prefix in known or prefix == "xml"
