"""A backup: what is in it, what is refused, and that a kill at any step of a restore leaves the old house or the new one."""

from __future__ import annotations

import os
import random
import shutil
import sqlite3
import subprocess
import sys
import tarfile
from contextlib import closing
from pathlib import Path

import pytest
from tests.faults.old_databases import fill, rows_of

from hearthwatch.kit.clock import FakeClock
from hearthwatch.kit.errors import HearthwatchError, Refused, StorageFailed, Unsupported
from hearthwatch.kit.secrets import Secret, Secrets
from hearthwatch.offsite.seal import new_pair
from hearthwatch.recording.index_writer import IndexWriter
from hearthwatch.run import backup_file
from hearthwatch.run.backup import Made, Wishes, take
from hearthwatch.run.backup_file import BackupFile, Locked
from hearthwatch.run.house_db import open_house_db
from hearthwatch.run.places import hold
from hearthwatch.run.restore import contents, finish, restore

PAIR = new_pair()
KEY = Locked(recipients=(PAIR.recipient,))
HERE = (PAIR.identity,)
ROOT = Path(__file__).parents[2]


def make_house(data: Path) -> Path:
    """A house that ran: its database is open, as it is while it runs."""
    data.mkdir(mode=0o700)
    (data / "hearthwatch.toml").write_text('[home]\nname = "Villa"\n')
    Secrets.open(data).set("camera.front.password", "canary-in-the-cage")
    open_house_db(data, FakeClock()).engine.dispose()
    fill(data / "house.db")
    engine = open_house_db(data, FakeClock()).engine
    with engine.begin() as sql:
        sql.exec_driver_sql("CREATE TABLE told (word TEXT)")
        sql.exec_driver_sql("INSERT INTO told VALUES ('in the log only')")
    IndexWriter(data / "footage" / "index.db").close()
    for name in (
        "pictures/one.jpg",
        "albums/one.album",
        "clips/one.mp4",
        "thumbs/gone.jpg",
        "tls/authority.key",
        "new/room.json",
    ):
        (data / name).parent.mkdir(exist_ok=True)
        (data / name).write_bytes(os.urandom(3000))
    (data / "models").mkdir()
    (data / "models" / "person.onnx").write_bytes(b"weights")
    (data / "link").symlink_to("/etc")
    return data


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_house(tmp_path_factory.mktemp("house") / "data")


def taken(house: Path, path: Path, locked: Locked = KEY, wishes: Wishes | None = None) -> Made:
    return take(path, house / "hearthwatch.toml", house, locked=locked, wishes=wishes or Wishes(), clock=FakeClock())


@pytest.fixture(scope="module")
def backup(house: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("usb") / "house.backup"
    taken(house, path)
    return path


def bring_back(path: Path, data: Path, identities: tuple[Secret, ...] = HERE) -> None:
    restore(BackupFile(path), identities, data / "hearthwatch.toml", data)


def files(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and not path.is_symlink()
    }


def told(data: Path) -> list[tuple[str]]:
    with closing(sqlite3.connect(data / "house.db")) as sql:
        return sql.execute("SELECT word FROM told").fetchall()


def test_a_house_comes_back_as_it_was_without_what_comes_again_by_itself(house: Path, backup: Path, tmp_path: Path) -> None:
    data = tmp_path / "bare"
    bring_back(backup, data)
    there, was = files(data), files(house)
    for name in (
        "hearthwatch.toml",
        "secrets.sealed",
        "secrets.key",
        "pictures/one.jpg",
        "albums/one.album",
        "tls/authority.key",
        "new/room.json",
    ):
        assert there[name] == was[name]
    assert set(there) & {"clips/one.mp4", "thumbs/gone.jpg", "models/person.onnx"} == set()
    assert not (data / "link").exists()
    assert told(data) == [("in the log only",)], "what stands in the database's log belongs to it"
    assert Secrets(data).get("camera.front.password") == Secret("canary-in-the-cage")
    assert (data / "footage" / "index.db").exists()
    assert not [path for path in data.iterdir() if path.name.startswith(".restore")]
    assert all(path.stat().st_mode & 0o077 == 0 for path in data.iterdir() if path.is_file())


def test_every_table_comes_back_but_for_who_is_logged_in(house: Path, backup: Path, tmp_path: Path) -> None:
    """Accounts, events, pins, people, chats of Telegram: whatever a table is for, forty rows of it."""
    bring_back(backup, tmp_path / "bare")
    was, there = rows_of(house / "house.db"), rows_of(tmp_path / "bare" / "house.db")
    assert was.pop("sessions") == 40
    assert there.pop("sessions") == 0
    assert there == was
    assert {"users", "events", "pins", "letters"} <= {table for table, count in there.items() if count}
    open_house_db(tmp_path / "bare", FakeClock()).engine.dispose()


def test_a_backup_tells_nothing_to_who_cannot_open_it(house: Path, backup: Path) -> None:
    assert backup.stat().st_mode & 0o777 == 0o600
    whole = backup.read_bytes()
    for word in (b"Villa", b"canary", b"camera.front", b"one.jpg", (house / "secrets.key").read_bytes().strip()):
        assert word not in whole
    assert BackupFile(backup).about.schemas.keys() == {"house.db", "index.db"}
    with tarfile.open(backup) as tar:
        assert tar.getnames() == ["READ-ME.txt", "about.json", "contents.tar.gz.age", "SHA256SUMS"]
    assert not list(backup.parent.glob(".*"))
    assert not list(house.glob(".backup-*"))


def test_what_is_left_open_holds_no_key(house: Path, tmp_path: Path) -> None:
    path = tmp_path / "open.backup"
    made = taken(house, path, Locked(), Wishes(pictures=False))
    names = {entry.name for entry in made.entries}
    assert "data/secrets.sealed" in names
    assert names & {"data/secrets.key", "data/pictures/one.jpg", "data/albums/one.album"} == set()
    assert "secrets.key" in made.notes[0]
    subprocess.run(["tar", "-xf", path, "-C", tmp_path], check=True)
    subprocess.run(["sha256sum", "-c", "SHA256SUMS"], cwd=tmp_path, check=True, stdout=subprocess.DEVNULL)
    subprocess.run(["tar", "-xzf", "contents.tar.gz"], cwd=tmp_path, check=True)
    assert (tmp_path / "data" / "tls" / "authority.key").read_bytes() == (house / "tls" / "authority.key").read_bytes()


@pytest.mark.long
def test_a_passphrase_opens_it_and_a_wrong_one_does_not(house: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "house.backup"
    taken(house, path, Locked(passphrase=Secret("correct horse battery")))
    file = BackupFile(path)
    with pytest.raises(Refused, match="does not open"):
        file.unlocked(Secret("wrong horse battery"))
    identity = file.unlocked(Secret("correct horse battery"))
    assert contents(file, (identity,))[0].home == "Villa"
    with pytest.raises(Refused, match="somebody else"):
        contents(file, HERE)


def test_what_has_not_become_part_of_the_house_is_refused_with_what_to_do(house: Path, backup: Path, tmp_path: Path) -> None:
    full = tmp_path / "full"
    full.mkdir()
    (full / "letter.txt").write_text("mine")
    with pytest.raises(StorageFailed, match=r"not empty.*mv "):
        bring_back(backup, full)
    assert files(full).keys() == {"letter.txt", ".hearthwatch-run.lock"}
    used = tmp_path / "used"
    used.mkdir()
    held = hold(used)
    with pytest.raises(StorageFailed, match="runs already"):
        bring_back(backup, used)
    os.close(held)
    with pytest.raises(StorageFailed, match="another disk or machine"):
        taken(house, house / "here.backup")
    with pytest.raises(StorageFailed, match="no house was ever started"):
        taken(tmp_path, tmp_path / "x.backup")
    with pytest.raises(StorageFailed, match="there is no folder"):
        taken(house, tmp_path / "usb" / "x.backup")


def test_a_newer_schema_is_refused_by_the_name_of_its_release(backup: Path, tmp_path: Path) -> None:
    newer = tmp_path / "newer.backup"
    about = BackupFile(backup).about
    schema = about.schemas["house.db"].encode()
    newer.write_bytes(
        backup.read_bytes().replace(b'"house.db": "' + schema, b'"house.db": "9999').replace(b'"0.1.0"', b'"7.1.0"')
    )
    with pytest.raises(Unsupported, match=r"Hearthwatch 7\.1\.0.*schema 9999.*install 7\.1\.0 or newer"):
        bring_back(newer, tmp_path / "bare")
    newer.write_bytes(backup.read_bytes().replace(b'"format": 1', b'"format": 2'))
    with pytest.raises(Unsupported, match="that release or a newer one"):
        BackupFile(newer)


def test_damage_anywhere_is_told_with_its_part_and_leaves_nothing(house: Path, backup: Path, tmp_path: Path) -> None:
    chance = random.Random(11)
    unsealed = tmp_path / "open.backup"
    taken(house, unsealed, Locked())
    bent, into = tmp_path / "bent.backup", tmp_path / "into"
    found = set()
    for trial in range(60):
        whole = (backup if trial % 2 else unsealed).read_bytes()
        data = bytearray(whole)
        if trial % 3 == 0:
            data = data[: chance.randrange(len(data) - 1024)]
        else:
            data[chance.randrange(len(data) - 1024)] ^= 1 << chance.randrange(8)
        bent.write_bytes(data)
        try:
            bring_back(bent, into, HERE if trial % 2 else ())
        except HearthwatchError as error:
            found.add(str(error).partition(": ")[2].partition(" cannot")[0])
            assert not into.exists() or files(into).keys() == {".hearthwatch-run.lock"}
        else:  # a byte of a header that says nothing of the house, such as the time of a member
            assert told(into) == [("in the log only",)]
        shutil.rmtree(into, ignore_errors=True)
    assert {"contents.tar.gz.age", "data/house.db"} <= found, "each with the part that is damaged"


def test_a_part_that_was_written_wrongly_is_not_believed(house: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "house.backup"
    path.write_bytes(b"the last good one")

    def bend(self: BackupFile, name: str, limit_bytes: int | None = None) -> object:
        for chunk in chunks(self, name, limit_bytes):
            yield chunk[:-1] + bytes([chunk[-1] ^ 1]) if name.startswith("contents") and limit_bytes is None else chunk

    chunks = backup_file.BackupFile._chunks
    monkeypatch.setattr(backup_file.BackupFile, "_chunks", bend)
    with pytest.raises(StorageFailed):
        taken(house, path)
    assert path.read_bytes() == b"the last good one"
    assert [one.name for one in tmp_path.iterdir()] == ["house.backup"]


@pytest.mark.wired
def test_kill_9_in_a_restore_leaves_nothing_or_the_house(backup: Path, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    """A fork is killed before its n-th call that changes the disk; whoever comes next finds no house, or finishes it."""
    chance = random.Random(5)
    whole = tmp_path / "whole"
    bring_back(backup, whole)
    wanted = {name: data for name, data in files(whole).items() if not name.startswith(("house.db", "."))}
    request.addfinalizer((killer := _Killer(backup)).end)
    steps = killer.restore(tmp_path / "count", 0)
    assert steps > 60
    ends = set()
    last = range(steps - 20, steps + 1, 2)  # the decision and the moves
    for at in [*chance.sample(range(1, steps - 20), 3), *last]:
        data = tmp_path / f"killed-{at}"
        killer.restore(data, at)
        if data.is_dir():
            finish(data)
        there = files(data) if data.is_dir() else {}
        there.pop(".hearthwatch-run.lock", None)
        if there:
            assert {name: found for name, found in there.items() if not name.startswith("house.db")} == wanted, at
            assert told(data) == [("in the log only",)]
        else:
            bring_back(backup, data)
            assert told(data) == [("in the log only",)]
        ends.add(bool(there))
        shutil.rmtree(data)
    assert ends == {False, True}


_CHILD = """
import os, signal, sys
from pathlib import Path
from hearthwatch.kit.secrets import Secret
from hearthwatch.run.backup_file import BackupFile
from hearthwatch.run.restore import restore
path, identity = Path(sys.argv[1]), Secret(sys.stdin.readline().strip())
CHANGES = {"open", "os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.chown"}
for line in sys.stdin:
    data, at = Path(line.rpartition(" ")[0]), int(line.rpartition(" ")[2])
    count = 0
    child = os.fork()
    if child == 0:
        def hook(event, arguments):
            global count
            if event in CHANGES and str(data) in str(arguments):
                count += 1
                if count == at:
                    os.kill(os.getpid(), signal.SIGKILL)
        sys.addaudithook(hook)
        restore(BackupFile(path), (identity,), data / "hearthwatch.toml", data)
        os.write(1, f"{count}\\n".encode())
        os._exit(0)
    if os.waitpid(child, 0)[1]:
        os.write(1, b"0\\n")
"""


class _Killer:
    """A process whose forks restore, and die at a step."""

    def __init__(self, backup: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", _CHILD, str(backup)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
        )
        self._say(PAIR.identity.reveal())

    def _say(self, line: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()

    def restore(self, data: Path, at: int) -> int:
        """Return how many steps there were, 0 when it died at step `at`."""
        self._say(f"{data} {at}")
        assert self._process.stdout is not None
        return int(self._process.stdout.readline())

    def end(self) -> None:
        self._process.communicate()
