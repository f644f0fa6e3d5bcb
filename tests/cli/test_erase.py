"""`hearthwatch erase`: nothing that Hearthwatch wrote is left, nothing of others is gone, and the rest is said."""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
from pathlib import Path

import pytest
from tests.cli.conftest import START_US, Home, HouseBench

from hearthwatch.events.event import EventId
from hearthwatch.events.ledger import EventFiles
from hearthwatch.kit.clock import FakeClock
from hearthwatch.kit.files import write_atomic
from hearthwatch.kit.secrets import Secrets
from hearthwatch.run.config import load
from hearthwatch.run.places import hold
from hearthwatch.run.secret_names import asked_for

CANARY = "canary{:02}Xq7Zt4Wv9Rs2Lm5Kj8Hn3Bd6"
PLACES = """
[home]
name = "Rose cottage"
[camera.front]
main = "rtsp://192.168.1.20/x"
user = "watch"
logins.text_log = "{logs}/{{camera}}.txt"
[camera.garden]
main = "rtsp://192.168.1.21/x"
[storage]
folder = "{disk}"
[people.anna]
devices = ["phone"]
[offsite]
recipients = ["age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"]
[offsite.targets.nas]
kind = "sftp"
host = "nas.lan"
user = "house"
host_key = "SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
path = "/backup"
"""
OTHERS = (
    "notes.txt", "pictures/holiday.png", "pictures/deep/a.jpg", "footage-of-mine.mp4", "models/own.txt", "logins/mine.txt",
    "house.txt",
)  # fmt: skip


def planted(root: Path) -> list[Path]:
    return [
        path for path in root.rglob("*") if path.is_file() and not path.is_symlink() and b"Xq7Zt4Wv9Rs2" in path.read_bytes()
    ]


@pytest.fixture
def lived(home: Home, tmp_path: Path) -> Home:
    """A house with footage on another disk, a canary in every secret, picture, clip, log and database, and others' files."""
    disk, logs = tmp_path / "disk" / "cams", tmp_path / "logs"
    disk.parent.mkdir()
    logs.mkdir()
    shutil.move(home.data / "footage", disk)
    (home.data / "hearthwatch.toml").write_text(PLACES.format(disk=disk, logs=logs) + f"# {CANARY.format(90)}\n")
    store = Secrets(home.data)
    for number, name in enumerate(asked_for(load(home.data / "hearthwatch.toml"))):
        store.set(name, CANARY.format(number))
    store.set("camera.front.account.admin", CANARY.format(80))
    files, event = EventFiles(home.data), EventId("01J0000000000000000000000A")
    files.write_picture(event, b"\xff\xd8" + CANARY.format(91).encode())
    files.write_clip(event, CANARY.format(92).encode())
    files.write_album(event, CANARY.format(93).encode())
    for name in (
        "thumbs/front/179527789.jpg", "tls/authority.key", "tls/https.pem", "backup/house.db-1", "offsite/piece.age",
        "inbox/01JX", "inbox/01JX.json", "watching/x.mp4", "timelapse/front-2026-01-02.mp4", "logins/garden.log",
        "firmware/front.bin", "card/x.part", "welcome.json", "moving", ".secrets.key.77.new", "house.db-wal",
        "house.db.broken-17", "models/nanodet_plus_m_416.bin",
    ):  # fmt: skip
        path = home.data / name
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomic(path, CANARY.format(94).encode())
    (logs / "front.txt").write_text(CANARY.format(95))
    (logs / "diary.txt").write_text("dear diary")
    segment = next(disk.rglob("*.mp4"))
    segment.write_bytes(segment.read_bytes() + CANARY.format(96).encode())
    (disk / "quarantine").mkdir()
    (disk / "quarantine" / "front-main-1.mp4").write_text(CANARY.format(97))
    for name in OTHERS:
        path = home.data / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("of somebody else")
    (disk / "wedding.mp4").write_text("of somebody else")
    (disk / "front" / "main" / "wedding.mp4").write_text("of somebody else")
    (home.data / "pictures" / "elsewhere").symlink_to(logs)
    return home


def test_sec_40_after_erasing_no_canary_is_left_and_others_files_are(lived: Home, tmp_path: Path) -> None:
    assert len(planted(tmp_path)) > 20
    ran = lived.run("erase", "--yes")
    assert (ran.code, ran.err) == (0, "")
    assert planted(tmp_path) == []
    disk, logs = tmp_path / "disk" / "cams", tmp_path / "logs"
    left = sorted(path for root in (lived.data, disk, logs) for path in root.rglob("*") if path.is_file())
    mine = [lived.data / name for name in OTHERS]
    mine += [disk / "wedding.mp4", disk / "front" / "main" / "wedding.mp4", logs / "diary.txt"]
    assert left == sorted(mine)
    for line in ("SSDs, SD cards", "nas (sftp, nas.lan)", "front: account watch", "wedding.mp4"):
        assert line in ran.out
    assert "a password this house made up" in ran.out
    assert not any(path.name == "tls" for path in lived.data.iterdir()), "folders of ours that are empty go, too"


def test_an_empty_house_leaves_no_folder_behind(home: Home) -> None:
    ran = home.run("erase", "--yes")
    assert ran.code == 0
    assert not home.data.exists()
    assert "Left alone" not in ran.out


def test_nothing_is_erased_without_a_yes_or_while_it_runs(home: Home) -> None:
    before = sorted(home.data.rglob("*"))
    asked = home.run("erase")
    assert asked.code == 2
    assert "--yes" in asked.err
    held = hold(home.data)
    running = home.run("erase", "--yes")
    os.close(held)
    assert running.code == 1
    assert "stop it first" in running.err
    assert sorted(path for path in home.data.rglob("*") if path.name != ".hearthwatch-run.lock") == before


@pytest.mark.parametrize(("typed", "is_gone"), [("Rose cottage", True), ("rose", False)])
def test_the_homes_name_is_asked_for(home: Home, monkeypatch: pytest.MonkeyPatch, typed: str, is_gone: bool) -> None:
    (home.data / "hearthwatch.toml").write_text('[home]\nname = "Rose cottage"\n')
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("typer.prompt", lambda _text: typed)
    ran = home.run("erase")
    assert (ran.code == 0, home.data.exists()) == (is_gone, not is_gone)
    assert is_gone or "nothing was erased" in ran.err


def test_a_folder_that_is_no_house_is_left_alone(home: Home, tmp_path: Path) -> None:
    other = tmp_path / "other"
    (other / "pictures").mkdir(parents=True)
    (other / "pictures" / "a.jpg").write_text("mine")
    ran = Home(data=other, capsys=home.capsys).run("erase", "--yes")
    assert ran.code == 2
    assert "no house" in ran.err
    assert [path.name for path in other.rglob("*")] == ["pictures", "a.jpg"]
    wrong = home.run("erase", "--yes", "--footage", other)
    assert wrong.code == 2
    assert home.data.exists()


def test_footage_of_a_disk_used_before_goes_with_it_and_a_broken_configuration_does_not_hinder(
    home: Home, tmp_path: Path
) -> None:
    old = tmp_path / "old"
    bench = HouseBench(old, clock=FakeClock(wall_us=START_US))
    bench.record(3, start_us=START_US)
    bench.close()
    (home.data / "hearthwatch.toml").write_text("[home\n")
    ran = home.run("erase", "--yes", "--footage", old / "footage")
    assert ran.code == 0
    assert "cannot be read" in ran.err
    assert not list(old.rglob("*.mp4"))
    assert not home.data.exists()


def test_databases_are_written_over_before_they_go(home: Home, tmp_path: Path) -> None:
    again = tmp_path / "same-file.db"
    os.link(home.data / "house.db", again)
    with contextlib.closing(sqlite3.connect(again)) as connection:
        assert connection.execute("SELECT count(*) FROM users").fetchone() == (0,)
    assert home.run("erase", "--yes").code == 0
    assert set(again.read_bytes()) == {0}


FAR = """
[camera.front]
main = "rtsp://192.168.1.20/x"
[offsite]
recipients = ["age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"]
[offsite.targets.disk]
kind = "folder"
path = "{path}"
"""


def test_copies_elsewhere_go_only_when_asked_for_and_others_files_there_stay(home: Home, tmp_path: Path) -> None:
    far = tmp_path / "far"
    pieces = (
        "event/2026-11-21/140322-0123456789abcdef.age", "kept/2026-11-21/140322-0123456789abcdef.age",
        "front/2026-11-21/14-00.mp4", ".hearthwatch/manifests/front/2026-11-21/14-00.mp4.json",
        ".hearthwatch/keep/front/2026-11-21/14-00.mp4",
    )  # fmt: skip
    for name in (*pieces, "holiday/2026/beach.mp4", "event/notes.txt", ".hearthwatch-target"):
        (far / name).parent.mkdir(parents=True, exist_ok=True)
        (far / name).write_text("x")
    (home.data / "hearthwatch.toml").write_text(FAR.format(path=far))
    before = sorted(far.rglob("*"))
    listed = home.run("erase")  # nobody confirms it
    assert listed.code == 2
    assert sorted(far.rglob("*")) == before
    ran = home.run("erase", "--yes", "--copies")
    assert ran.code == 0, ran.err
    assert "Erased 5 copies at disk" in ran.out
    left = {path.relative_to(far).as_posix() for path in far.rglob("*") if path.is_file()}
    assert left == {"holiday/2026/beach.mp4", "event/notes.txt", ".hearthwatch-target"}
    assert "--copies would have" not in ran.out
    assert not home.data.exists()


def test_copies_that_cannot_be_erased_keep_the_house_so_that_one_can_try_again(home: Home, tmp_path: Path) -> None:
    (home.data / "hearthwatch.toml").write_text(FAR.format(path=tmp_path / "not-mounted"))
    before = sorted(home.data.rglob("*"))
    ran = home.run("erase", "--yes", "--copies")
    assert ran.code == 2
    assert "Nothing was erased here" in ran.err
    assert [path for path in sorted(home.data.rglob("*")) if path.name != ".hearthwatch-run.lock"] == before
