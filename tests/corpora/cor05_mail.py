"""COR5: mails as no camera writes them, to the porch over SMTP and to its reader; and SMTP as no camera speaks it."""

from __future__ import annotations

import contextlib
import smtplib
import socket
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

from hearthwatch.ingest.drop import Account
from hearthwatch.kit.units import CameraId
from tests.corpora.frame import CANARY, Case, Corpus, Skip, Terms, foreign, mutations
from tests.fuzz import seeds
from tests.fuzz.targets import try_one
from tests.ingest.hostile_names import hostile_names
from tests.ingest.letters import OLDER_DIALECT, alarm_letter
from tests.ingest.open_porch import HERE, OpenPorch, open_porch

_MIB = 1 << 20
TO = "owner@example.org"
JPEG = b"\xff\xd8\xff\xe0" + bytes(2000) + b"\xff\xd9"
ACCOUNT = Account(
    camera=CameraId("gate"), user="gate", password=CANARY, networks=HERE, waiting_bytes=1 << 30, max_per_minute=6000
)


def letters(outside: Path) -> dict[str, bytes]:
    """Whole mails."""
    text = OLDER_DIALECT.encode()
    plain = alarm_letter(text, JPEG)
    named = [name for name in hostile_names(outside) if name and not any(char in name for char in "\r\n")][::6]

    def parts(count: int, inner: str = "\r\nx\r\n") -> bytes:
        return ('Content-Type: multipart/mixed; boundary="b"\r\n\r\n' + f"--b\r\n{inner}" * count + "--b--\r\n").encode()

    def nested(depth: int) -> bytes:
        return (
            "".join(f'Content-Type: multipart/mixed; boundary="b{n}"\r\n\r\n--b{n}\r\n' for n in range(depth)).encode()
            + b"\r\nx\r\n"
        )

    def charset(name: str) -> bytes:
        return f"Subject: x\r\nContent-Type: text/plain; charset={name}\r\n\r\n".encode() + b"\xff\xfe\x80alarm\r\n"

    found = {f"RFC 2231 name {name[:30]!r}": plain.replace(b'filename="20180506152840423ch01.jpg"', f"filename*=utf-8''{quote(name, safe='')}".encode())
             for name in named}  # fmt: skip
    found |= {f"name in pieces {number}": plain.replace(b'filename="20180506152840423ch01.jpg"', change) for number, change in enumerate((
        b"filename*0*=utf-8''..%2f..%2fetc%2f;\r\n filename*1=\"passwd\"", b"filename*99999999999=a", b"filename*0=a;filename*0=b",
        b"filename*=unicode_escape''%5Cud800.jpg", b"filename*=idna''%ff", b"filename*=''''''", b"filename*1*=%ff;filename*0*=utf-16''%00",
        b'filename="=?utf-8?b?Li4vLi4vZXRjL3Bhc3N3ZA==?="', b'filename="a\0b"', b"filename*" + b"*0" * 300 + b"=a"))}  # fmt: skip
    found |= {f"charset {name[:20]}": charset(name) for name in (
        "idna", "punycode", "undefined", "unicode_escape", "rot13", "utf-7", "zlib", "x" * 2000, '""', "a\0b", "\xff")}  # fmt: skip
    found |= {
        "charset in pieces": b"Content-Type: text/plain; charset*=utf-8''x\r\n\r\n\xff\xfe\r\n",
        "51 parts": parts(51),
        "10,000 parts": parts(10_000),
        "nested 6 deep": nested(6),
        "nested 100 deep": nested(100),
        "mails in mails": b"Content-Type: message/rfc822\r\n\r\n" * 50 + b"x",
        "a part of a mail": b"Content-Type: message/partial; id=x; number=1; total=9999\r\n\r\nx",
        "a body elsewhere": b'Content-Type: message/external-body; access-type=local-file; name="/etc/passwd"\r\n\r\nx',
        "5000 header lines": b"X: y\r\n" * 5000 + b"\r\nx",
        "a header of 1 MB": b"Subject: " + b"x" * _MIB + b"\r\n\r\nx",
        "a header folded 100,000 times": b"Subject: x\r\n" + b" y\r\n" * 1900 + b"\r\nx",
        "a million headers in a part": b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\n' + b"a: b\r\n" * 1_000_000 + b"\r\nx\r\n--b--\r\n",
        "19 MB of line ends": b"Subject: x\r\n\r\n" + b"\r\n" * (19 * _MIB // 2),
        "5 MB of one letter": b"Subject: x\r\n\r\n" + b"x" * (5 * _MIB),
        "base64 of 15 MB": b"Content-Transfer-Encoding: base64\r\n\r\n" + b"/9j/" * (15 * _MIB // 4),
        "base64 that is none": b"Content-Transfer-Encoding: base64\r\n\r\n" + b"====!!!!\0\xff" * 1000,
        "quoted-printable that is none": b"Content-Transfer-Encoding: quoted-printable\r\n\r\n" + b"=\r\n=G=0=" * 1000,
        "uuencode that is none": b"Content-Transfer-Encoding: x-uuencode\r\n\r\nbegin 999 ../../x\r\n" + b"\xff" * 1000,
        "words in 20,000 pieces": b"Subject: " + b"=?utf-8?q?=41?= " * 20_000 + b"\r\n\r\nx",
        "half characters": b"Subject: =?utf-8?b?7aCA?=\r\n\r\n\xed\xa0\x80",
        "escapes of a terminal": b"Subject: \x1b]0;x\x07\x1b[2J\r\n\r\n\x1b[31mred",
        "a subject with a line end": b"Subject: =?utf-8?q?a=0D=0ABcc:_b@example.org?=\r\n\r\nx",
        "no header": b"\r\n\r\n\r\n",
        "NUL everywhere": b"\0" * 10_000,
        "a boundary of nothing": b'Content-Type: multipart/mixed; boundary=""\r\n\r\n--\r\n\r\nx\r\n----\r\n',
        "a boundary of 10,000 letters": b"Content-Type: multipart/mixed; boundary=" + b"b" * 10_000 + b"\r\n\r\n--" + b"b" * 10_000 + b"\r\n\r\nx",
        "two boundaries": b"Content-Type: multipart/mixed; boundary=a; boundary=b\r\n\r\n--a\r\n\r\nx\r\n--b\r\n\r\ny\r\n",
        "an executable called a picture": alarm_letter(text, b"MZ\x90\0" * 500, name="a.jpg"),
        "a picture that never ends": alarm_letter(text, JPEG[:-2]),
    }  # fmt: skip
    return found


_SECOND = b"MAIL FROM:<evil@x>\r\nRCPT TO:<victim@example.net>\r\nDATA\r\nSubject: smuggled\r\n\r\nx"
SMUGGLED = {
    f"{name} before a second mail": b"Subject: first\r\n\r\nx" + end + _SECOND
    for name, end in {
        "LF dot LF": b"\n.\n", "LF dot CRLF": b"\n.\r\n", "CRLF dot LF": b"\r\n.\n", "CR dot CR": b"\r.\r", "CRLF dot CR": b"\r\n.\r",
        "CR dot CRLF": b"\r.\r\n", "CRLF NUL dot CRLF": b"\r\n\0.\r\n", "CRLF dot NUL CRLF": b"\r\n.\0\r\n", "CRLF two dots": b"\r\n..\r\n",
    }.items()
}  # fmt: skip
TALK = {
    "no HELO": [b"MAIL FROM:<a@x>\r\n"],
    "a command of 1 MB": [b"EHLO " + b"x" * _MIB + b"\r\n"],
    "no line end for ever": [b"x" * 5000] * 50,
    "1000 commands": [b"NOOP\r\n" * 1000],
    "AUTH in pieces": [b"EHLO x\r\n", b"AUTH LOGIN\r\n", b"\xff\xfe\r\n", b"*\r\n"],
    "AUTH of nothing": [b"EHLO x\r\n", b"AUTH PLAIN AAAA\r\n"],
    "AUTH CRAM-MD5": [b"EHLO x\r\n", b"AUTH CRAM-MD5\r\n"],
    "AUTH of 100 KB": [b"EHLO x\r\n", b"AUTH PLAIN " + b"QUFB" * 25_000 + b"\r\n"],
    "STARTTLS and more behind it": [b"EHLO x\r\n", b"STARTTLS\r\nMAIL FROM:<a@x>\r\n"],
    "binary": [bytes(range(256)) * 20],
    "HTTP": [b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"],
    "addresses that are none": [b"EHLO x\r\nMAIL FROM:<" + b"<" * 500 + b"\r\nRCPT TO:\r\nDATA\r\n"],
    "BDAT": [b"EHLO x\r\nBDAT 99999999999999999999 LAST\r\n"],
    "VRFY, EXPN, HELP": [b"EHLO x\r\nVRFY root\r\nEXPN all\r\nHELP\r\n"],
}


def cases(terms: Terms) -> Iterator[Case | Skip]:
    outside = terms.folder_for("outside")
    found = letters(outside)
    heavy = {name for name, data in found.items() if len(data) > _MIB}
    for name in terms.few((one for one in found if not terms.brief or one not in heavy), 25):
        yield Case(
            name=f"mail, read: {name}", play=lambda data=found[name]: try_one("mail", data), cpu_s=4.0, rss_bytes=320 * _MIB
        )
    for name, data in mutations(terms, "mail hurt", [*seeds.made("mail"), *seeds.taped("mail", terms.data)]):
        yield Case(name=name, play=lambda data=data: try_one("mail", data), cpu_s=0.5)
    with open_porch(terms.folder_for("inside"), ACCOUNT) as porch:
        before = set(outside.rglob("*"))
        for name in terms.few((one for one in found if not terms.brief or one not in heavy), 5):
            yield Case(
                name=f"mail, sent: {name}", play=lambda data=found[name]: send(porch, data), cpu_s=8.0, rss_bytes=400 * _MIB
            )
        for name, data in SMUGGLED.items():
            yield Case(name=f"smuggled: {name}", play=lambda data=data: smuggle(porch, data))
        for name, pieces in TALK.items():
            yield Case(name=f"talk: {name}", play=lambda pieces=pieces: talk(porch, pieces), cpu_s=4.0)
        yield Case(name="afterwards: mails are taken", play=lambda: still_takes(porch))
        yield Case(name="afterwards: nothing outside", play=lambda: nothing_outside(porch, outside, before))
    files, missing = foreign(terms, "go-fuzz-corpus/mail", "go-fuzz-corpus/multipart")
    yield from missing
    for path in files:
        yield Case(name=f"foreign: {path.name}", play=lambda path=path: try_one("mail", path.read_bytes()))


def _client(porch: OpenPorch) -> smtplib.SMTP:
    client = smtplib.SMTP("127.0.0.1", porch.smtp_port, timeout=60)
    client.login("gate", CANARY)
    return client


def _begin_data(client: smtplib.SMTP) -> None:
    for command, wanted in (("MAIL FROM:<gate@camera.lan>", 250), (f"RCPT TO:<{TO}>", 250), ("DATA", 354)):
        code, said = client.docmd(command)
        assert code == wanted, said


def send(porch: OpenPorch, data: bytes) -> str:
    """A mail gets one answer: taken, or refused for good or for now."""
    client = _client(porch)
    try:
        _begin_data(client)
        assert client.sock is not None
        client.sock.sendall(smtplib._quote_periods(smtplib._fix_eols(data.decode("latin-1")).encode("latin-1")) + b"\r\n.\r\n")  # type: ignore[attr-defined]
        code, said = client.getreply()
    except (smtplib.SMTPServerDisconnected, ConnectionError):
        return "closed"
    finally:
        client.close()
    assert code in {250, 452, 500, 552, 554}, (code, said)
    return f"{code} {said!r}"


def smuggle(porch: OpenPorch, data: bytes) -> str:
    """What lies in a mail is never a mail of its own; where the server sees an end of data, what follows is refused."""
    before = len(porch.left)
    client = _client(porch)
    try:
        _begin_data(client)
        assert client.sock is not None
        client.sock.sendall(data + b"\r\n.\r\n")
        code, said = client.getreply()
    except smtplib.SMTPServerDisconnected:
        code, said = 0, b"closed"
    finally:
        client.close()
    assert len(porch.left) - before <= 1, "one mail became two"
    assert not any(drop.subject == "smuggled" for drop in porch.drops())
    return f"{code} {said!r}"


def talk(porch: OpenPorch, pieces: list[bytes]) -> str:
    """Whatever is said, the server answers or closes; it never leaves one waiting."""
    with contextlib.closing(socket.create_connection(("127.0.0.1", porch.smtp_port), timeout=20)) as sock:
        said = sock.recv(4096)
        assert said.startswith(b"220 ")
        with contextlib.suppress(ConnectionError):
            for piece in pieces:
                sock.sendall(piece)
            sock.sendall(b"\r\nQUIT\r\n")
            while data := sock.recv(65_536):
                said += data
    assert not any(line.startswith(b"5") and b"Traceback" in line for line in said.splitlines())
    return said[-300:].decode("latin-1")


def still_takes(porch: OpenPorch) -> str:
    before = len(porch.left)
    assert send(porch, alarm_letter(OLDER_DIALECT.encode(), JPEG)).startswith("250")
    assert len(porch.left) == before + 1
    return "taken"


def nothing_outside(porch: OpenPorch, outside: Path, before: set[Path]) -> str:
    assert set(outside.rglob("*")) == before
    drops = porch.drops()
    names = {path.name for path in porch.files()}
    assert names == {name for drop in drops for name in (drop.id, f"{drop.id}.json")}
    for drop in drops:
        assert CANARY not in drop.text + drop.subject + drop.name
    return str(len(drops))


CORPUS = Corpus(id="COR5", what="Mail: letters no camera writes, smuggling, SMTP no camera speaks", cases=cases)
