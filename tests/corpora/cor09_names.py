"""COR9: names and archives: by FTP, by mail, as an export; and archives where the house unpacks or takes files."""

from __future__ import annotations

import ftplib
import io
import struct
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

from hearthwatch.kit.errors import BadReply
from hearthwatch.kit.files import safe_join
from hearthwatch.kit.units import WallUs, camera_id
from hearthwatch.offsite.archive import _PieceSink
from hearthwatch.offsite.manifest import MAX_BYTES
from hearthwatch.offsite.names import checked_name, manifested, noted, read_sealed
from hearthwatch.offsite.pack import MANIFEST
from hearthwatch.web.media import clip_name
from tests.corpora.cor05_mail import ACCOUNT, JPEG, send
from tests.corpora.frame import CANARY, Case, Corpus, Skip, Terms
from tests.ingest.hostile_names import hostile_names
from tests.ingest.letters import OLDER_DIALECT, alarm_letter
from tests.ingest.open_porch import OpenPorch, open_porch

_MIB = 1 << 20


def _tar(*members: tuple[dict[str, object], bytes], form: int = tarfile.GNU_FORMAT) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w", format=form) as out:
        for fields, data in members:
            info = tarfile.TarInfo()
            info.size = len(data)
            for name, value in fields.items():
                setattr(info, name, value)
            out.addfile(info, io.BytesIO(data) if info.isreg() else None)
    return file.getvalue()


def _header(size_field: bytes, name: bytes = MANIFEST.encode()) -> bytes:
    """A tar header with its size as given and the right sum."""
    block = bytearray(512)
    block[: len(name)] = name
    block[100:136] = b"0000600\00000000\00000000\0" + size_field.ljust(12, b"\0")
    block[136:148] = b"00000000000\0"
    block[156:157] = b"0"
    block[257:265] = b"ustar\00000"
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(block)
    return bytes(block)


def _zip(*members: tuple[str, bytes], how: int = zipfile.ZIP_STORED, links: bool = False) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", how) as out:
        for name, data in members:
            info = zipfile.ZipInfo(name)
            info.compress_type = how
            if links:
                info.external_attr = 0o120777 << 16
            out.writestr(info, data)
    return file.getvalue()


def archives(outside: Path) -> dict[str, bytes]:
    """Twenty-five and more."""
    begin = {"name": MANIFEST}
    bomb = _zip(("x", bytes(20 * _MIB)), how=zipfile.ZIP_DEFLATED)
    return {
        "tar that goes up": _tar(({"name": "../../escaped"}, b"x")),
        "tar with an absolute name": _tar(({"name": f"{outside}/escaped"}, b"x")),
        "tar of a link": _tar(({"name": MANIFEST, "type": tarfile.SYMTYPE, "linkname": "/etc/passwd"}, b"")),
        "tar of a hard link": _tar(({"name": MANIFEST, "type": tarfile.LNKTYPE, "linkname": "/etc/passwd"}, b"")),
        "tar of a device": _tar(({"name": MANIFEST, "type": tarfile.CHRTYPE, "devmajor": 1, "devminor": 5}, b"")),
        "tar of a FIFO": _tar(({"name": MANIFEST, "type": tarfile.FIFOTYPE}, b"")),
        "tar of a folder": _tar(({"name": MANIFEST, "type": tarfile.DIRTYPE}, b"")),
        "tar with a long name": _tar(({"name": "a/" * 2000 + MANIFEST}, b"x")),
        "tar with a long name behind a header": _tar(({"name": MANIFEST + "x" * 300}, b"x"), form=tarfile.PAX_FORMAT),
        "tar with PAX fields": _tar(({"name": MANIFEST, "pax_headers": {"path": "../x", "size": "99999999999"}}, b"{}"), form=tarfile.PAX_FORMAT),
        "tar whose size is octal nonsense": _header(b"99999999999") + b"{}",
        "tar of 8 GB": _header(b"77777777777") + b"{}",
        "tar of 2^63 bytes": _header(b"\x80" + (2**63 - 1).to_bytes(11, "big")) + b"{}",
        "tar of -1 byte": _header(b"\xff" * 12) + b"{}",
        "tar of an empty size": _header(b"") + b"{}",
        "tar whose sum is wrong": b"manifest" + bytes(504),
        "tar with a manifest of the largest size": _header(b"%011o" % MAX_BYTES) + b" " * (MAX_BYTES + 2048),
        "tar with a manifest too large": _header(b"%011o" % (MAX_BYTES + 1)) + b" " * (MAX_BYTES + 2048),
        "tar with a manifest that is no JSON": _tar((begin, b"{" * 500), ({"name": "x"}, b"x")),
        "tar with a manifest of other things": _tar((begin, b'{"content": "../../x", "size_bytes": 1}'), ({"name": "../../x"}, b"x")),
        "tar of a manifest twice": _tar((begin, b"{}"), (begin, b"{}")),
        "a bomb in zip": bomb,
        "zip that goes up": _zip(("../../escaped", b"x"), (f"{outside}/escaped", b"x"), ("C:\\x", b"x")),
        "zip of a link": _zip(("x", b"/etc/passwd"), links=True),
        "zip in a zip": _zip(*((f"{number}.zip", bomb) for number in range(5))),
        "zip whose directory lies": bomb[:-22] + struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, 65_535, 65_535, 0xFFFFFFFF, 0xFFFFFFFF, 0),
        "gzip of nothing but zeros": b"\x1f\x8b\x08\0\0\0\0\0\0\x03" + bytes(1000),
        "noise": bytes(range(256)) * 10,
    }  # fmt: skip


def open_piece(data: bytes, piece_bytes: int) -> str:
    """As the owner opens what lies at a far end, where somebody else may have put it: it is ours and whole, or refused."""
    out = io.BytesIO()
    sink = _PieceSink(out)
    for at in range(0, len(data), piece_bytes):
        sink.write(data[at : at + piece_bytes])
    made = sink.finished()
    return str(made)


def store(porch: OpenPorch, name: str, data: bytes) -> str:
    """By FTP: taken under a name of ours, or refused."""
    before = len(porch.left)
    if any(char in name for char in "\r\n"):
        return "cannot be said"
    with porch.ftp("gate", CANARY) as client:
        try:
            said = client.storbinary(f"STOR {name}", io.BytesIO(data))
        except ftplib.Error as error:
            assert str(error)[:1] in {"4", "5"}
            said = str(error)
    taken = len(porch.left) - before
    assert taken == (1 if said.startswith("226") else 0), said
    return said


def as_ours(name: str) -> str:
    """As a name of an export, a copy, a camera: one of ours or none."""
    found = []
    for read in (read_sealed, manifested, noted):
        found.append(str(read(name)))
    for make in (lambda: safe_join(Path("/house"), name), lambda: camera_id(name), lambda: checked_name(name)):
        try:
            made = make()
        except (ValueError, BadReply) as error:
            found.append(str(error)[:80])
        else:
            text = str(made)
            assert ".." not in Path(text).parts, text
            assert not text.startswith("/") or text.startswith("/house/"), text
            found.append(text)
    return str(found)


def all_inside(porch: OpenPorch, folder: Path, before: set[Path]) -> str:
    drops = porch.drops()
    names = {path.name for path in porch.files()}
    assert names == {name for drop in drops for name in (drop.id, f"{drop.id}.json")}
    assert {path for path in folder.rglob("*") if porch.root not in path.parents and path != porch.root} == before
    return f"{len(drops)} drops"


def cases(terms: Terms) -> Iterator[Case | Skip]:
    folder = terms.folder_for("names")
    outside, inside = folder / "outside", folder / "inside"
    outside.mkdir()
    inside.mkdir()
    names = hostile_names(outside)
    assert len(set(names)) >= 120
    for name in names:
        yield Case(name=f"export: {name[:60]!r}", play=lambda name=name: as_ours(name), cpu_s=0.3)
    assert clip_name(camera_id("front"), WallUs(1)).isascii()
    with open_porch(inside, ACCOUNT) as porch:
        before = {path for path in folder.rglob("*") if porch.root not in path.parents and path != porch.root}
        for name in terms.few(names, 12):
            yield Case(name=f"FTP: {name[:60]!r}", play=lambda name=name: store(porch, name, JPEG))
        for name in terms.few((one for one in names if len(one.encode()) <= 300), 6):
            letter = alarm_letter(OLDER_DIALECT.encode(), JPEG, name=name)
            yield Case(name=f"mail: {name[:60]!r}", play=lambda letter=letter: send(porch, letter))
        for name, data in archives(outside).items():
            for piece in (7, 512, 65_536):
                if len(data) // piece < 50_000:
                    yield Case(
                        name=f"archive opened by {piece}: {name}",
                        play=lambda data=data, piece=piece: open_piece(data, piece),
                        cpu_s=1.0,
                    )
            yield Case(name=f"archive by FTP: {name}", play=lambda data=data: store(porch, "a.jpg", data))
        yield Case(name="afterwards: all inside", play=lambda: all_inside(porch, folder, before))


CORPUS = Corpus(id="COR9", what="Names and archives: by FTP, by mail, as exports, from a far end", cases=cases)
