"""The FTP server as cameras and others meet it: accounts write, nobody reads, no name leads anywhere."""

from __future__ import annotations

import contextlib
import ftplib
import io
import socket
import struct
from pathlib import Path

import pytest
from tests.ingest.hostile_names import hostile_names
from tests.ingest.open_porch import PASSWORD, account, open_porch

from hearthwatch.ingest.drop import Media, Turned, Via

pytestmark = [pytest.mark.wired, pytest.mark.waits]

JPEG = b"\xff\xd8\xff\xe0" + bytes(2000) + b"\xff\xd9"


def snapshot(folder: Path) -> dict[str, tuple[int, int]]:
    return {str(path): (path.lstat().st_size, path.lstat().st_mtime_ns) for path in folder.rglob("*")}


@pytest.mark.parametrize("passive", [True, False])
def test_a_camera_leaves_a_clip_under_its_own_folders(tmp_path: Path, test_data: Path, passive: bool) -> None:
    clip = test_data / "videos" / "ir_hall_person.mp4"
    with open_porch(tmp_path) as porch:
        with porch.ftp(passive=passive) as camera:
            camera.mkd("2026-11-21")
            camera.cwd("/2026-11-21/001/dav")
            assert camera.pwd() == "/2026-11-21/001/dav"
            with clip.open("rb") as file:
                camera.storbinary("STOR 10.00.00[M].mp4", file)
        (drop,) = porch.drops()
        assert (drop.camera, drop.via, drop.media, drop.name) == (
            "gate",
            Via.FTP,
            Media.CLIP,
            "/2026-11-21/001/dav/10.00.00[M].mp4",
        )
        assert (porch.root / "gate" / drop.id).read_bytes() == clip.read_bytes()
        assert porch.left == [("gate", drop.id)]


def test_a_file_sent_as_text_is_taken_as_it_is(tmp_path: Path) -> None:
    data = JPEG + b"\r\n\n\r" * 50
    with open_porch(tmp_path) as porch:
        with porch.ftp() as camera:
            camera.voidcmd("TYPE A")
            with camera.transfercmd("STOR a.jpg") as line:
                line.sendall(data)
            camera.voidresp()
        (drop,) = porch.drops()
        assert (porch.root / "gate" / drop.id).read_bytes() == data


def test_sec_26_an_account_may_write_and_nothing_else(tmp_path: Path) -> None:
    with open_porch(tmp_path) as porch, porch.ftp() as camera:
        camera.storbinary("STOR a.jpg", io.BytesIO(JPEG))
        before = snapshot(porch.root)
        assert camera.nlst() == []
        lines: list[str] = []
        camera.retrlines("LIST", lines.append)
        assert lines == []
        refused = (
            "RETR a.jpg",
            "DELE a.jpg",
            "RNFR a.jpg",
            "RMD x",
            "APPE a.jpg",
            "SITE CHMOD 777 a.jpg",
            "MFMT 20200101000000 a.jpg",
            "MDTM a.jpg",
            "SIZE a.jpg",
            "REST 10",
            "MLST a.jpg",
        )
        for command in refused:
            with pytest.raises((ftplib.error_perm, ftplib.error_temp)):
                camera.sendcmd(command)
        assert snapshot(porch.root) == before


def test_sec_26_120_hostile_names_write_nothing_outside(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    names = hostile_names(outside)
    assert len(set(names)) >= 120
    inside = tmp_path / "inside"
    inside.mkdir()
    with open_porch(inside) as porch:
        before = snapshot(tmp_path)
        taken = 0
        for name in names:
            with porch.ftp() as camera:
                for command in (f"CWD {name}", f"MKD {name}"):
                    attempt(camera, command)
                try:
                    camera.storbinary(f"STOR {name}", io.BytesIO(JPEG))
                    taken += 1
                except (ftplib.Error, ValueError, OSError):
                    pass
                for command in (f"RNFR {name}", f"RNTO {name}", f"DELE {name}", f"RETR {name}"):
                    attempt(camera, command)
        drops = porch.drops()
        assert len(drops) == taken >= 100
        allowed = {str(porch.root / "gate" / f"{drop.id}{end}") for drop in drops for end in ("", ".json")}
        new = snapshot(tmp_path).keys() - before.keys()
        assert new == allowed
        assert all(drop.camera == "gate" and drop.name.isprintable() and len(drop.name) <= 200 for drop in drops)
    assert list(outside.iterdir()) == []


def attempt(camera: ftplib.FTP, command: str) -> None:
    try:
        camera.voidcmd(command)
    except (ftplib.Error, ValueError, EOFError):
        return


def test_sec_26_a_data_connection_to_somebody_else_is_refused(tmp_path: Path) -> None:
    with open_porch(tmp_path) as porch, socket.socket() as victim, porch.ftp() as camera:
        victim.bind(("127.0.0.2", 0))
        victim.listen()
        victim.settimeout(0.3)
        port = victim.getsockname()[1]
        for command in (f"PORT 127,0,0,2,{port >> 8},{port & 255}", f"EPRT |1|127.0.0.2|{port}|", "PORT 127,0,0,1,0,25"):
            with pytest.raises(ftplib.error_perm, match="501"):
                camera.sendcmd(command)
        with pytest.raises(TimeoutError):
            victim.accept()


def test_sec_26_wrong_passwords_strangers_and_other_addresses_are_turned_away(tmp_path: Path) -> None:
    accounts = account("gate"), account("yard", networks=("192.0.2.7",))
    with open_porch(tmp_path, *accounts) as porch:
        for user, password in (("gate", "wrong"), ("nobody", PASSWORD), ("yard", PASSWORD), ("anonymous", "")):
            with pytest.raises(ftplib.error_perm, match="530"):
                porch.ftp(user, password)
        counts = {count.camera: count for count in porch.keeping.counts()}
        assert counts["gate"].turned == {Turned.LOGIN: 1}
        assert counts["yard"].turned == {Turned.ADDRESS: 1}
        assert porch.keeping.strangers == 2
        assert porch.files() == []


def upload(camera: ftplib.FTP, name: str, data: bytes) -> None:
    """Store `data`, or raise what the server answers, also when it hangs up before all was sent: ftplib does not read that
    answer, and would take it for the one to the next command."""
    try:
        camera.storbinary(f"STOR {name}", io.BytesIO(data))
    except OSError:
        camera.voidresp()
        raise


def test_what_is_broken_off_too_big_or_no_picture_is_not_kept(tmp_path: Path) -> None:
    with open_porch(tmp_path, account("gate"), max_bytes=100_000) as porch:
        with porch.ftp() as camera:
            for no_picture in (b"hello world, this is no picture", JPEG[:-2]):
                with pytest.raises(ftplib.error_perm, match="552"):
                    camera.storbinary("STOR a.jpg", io.BytesIO(no_picture))
            with pytest.raises(ftplib.error_temp, match="426"):
                upload(camera, "big.jpg", JPEG + bytes(200_000) + JPEG)
        with porch.ftp() as camera:
            line = camera.transfercmd("STOR cut.jpg")
            line.sendall(JPEG)
            porch.until(lambda: any(path.stat().st_size == len(JPEG) for path in porch.files()))
            line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            line.close()
            with pytest.raises(ftplib.Error):
                camera.voidresp()
        with porch.ftp() as camera:
            camera.storbinary("STOR good.jpg", io.BytesIO(JPEG))
        assert [drop.name for drop in porch.drops()] == ["/good.jpg"]
        assert porch.keeping.counts()[0].turned == {Turned.NOT_MEDIA: 2, Turned.TOO_BIG: 1}


def test_sec_28_a_flood_fills_its_own_quota_and_no_other(tmp_path: Path) -> None:
    accounts = account("gate", waiting_bytes=1 << 20), account("yard", waiting_bytes=1 << 20)
    bulky = JPEG + bytes(100_000) + JPEG
    with open_porch(tmp_path, *accounts) as porch:
        with porch.ftp() as camera:
            for _ in range(40):
                with contextlib.suppress(ftplib.Error):
                    upload(camera, "a.jpg", bulky)
        used = sum(path.stat().st_size for path in (porch.root / "gate").iterdir())
        assert used <= (1 << 20) + 20_000
        assert porch.keeping.counts()[0].turned[Turned.FULL] > 0
        with porch.ftp("yard") as camera:
            camera.storbinary("STOR a.jpg", io.BytesIO(bulky))
        assert [drop.camera for drop in porch.drops()].count("yard") == 1


def test_more_than_so_many_a_minute_are_refused(tmp_path: Path) -> None:
    with open_porch(tmp_path, account("gate", per_minute=5)) as porch, porch.ftp() as camera:
        for _ in range(5):
            camera.storbinary("STOR a.jpg", io.BytesIO(JPEG))
        with pytest.raises(ftplib.error_perm):
            camera.storbinary("STOR a.jpg", io.BytesIO(JPEG))
        assert len(porch.drops()) == 5
        assert porch.keeping.counts()[0].turned == {Turned.TOO_MANY: 1}
