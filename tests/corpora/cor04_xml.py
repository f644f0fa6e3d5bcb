"""COR4: XML as no camera should write it, and the recorded replies of every family hurt, through the parsers they are for."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from hearthwatch.kit.errors import HearthwatchError
from hearthwatch.vendors import foscam_hd_reply, onvif_discovery, onvif_event, onvif_reply, onvif_xml
from tests.corpora.frame import Case, Corpus, Skip, Terms, foreign, mutations
from tests.vendors.fuzz import FAMILIES, Target, _targets
from tests.vendors.test_onvif_fuzz import got

_MIB = 1 << 20
_DEEP = 10_000


def _entities(levels: int, width: int, size: int) -> str:
    lines = [f'<!ENTITY e0 "{"x" * size}">']
    lines += [f'<!ENTITY e{level} "{f"&e{level - 1};" * width}">' for level in range(1, levels)]
    return f"<!DOCTYPE a [{''.join(lines)}]>"


def hostile() -> dict[str, bytes]:
    """Forty documents."""
    soap = "<s:Envelope xmlns:s='http://www.w3.org/2003/05/soap-envelope'><s:Body>{}</s:Body></s:Envelope>"
    inside = (
        "<n:NotificationMessage><n:Topic>{}</n:Topic><n:Message><t:Message UtcTime='{}'/></n:Message></n:NotificationMessage>"
    )
    texts = {
        "billion laughs": _entities(10, 10, 3) + "<a>&e9;</a>",
        "quadratic bomb": _entities(1, 1, 50_000) + f"<a>{'&e0;' * 5000}</a>",
        "XXE of a file": '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
        "XXE over HTTP": '<!DOCTYPE a [<!ENTITY x SYSTEM "http://127.0.0.1:1/">]><a>&x;</a>',
        "outer DTD": '<!DOCTYPE a SYSTEM "http://127.0.0.1:1/x.dtd"><a/>',
        "parameter entity": '<!DOCTYPE a [<!ENTITY % p SYSTEM "file:///etc/passwd"> %p;]><a/>',
        "DTD in the middle": "<a><!DOCTYPE a [<!ENTITY b 'c'>]></a>",
        "entity nobody declared": "<a>&b;</a>",
        "numbers of characters": "<a>&#0;&#1;&#x110000;</a>",
        "XInclude": '<a xmlns:x="http://www.w3.org/2001/XInclude"><x:include href="file:///etc/passwd" parse="text"/></a>',
        "stylesheet": '<?xml-stylesheet href="file:///etc/passwd"?><a/>',
        "10,000 deep": "<a>" * _DEEP + "</a>" * _DEEP,
        "10,000 deep and never closed": "<a>" * _DEEP,
        "64 deep": "<a>" * 64 + "</a>" * 64,
        "65 deep": "<a>" * 65 + "</a>" * 65,
        "100,000 elements": "<a>" + "<b/>" * 100_000 + "</a>",
        "10,000 attributes": "<a " + " ".join(f"b{n}='c'" for n in range(10_000)) + "/>",
        "an attribute of 1 MB": f"<a b='{'c' * _MIB}'/>",
        "a text of 1 MB": f"<a>{'c' * _MIB}</a>",
        "a name of 1 MB": f"<{'a' * _MIB}/>",
        "a comment of 1 MB": f"<a><!--{'c' * _MIB}--></a>",
        "CDATA of 1 MB": f"<a><![CDATA[{'<' * _MIB}]]></a>",
        "10,000 namespaces": "".join(f"<a xmlns:n{n}='u'>" for n in range(60)) + "</a>" * 60,
        "a prefix nobody declared": "<tad:a tad:b='c'/>",
        "the same attribute twice": "<a b='c' b='d'/>",
        "two roots": "<a/><b/>",
        "text behind the end": "<a/>\0\0\0\0",
        "nothing": "",
        "blanks": " " * _MIB,
        "only a declaration": "<?xml version='1.0'?>",
        "version 9": "<?xml version='9.0'?><a/>",
        "SOAP without a body": "<s:Envelope xmlns:s='x'/>",
        "SOAP fault in a fault": soap.format("<s:Fault>" * 30 + "</s:Fault>" * 30),
        "a topic of 1 MB": soap.format(inside.format("tns1:" + "a/" * (_MIB // 4), "2026-11-21T00:00:00Z")),
        "5000 messages": soap.format(inside.format("tns1:VideoSource/MotionAlarm", "x") * 3000),
        "a time of the year 99999": soap.format(inside.format("tns1:VideoSource/MotionAlarm", "99999-99-99T99:99:99Z")),
        "a time of superscripts": soap.format(inside.format("tns1:VideoSource/MotionAlarm", "²⁰²⁶-11-21T00:00:00Z")),
        "a time with a giant fraction": soap.format(inside.format("tns1:VideoSource/MotionAlarm", "2026-11-21T00:00:00." + "9" * 5000 + "Z")),
        "Foscam with a bomb": _entities(5, 5, 5) + "<CGI_Result><result>0</result><log0>&e4;</log0></CGI_Result>",
        "Foscam, numbers of 5000 digits": f"<CGI_Result><result>{'0' * 5000}</result><totalCnt>{'9' * 5000}</totalCnt></CGI_Result>",
    }  # fmt: skip
    found = {name: text.encode() for name, text in texts.items()}
    for charset in ("utf-16", "utf-32", "utf-7", "cp037", "undefined", "idna", "rot13", "x" * 3000):
        found[f"charset {charset[:12]}"] = f"<?xml version='1.0' encoding='{charset}'?><a>b</a>".encode()
    found["UTF-16 said to be UTF-8"] = "<?xml version='1.0' encoding='utf-8'?><a/>".encode("utf-16")
    found["half characters"] = b"<a>\xed\xa0\x80</a>"
    found["NUL in a name"] = b"<a\0b/>"
    return found


_READERS = {
    "ONVIF answer": lambda body: onvif_reply.date_and_time(got(body).content),
    "ONVIF events": lambda body: [onvif_event.signal(one, {}) for one in onvif_event.notifications(onvif_xml.parse(body))],
    "ONVIF discovery": lambda body: onvif_discovery.probe_matches(body, "192.0.2.7"),
    "Foscam HD": lambda body: foscam_hd_reply.settings(foscam_hd_reply.fields(body, "it"), "it"),
}


def cases(terms: Terms) -> Iterator[Case | Skip]:
    for name, body in hostile().items():
        for reader, read in _READERS.items():
            yield Case(
                name=f"XML, {reader}: {name}",
                play=lambda read=read, body=body: _read(read, body),
                cpu_s=1.0,
                rss_bytes=64 * _MIB,
            )
    if terms.data is None:
        yield Skip(why="recorded replies of cameras: no data folder")
    else:
        for family in FAMILIES:
            for target in _targets(family)[:: 4 if terms.brief else 1]:
                yield from _mutations(terms, family, target)
    files, missing = foreign(terms, "go-fuzz-corpus/xml", "fuzzing-corpus/xml")
    yield from missing
    for path in files:
        for reader, read in _READERS.items():
            yield Case(name=f"foreign, {reader}: {path.name}", play=lambda read=read, path=path: _read(read, path.read_bytes()))


def _mutations(terms: Terms, family: str, target: Target) -> Iterator[Case]:
    for name, data in mutations(terms, f"{family} {target.name}", target.seeds):
        yield Case(name=name, play=lambda data=data: _read(target.parse, data), cpu_s=1.0)


def _read(read, body: bytes) -> str:
    try:
        found = read(body)
    except HearthwatchError as error:
        str(error).encode()
        raise
    return msgspec.json.encode(found).decode()[:500]


CORPUS = Corpus(id="COR4", what="XML and the other replies of cameras: bombs, lies, replies hurt", cases=cases)
