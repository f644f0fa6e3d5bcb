"""A piece is packed so that the stock tools open it, and twice the same way."""

from __future__ import annotations

import hashlib
import io
import json
import os
import subprocess
import tarfile
from dataclasses import replace
from datetime import UTC
from pathlib import Path

import pytest

from hearthwatch.feeds.packet import Stream
from hearthwatch.kit.errors import BadReply, ConfigFault, StorageFailed
from hearthwatch.kit.units import US_PER_S, CameraId, WallUs
from hearthwatch.offsite import seal
from hearthwatch.offsite.manifest import Head, chain_hash, head_after, parsed
from hearthwatch.offsite.names import checked_name, manifest_name, read_sealed
from hearthwatch.offsite.pack import MANIFEST, Packing, file_content, pack, pack_again
from hearthwatch.offsite.upload import Piece, PieceKind, TargetId
from hearthwatch.recording.segment import FootageClass

AT = WallUs(1_795_269_802 * US_PER_S)  # 2026-11-21 14:03:22 UTC
PIECE = Piece(
    kind=PieceKind.SEGMENT,
    camera=CameraId("front"),
    stream=Stream.MAIN,
    start_us=AT,
    end_us=WallUs(AT + 60 * US_PER_S),
    size_bytes=300_000,
    sha256=b"",
    footage_class=FootageClass.EVENT,
)
PAIR = seal.new_pair()
DATA = os.urandom(300_000)


def packing(folder: Path, *, sealed: bool = True) -> Packing:
    return Packing(
        target=TargetId("nas"),
        sealed=sealed,
        recipients=(PAIR.recipient,),
        folder=folder,
        zone=UTC,
        is_free=lambda name: not (folder / f"nas-{name.replace('/', '_')}").exists(),
        chance=os.urandom,
    )


def opened(path: Path) -> dict[str, bytes]:
    out = io.BytesIO()
    seal.unseal(file_content(path)(), out, [PAIR.identity])
    out.seek(0)
    with tarfile.open(fileobj=out) as archive:
        return {one.name: archive.extractfile(one).read() for one in archive}


def test_a_sealed_piece_holds_its_manifest_and_its_content(tmp_path: Path) -> None:
    packed = pack(PIECE, lambda: iter((DATA[:1000], DATA[1000:])), packing(tmp_path), {})
    (parcel,) = packed.parcels
    stored = parcel.path.read_bytes()
    assert (parcel.size_bytes, parcel.sha256) == (len(stored), hashlib.sha256(stored).digest())
    assert DATA[:64] not in stored
    assert b"front" not in stored
    found = opened(parcel.path)
    assert list(found) == [MANIFEST, "front-20261121-140322Z-main-segment.mp4"]
    assert found["front-20261121-140322Z-main-segment.mp4"] == DATA
    assert json.loads(found[MANIFEST])["sha256"] == hashlib.sha256(DATA).hexdigest()
    assert parsed(found[MANIFEST]).name == packed.name == parcel.name


def test_a_sealed_name_tells_class_and_moment_and_no_more(tmp_path: Path) -> None:
    name = pack(PIECE, lambda: iter((DATA,)), packing(tmp_path), {}).name
    assert name.startswith("event/2026-11-21/140322-")
    read = read_sealed(name)
    assert (read.footage_class, read.start_us) == (FootageClass.EVENT, AT)
    kept = read_sealed(pack(replace(PIECE, pinned=True), lambda: iter((DATA,)), packing(tmp_path), {}).name)
    assert kept.footage_class is None
    assert read_sealed("event/2026-13-45/140322-0123456789abcdef.age") is None


@pytest.mark.wired
def test_the_stock_tools_open_it(tmp_path: Path) -> None:
    (parcel,) = pack(PIECE, lambda: iter((DATA,)), packing(tmp_path), {}).parcels
    key = tmp_path / "identity.txt"
    key.write_text(f"# created for a test\n{PAIR.identity.reveal()}\n")
    plain = subprocess.run(["age", "-d", "-i", key, parcel.path], capture_output=True, check=True).stdout
    subprocess.run(["tar", "-x", "-C", tmp_path], input=plain, check=True)
    assert (tmp_path / "front-20261121-140322Z-main-segment.mp4").read_bytes() == DATA
    assert seal.read_identities(key) == (PAIR.identity,)


def test_the_chain_goes_on_from_manifest_to_manifest(tmp_path: Path) -> None:
    heads: dict[CameraId, Head] = {}
    raws = []
    for camera in ("front", "front", "back", "front"):
        packed = pack(replace(PIECE, camera=CameraId(camera)), lambda: iter((DATA,)), packing(tmp_path), heads)
        raws.append(packed.manifest)
        heads[CameraId(camera)] = head_after(packed.manifest)
    first, second, back, third = (parsed(raw) for raw in raws)
    assert (first.number, second.number, third.number, back.number) == (1, 2, 3, 1)
    assert (first.previous, second.previous, third.previous) == ("", chain_hash(raws[0]), chain_hash(raws[1]))
    assert back.others[CameraId("front")].chain == chain_hash(raws[1])
    assert [one.name for one in third.before] == [second.name, first.name]


def test_what_was_lost_is_packed_again_in_its_old_place(tmp_path: Path) -> None:
    first = pack(PIECE, lambda: iter((DATA,)), packing(tmp_path), {})
    first.parcels[0].path.unlink()
    again = pack_again(first.manifest, lambda: iter((DATA,)), packing(tmp_path))
    assert (again.name, again.manifest) == (first.name, first.manifest)
    assert opened(again.parcels[0].path)[MANIFEST] == first.manifest
    for changed in (DATA[:-1], DATA + b"x", b"x" + DATA[1:]):
        with pytest.raises(StorageFailed):
            pack_again(first.manifest, lambda changed=changed: iter((changed,)), packing(tmp_path))
    assert not again.parcels[0].path.exists()


def test_a_plain_piece_is_a_file_a_person_finds(tmp_path: Path) -> None:
    packed = pack(PIECE, lambda: iter((DATA,)), packing(tmp_path, sealed=False), {})
    piece, note = packed.parcels
    assert piece.name == "front/2026-11-21/14-03.mp4"
    assert piece.path.read_bytes() == DATA
    assert note.name == manifest_name(piece.name)
    assert parsed(note.path.read_bytes()).content == "14-03.mp4"
    second = pack(PIECE, lambda: iter((DATA,)), packing(tmp_path, sealed=False), {})
    assert second.name == "front/2026-11-21/14-03-22-segment.mp4"


def test_a_part_of_a_file_is_content(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(DATA)
    assert b"".join(file_content(path, 100, 50, before=b"head")()) == b"head" + DATA[100:150]
    with pytest.raises(StorageFailed):
        list(file_content(path, 100, 300_000)())
    with pytest.raises(StorageFailed):
        list(file_content(tmp_path / "none")())


def test_a_sealed_file_that_was_changed_does_not_open(tmp_path: Path) -> None:
    (parcel,) = pack(PIECE, lambda: iter((DATA,)), packing(tmp_path), {}).parcels
    stored = bytearray(parcel.path.read_bytes())
    with pytest.raises(seal.Unopened, match="somebody else"):
        seal.unseal([bytes(stored)], io.BytesIO(), [seal.new_pair().identity])
    assert len(seal.unseal_head(bytes(stored[: seal.head_bytes()]), [PAIR.identity])) >= seal.CHUNK_BYTES
    stored[-100] ^= 1
    with pytest.raises(seal.Unopened, match="altered"):
        seal.unseal([bytes(stored)], io.BytesIO(), [PAIR.identity])


def test_an_identity_never_passes_for_a_public_key(tmp_path: Path) -> None:
    assert seal.recipient_fault(PAIR.recipient) is None
    fault = seal.recipient_fault(PAIR.identity.reveal())
    assert "secret" in fault
    assert PAIR.identity.reveal() not in fault
    assert seal.recipient_fault("age1nonsense") is not None
    (tmp_path / "empty").write_text("age1...")
    with pytest.raises(ConfigFault, match="AGE-SECRET-KEY-1"):
        seal.read_identities(tmp_path / "empty")
    with pytest.raises(ConfigFault, match="empty"):
        seal.seal([b"x"], io.BytesIO(), [])


@pytest.mark.parametrize("name", ["", "/etc/passwd", "../x", "a/../b", "a//b", "a\\b", "C:/x", "a\nb", "x" * 600, "a/./b"])
def test_a_name_that_leads_elsewhere_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="name"):
        checked_name(name)


@pytest.mark.parametrize("raw", [b"", b"{}", b"[" * 70_000, b"\xff", b'{"version": 1}'])
def test_a_manifest_of_nonsense_is_refused(raw: bytes) -> None:
    with pytest.raises(BadReply):
        parsed(raw)


def test_a_manifest_cannot_name_a_camera_that_leads_elsewhere(tmp_path: Path) -> None:
    raw = pack(PIECE, lambda: iter((DATA,)), packing(tmp_path), {}).manifest
    for bad in (b'"../../etc"', b'"Front"', b'""'):
        with pytest.raises(BadReply):
            parsed(raw.replace(b'"front"', bad))
