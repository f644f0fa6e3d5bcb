"""COR10: what lies on the disk, damaged: index, write-ahead log, files of footage, secrets, the house's database, configurations."""

from __future__ import annotations

import hashlib
import json
import os
import random
import shutil
import sqlite3
import struct
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

from hearthwatch.kit.clock import FakeClock
from hearthwatch.kit.secrets import Secrets
from hearthwatch.kit.units import WallUs
from hearthwatch.recording.index import IndexReader
from hearthwatch.recording.repair import reconcile
from hearthwatch.recording.store import STORE_FILE, open_store
from hearthwatch.recording.verify import verify
from hearthwatch.run import frigate_config, motion_config
from hearthwatch.run.house_db import open_house_db
from tests.corpora.frame import CANARY, Case, Corpus, Skip, Terms, mutations
from tests.fuzz import seeds
from tests.fuzz.targets import try_one
from tests.recording.conftest import Bench
from tests.recording.packet_maker import START_US

Damage = Callable[[Path, random.Random], object]
_LATER_US = WallUs(START_US + 3_600_000_000)


def _first(root: Path) -> Path:
    return min((root / "footage" / "front" / "main").glob("*.mp4"))


def _second(root: Path) -> Path:
    return sorted((root / "footage" / "front" / "main").glob("*.mp4"))[1]


def _index(root: Path) -> Path:
    return root / "data" / "index.db"


def _flip(path: Path, rng: random.Random, count: int, start: int = 0) -> None:
    data = bytearray(path.read_bytes())
    for _ in range(count):
        data[rng.randrange(min(start, len(data) - 1), len(data))] ^= 1 << rng.randrange(8)
    path.write_bytes(data)


def _zero(path: Path, start: int, length: int) -> None:
    data = bytearray(path.read_bytes())
    data[start : start + length] = bytes(len(data[start : start + length]))
    path.write_bytes(data)


def _sql(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path)) as sql:
        sql.execute("PRAGMA foreign_keys=OFF")
        for one in statements:
            sql.execute(one)
        sql.commit()
        sql.execute("PRAGMA wal_checkpoint(TRUNCATE)")


_BROKEN_SCHEMA = "UPDATE sqlite_master SET sql = 'CREATE TABLE x ' || CAST(x'ce28ff' AS TEXT) || ' (('"
"""What SQLite says of it holds the broken bytes."""


def _label(path: Path, before: bytes, after: bytes) -> None:
    """Change the label of a file in place, so that no box moves."""
    data = path.read_bytes()
    assert before in data
    assert len(before) == len(after)
    path.write_bytes(data.replace(before, after, 1))


def _instead(path: Path, make: Callable[[Path], object]) -> None:
    path.unlink()
    make(path)


def _link(path: Path, target: str) -> None:
    path.unlink(missing_ok=True)
    path.symlink_to(target)


def states() -> dict[str, Damage]:
    """Sixty and more ways in which the footage folder and its index can be found."""
    found: dict[str, Damage] = {
        "index: empty": lambda root, _: _index(root).write_bytes(b""),
        "index: text": lambda root, _: _index(root).write_text("not a database at all, but text" * 500),
        "index: gone": lambda root, _: _index(root).unlink(),
        "index: a folder": lambda root, _: (_index(root).unlink(), _index(root).mkdir()),
        "index: a link to nothing": lambda root, _: _link(_index(root), "/nowhere/index.db"),
        "index: half": lambda root, _: os.truncate(_index(root), _index(root).stat().st_size // 2),
        "index: one page": lambda root, _: os.truncate(_index(root), 4096),
        "index: 100 bytes": lambda root, _: os.truncate(_index(root), 100),
        "index: odd size": lambda root, _: os.truncate(_index(root), _index(root).stat().st_size - 17),
        "index: twice its size": lambda root, _: os.truncate(_index(root), 2 * _index(root).stat().st_size),
        "index: header of zeros": lambda root, _: _zero(_index(root), 0, 100),
        "index: page 2 of zeros": lambda root, _: _zero(_index(root), 4096, 4096),
        "index: all but the header zeros": lambda root, _: _zero(_index(root), 100, 1 << 20),
        "index: of a newer release": lambda root, _: _sql(_index(root), "UPDATE alembic_version SET version_num = '9999'"),
        "index: of no release": lambda root, _: _sql(_index(root), "DELETE FROM alembic_version"),
        "index: a schema of broken text": lambda root, _: _sql(_index(root), "PRAGMA writable_schema=ON", _BROKEN_SCHEMA),
        "index: no segments table": lambda root, _: _sql(_index(root), "DROP TABLE segments"),
        "index: no gaps table": lambda root, _: _sql(_index(root), "DROP TABLE gaps"),
        "index: no stores": lambda root, _: _sql(_index(root), "DELETE FROM stores"),
        "index: two disks in use": lambda root, _: _sql(_index(root), "INSERT INTO stores (uuid, first_seen_us, in_use) VALUES ('x', 1, 1)"),
        "index: no runs": lambda root, _: _sql(_index(root), "DELETE FROM runs"),
        "index: runs of nonsense": lambda root, _: _sql(_index(root), "UPDATE runs SET info = x'ff00'"),
        "index: giant times": lambda root, _: _sql(_index(root), "UPDATE segments SET start_us = 9223372036854775807"),
        "index: negative times": lambda root, _: _sql(_index(root), "UPDATE segments SET start_us = -9223372036854775808"),
        "index: giant sizes": lambda root, _: _sql(_index(root), "UPDATE segments SET size_bytes = 9223372036854775807"),
        "index: lengths below zero": lambda root, _: _sql(_index(root), "UPDATE segments SET duration_us = -5"),
        "index: texts for numbers": lambda root, _: _sql(_index(root), "UPDATE segments SET frames = 'many', keyframes = 'few'"),
        "index: a state nobody knows": lambda root, _: _sql(_index(root), "UPDATE segments SET state = 'odd'"),
        "index: a camera that goes up": lambda root, _: _sql(_index(root), "UPDATE segments SET camera = '../../x' WHERE id = (SELECT min(id) FROM segments)"),
        "index: all unfinished": lambda root, _: _sql(_index(root), "UPDATE segments SET state = 'recording'"),
        "index: all garbage but there": lambda root, _: _sql(_index(root), "UPDATE segments SET state = 'garbage' WHERE id < 0"),
        "index: a trigger": lambda root, _: _sql(_index(root), "CREATE TRIGGER t AFTER INSERT ON stores BEGIN SELECT RAISE(ABORT, 'no'); END"),
        "log: noise": lambda root, rng: Path(f"{_index(root)}-wal").write_bytes(rng.randbytes(50_000)),
        "log: of another database": lambda root, _: Path(f"{_index(root)}-wal").write_bytes(struct.pack(">8I", 0x377F0682, 3007000, 4096, 0, 1, 2, 3, 4) + bytes(4120)),
        "log: a folder": lambda root, _: Path(f"{_index(root)}-wal").mkdir(),
        "log: shared memory of noise": lambda root, rng: Path(f"{_index(root)}-shm").write_bytes(rng.randbytes(32_768)),
        "log: a rollback journal": lambda root, rng: Path(f"{_index(root)}-journal").write_bytes(b"\xd9\xd5\x05\xf9\x20\xa1\x63\xd7" + rng.randbytes(4096)),
        "disk: its name gone": lambda root, _: (root / "footage" / STORE_FILE).unlink(),
        "disk: another name": lambda root, _: (root / "footage" / STORE_FILE).write_text("8b9d6d3e-0000-4000-8000-000000000000\n"),
        "disk: a name of nonsense": lambda root, _: (root / "footage" / STORE_FILE).write_bytes(b"\xff\xfe\0"),
        "disk: a name of 10 MB": lambda root, _: (root / "footage" / STORE_FILE).write_bytes(b"a" * 10_000_000),
        "disk: a name that is a folder": lambda root, _: ((root / "footage" / STORE_FILE).unlink(), (root / "footage" / STORE_FILE).mkdir()),
        "disk: the lock is a folder": lambda root, _: ((root / "footage" / ".hearthwatch-lock").unlink(), (root / "footage" / ".hearthwatch-lock").mkdir()),
        "file: gone": lambda root, _: _first(root).unlink(),
        "file: empty": lambda root, _: os.truncate(_first(root), 0),
        "file: 10 bytes": lambda root, _: os.truncate(_first(root), 10),
        "file: half": lambda root, _: os.truncate(_first(root), _first(root).stat().st_size // 2),
        "file: zeros at its end": lambda root, _: _zero(_first(root), _first(root).stat().st_size - 3000, 3000),
        "file: zeros": lambda root, _: _zero(_first(root), 0, 1 << 24),
        "file: another's content": lambda root, _: _first(root).write_bytes(_second(root).read_bytes()),
        "file: a link outside": lambda root, _: _link(_first(root), "/etc/passwd"),
        "file: a link to itself": lambda root, _: _link(_first(root), _first(root).name),
        "file: a folder": lambda root, _: _instead(_first(root), Path.mkdir),
        "file: a pipe": lambda root, _: _instead(_first(root), os.mkfifo),
        "stranger: noise": lambda root, rng: (_first(root).with_name("000000000900.mp4")).write_bytes(rng.randbytes(5000)),
        "stranger: a pipe": lambda root, _: os.mkfifo(_first(root).with_name("000000000901.mp4")),
        "stranger: a link outside": lambda root, _: _link(_first(root).with_name("000000000902.mp4"), "/etc/passwd"),
        "stranger: a folder": lambda root, _: _first(root).with_name("000000000903.mp4").mkdir(),
        "stranger: a copy": lambda root, _: shutil.copyfile(_first(root), _first(root).with_name("000000000904.mp4")),
        "stranger: the largest number": lambda root, _: shutil.copyfile(_first(root), _first(root).with_name("999999999999.mp4")),
        "stranger: names of all kinds": lambda root, _: [(_first(root).parent / name).write_bytes(b"x") for name in ("-1.mp4", "a.mp4", "\u0661" * 12 + ".mp4", " .mp4", "x" * 200)],
        "stranger: another camera's folder": lambda root, _: (root / "footage" / "Not A Camera" / "main").mkdir(parents=True),
        "stranger: a camera that is a link": lambda root, _: _link(root / "footage" / "zoo", "/etc"),
        "label: no ticks": lambda root, _: (_label(_first(root), b'"ticks_per_s":90000', b'"ticks_per_s":0    '), _index(root).unlink()),
        "label: ticks below zero": lambda root, _: (_label(_first(root), b'"ticks_per_s":90000', b'"ticks_per_s":-9000'), _index(root).unlink()),
        "label: another camera": lambda root, _: (_label(_first(root), b'"camera":"front"', b'"camera":"../xx"'), _index(root).unlink()),
        "label: a time before all times": lambda root, _: (_restart(_first(root), -(10**15)), _index(root).unlink()),
        "label: a time after all times": lambda root, _: (_restart(_first(root), 9 * 10**15), _index(root).unlink()),
    }  # fmt: skip
    found |= {
        f"index: {count} bits flipped, {turn}": lambda root, rng, count=count: _flip(_index(root), rng, count, 100)
        for count in (1, 20, 300)
        for turn in range(3)
    }
    found |= {
        f"file: bits flipped and no index, {turn}": lambda root, rng: (_flip(_first(root), rng, 200), _index(root).unlink())
        for turn in range(6)
    }
    found |= {f"file: bits of its head flipped, unfinished, {turn}": lambda root, rng: (
        _head_flipped(_first(root), rng), _sql(_index(root), "UPDATE segments SET state = 'recording'")) for turn in range(8)}  # fmt: skip
    return found


def _head_flipped(path: Path, rng: random.Random) -> None:
    data = bytearray(path.read_bytes())
    for _ in range(3):
        data[rng.randrange(400)] ^= 1 << rng.randrange(8)
    path.write_bytes(data)


def _restart(path: Path, start_us: int) -> None:
    data = path.read_bytes()
    at = data.index(b'"start_us":') + 11
    end = data.index(b",", at)
    path.write_bytes(data[:at] + str(start_us).encode()[: end - at].rjust(end - at) + data[end:])


def made_footage(root: Path) -> dict[str, str]:
    """Record three files of two cameras; return the hash of each file by its path below the footage folder."""
    bench = Bench(root)
    bench.record(13)
    bench.record(6, camera="yard", start_us=START_US)
    bench.close()
    return {str(path.relative_to(root / "footage")): _sum(path) for path in (root / "footage").rglob("*.mp4")}


def _sum(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def start(model: Path, folder: Path, damage: Damage, rng: random.Random, sums: dict[str, str]) -> str:
    """Damage a copy and start: it opens or says why not; whole files stay, word for word, where they were or set aside."""
    root = folder / "now"
    shutil.copytree(model, root, symlinks=True)
    try:
        damage(root, rng)
        touched = {path for path in sums if not _is_whole(root / "footage" / path, sums[path])}
        passwd = _sum(Path("/etc/passwd"))
        try:
            return _started(root)
        finally:
            there = {_sum(path) for path in (root / "footage").rglob("*") if path.is_file() and not path.is_symlink()}
            lost = {path for path in sums if path not in touched and sums[path] not in there}
            assert not lost, f"files that were whole are gone: {sorted(lost)}"
            assert _sum(Path("/etc/passwd")) == passwd
    finally:
        shutil.rmtree(root)


def _is_whole(path: Path, wanted: str) -> bool:
    return path.is_file() and not path.is_symlink() and _sum(path) == wanted


def _started(root: Path) -> str:
    clock = FakeClock(wall_us=_LATER_US)
    index = root / "data" / "index.db"
    store = open_store(root / "footage", index, clock)
    try:
        for _ in reconcile(store.folder, store.index):
            pass
        with IndexReader(index) as reader:
            report = verify(store.folder, reader, now_us=_LATER_US, deep=True)
        return f"{store.repaired} {store.is_new} {[one.flaw for one in report.findings]} {report.notes}"
    finally:
        store.close()


def secrets_damage() -> dict[str, Damage]:
    def sealed(root: Path) -> Path:
        return root / "secrets.sealed"

    return {
        "sealed: empty": lambda root, _: sealed(root).write_bytes(b""),
        "sealed: half": lambda root, _: os.truncate(sealed(root), sealed(root).stat().st_size // 2),
        "sealed: noise": lambda root, rng: sealed(root).write_bytes(rng.randbytes(500)),
        "sealed: one bit": lambda root, rng: _flip(sealed(root), rng, 1),
        "sealed: head alone": lambda root, _: os.truncate(sealed(root), 20),
        "sealed: JSON in clear": lambda root, _: sealed(root).write_text(json.dumps({"camera.front.password": CANARY})),
        "sealed: a folder": lambda root, _: (sealed(root).unlink(), sealed(root).mkdir()),
        "sealed: of 50 MB": lambda root, _: os.truncate(sealed(root), 50 << 20),
        "key: gone": lambda root, _: (root / "secrets.key").unlink(),
        "key: empty": lambda root, _: (root / "secrets.key").write_bytes(b""),
        "key: another": lambda root, rng: (root / "secrets.key").write_bytes(rng.randbytes((root / "secrets.key").stat().st_size)),
        "key: text": lambda root, _: (root / "secrets.key").write_text("password\n"),
        "key: a link outside": lambda root, _: _link(root / "secrets.key", "/etc/passwd"),
    }  # fmt: skip


def open_secrets(folder: Path, damage: Damage, rng: random.Random) -> str:
    root = folder / "secrets"
    root.mkdir()
    try:
        Secrets(root).set("camera.front.password", CANARY)
        damage(root, rng)
        found = Secrets(root).get("camera.front.password")
        return "nothing" if found is None else "opened"
    finally:
        shutil.rmtree(root)


def house_damage() -> dict[str, Damage]:
    def db(root: Path) -> Path:
        return root / "house.db"

    return {
        "house: empty": lambda root, _: db(root).write_bytes(b""),
        "house: a schema of broken text": lambda root, _: _sql(db(root), "PRAGMA writable_schema=ON", _BROKEN_SCHEMA),
        "house: half": lambda root, _: os.truncate(db(root), db(root).stat().st_size // 2),
        "house: noise": lambda root, rng: db(root).write_bytes(rng.randbytes(100_000)),
        "house: header of zeros": lambda root, _: _zero(db(root), 0, 100),
        "house: page 3 of zeros": lambda root, _: _zero(db(root), 8192, 4096),
        "house: of a newer release": lambda root, _: _sql(db(root), "UPDATE alembic_version SET version_num = '9999'"),
        "house: no release": lambda root, _: _sql(db(root), "DELETE FROM alembic_version"),
        "house: tables gone": lambda root, _: _sql(db(root), "DROP TABLE IF EXISTS sessions"),
        "house: log of noise": lambda root, rng: Path(f"{db(root)}-wal").write_bytes(rng.randbytes(50_000)),
        "house: 300 bits": lambda root, rng: _flip(db(root), rng, 300, 100),
        "house: a folder": lambda root, _: (db(root).unlink(), db(root).mkdir()),
    }  # fmt: skip


def open_house(model: Path, folder: Path, damage: Damage, rng: random.Random) -> str:
    root = folder / "house"
    shutil.copytree(model, root)
    try:
        damage(root, rng)
        found = open_house_db(root, FakeClock(wall_us=_LATER_US))
        found.engine.dispose()
        return found.rescued
    finally:
        shutil.rmtree(root)


_CAMERA = '[camera.front]\nmain = "rtsp://192.0.2.7/x"\n'
CONFIGURATIONS = (
    *(_CAMERA * 2, _CAMERA + 'main = "rtsp://192.0.2.8/x"\n', "[camera]\nfront = 1\n" + _CAMERA, "[camera.front]\n[camera.front]\n", "camera = 5\n", "camera = []\n"),
    *(f"[home]\nname = {value}\n" for value in ("1", "true", "[]", "{}", "1979-05-27T07:32:00Z", "inf", "nan", '"' + "x" * 5000 + '"', '""', '"\\u0000"', '"a\\nb"', "'''\na\n'''", "-0.0")),
    *(f"[web]\nport = {value}\n" for value in ("-1", "0", "65536", "1e400", "0x1F90", "0o17", "0b1", "8080.0", '"8080"', "9" * 400, "1_000", "+8080", "true", "[8080]")),
    *(f"[storage]\nsegment_s = {value}\n" for value in ("0", "-5", "nan", "inf", "1e308", '"60"', "[]", "9" * 5000)),
    *(f"[camera.front]\nmain = {value}\n" for value in ("1", "[]", "{}", '""', '"x"', '"rtsp://"', '"rtsp://[::1"', '"rtsp://h:99999/"', '"rtsp://u:canary-Xk4711-Secret@192.0.2.7/x"', '"file:///etc/shadow"', '"http://192.0.2.7/\\u202e"')),
    *(f'[camera."{name}"]\nmain = "rtsp://192.0.2.7/x"\n' for name in ("", "..", "a/b", "A", "x" * 33, "a b", "a\\u0000b", "__proto__", "front.main", "\u0661", "-", "con")),
    "[" * 3000, "a = " + "[" * 5000, "a = " + "{a = " * 200, "[a" + ".b" * 3000 + "]\n", "a = 1\n" * 2, "\0", "\ufeff[home]\n", "[home]\rname = 1\r", "= 1\n", "[]\n", "[[camera]]\n",
    "a" * 100_000, "# " + "x" * 200_000 + "\n", "\n" * 100_000, 'a = """' + "x" * 100_000, "a = '\\ud800'\n", 'a = "\\ud800"\n', "a = 0000-00-00\n", "a = 99999-99-99T99:99:99\n", "a.b.c = 1\na.b = 2\n",
    "".join(f'[camera.c{number}]\nmain = "rtsp://192.0.2.7/x"\n' for number in range(300)), "".join(f"x{number} = 1\n" for number in range(5000)),
    '[alerts.telegram]\ntoken = "canary-Xk4711-Secret"\n', '[camera.front]\npassword = "canary-Xk4711-Secret"\n', '[alerts.email]\npassword = "canary-Xk4711-Secret"\n',
)  # fmt: skip


def yamls() -> dict[str, str]:
    """What people, or whoever gave them a file, hand to the takeover of a Frigate configuration."""
    laughs = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n" + "".join(
        f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 9)
    )
    merges = "b0: &b0 {x0: 1}\n" + "".join(
        f"b{n}: &b{n}\n  <<: [{', '.join([f'*b{n - 1}'] * 9)}]\n  x{n}: 1\n" for n in range(1, 9)
    )
    return {
        "alias bomb": laughs + "cameras: *a8\n",
        "alias bomb as cameras": laughs + "cameras:\n  front: *a8\n",
        "merge bomb": merges + "cameras: *b8\n",
        "itself": "cameras: &a\n  front: *a\n",
        "itself in a list": "cameras:\n  front:\n    ffmpeg: &a {inputs: [*a]}\n",
        "tags that run": "cameras: !!python/object/apply:os.system ['touch /tmp/x']\n",
        "deep": "cameras: " + "[" * 5000 + "]" * 5000,
        "deep maps": "cameras: " + "{a: " * 3000 + "}" * 3000,
        "types": "cameras: 5\nmqtt: []\nrecord: {enabled: {}}\ngo2rtc: {streams: [1]}\n",
        "cameras of all kinds": "cameras: {1: {}, null: {}, true: {}, 1.5: {}, 2020-01-01: {}, [a]: {}}\n",
        "numbers": "cameras: {front: {detect: {width: .inf, height: .nan, fps: 1e400}, zones: {a: {coordinates: 1}}, ffmpeg: {inputs: [{path: 1}, 5, null]}}}\n",
        "a password": f"cameras: {{front: {{ffmpeg: {{inputs: [{{path: 'rtsp://u:{CANARY}@192.0.2.7/x', roles: 5}}]}}}}}}\n",
        "NUL": "cameras: \0\n",
        "tabs": "\tcameras: {}\n",
        "keys twice": "cameras: {front: {}, front: {}}\n",
        "1 MB of text": "cameras: '" + "x" * 1_000_000 + "'\n",
        "base 60": "cameras: {front: {detect: {width: 1:2:3:4:5:6}}}\n",
        "long numbers": "cameras: {front: {detect: {width: " + "9" * 6000 + "}}}\n",
    }


def motions() -> dict[str, bytes]:
    """And of motion's configuration files."""
    return {
        "empty": b"",
        "noise": bytes(range(256)) * 50,
        "itself": b"camera /proc/self/fd/0\nthread /dev/stdin\ncamera HERE\n",
        "threshold of superscripts": "threshold \u00b2\nwidth \u00b2\nheight \u00b2\nnetcam_url rtsp://192.0.2.7/x\n".encode(),
        "threshold of 6000 digits": b"threshold " + b"9" * 6000 + b"\nwidth 640\nheight 480\nnetcam_url rtsp://192.0.2.7/x\n",
        "size of 6000 digits": b"threshold 1500\nwidth " + b"9" * 6000 + b"\nheight 480\nnetcam_url rtsp://192.0.2.7/x\n",
        "size of zero": b"threshold 1500\nwidth 0\nheight 0\nnetcam_url rtsp://192.0.2.7/x\n",
        "a password": f"netcam_url rtsp://192.0.2.7/x\nnetcam_userpass u:{CANARY}\n".encode(),
        "a mask elsewhere": b"netcam_url rtsp://192.0.2.7/x\nmask_file /etc/passwd\n",
        "a mask that never ends": b"netcam_url rtsp://192.0.2.7/x\nmask_file /dev/zero\n",
        "many lines": b"netcam_url rtsp://192.0.2.7/x\n" * 50_000,
        "a line of 1 MB": b"netcam_url rtsp://192.0.2.7/" + b"x" * 1_000_000 + b"\n",
    }


def read_motion(folder: Path, data: bytes) -> str:
    path = folder / "motion.conf"
    path.write_bytes(data.replace(b"HERE", str(path).encode()))
    return str(motion_config.read(path)).replace(CANARY, "…")


def cases(terms: Terms) -> Iterator[Case | Skip]:
    folder = terms.folder_for("state")
    model = folder / "model"
    sums = made_footage(model)
    assert len(sums) >= 4
    every = states()
    for name in terms.few(every, 8):
        rng = terms.random(name)
        yield Case(
            name=f"start, {name}", play=lambda name=name, rng=rng: start(model, folder, every[name], rng, sums), cpu_s=4.0
        )
    for name, damage in secrets_damage().items():
        rng = terms.random(name)
        yield Case(name=f"secrets, {name}", play=lambda damage=damage, rng=rng: open_secrets(folder, damage, rng))
    if not terms.brief:
        house = folder / "model-house"
        house.mkdir()
        open_house_db(house, FakeClock(wall_us=_LATER_US)).engine.dispose()
        _sql(house / "house.db", "PRAGMA journal_mode=DELETE")
        for name, damage in house_damage().items():
            rng = terms.random(name)
            yield Case(
                name=f"database, {name}", play=lambda damage=damage, rng=rng: open_house(house, folder, damage, rng), cpu_s=10.0
            )
    for number, text in enumerate(terms.few(CONFIGURATIONS, 20)):
        yield Case(
            name=f"configuration: {number} {text[:40]!r}",
            play=lambda text=text: try_one("config", text.encode("utf-8", "replace")),
            cpu_s=1.5,
        )
    given = [*seeds.made("config"), *(text.encode() for text in CONFIGURATIONS[:30])]
    for name, data in mutations(terms, "configuration hurt", given):
        yield Case(name=name, play=lambda data=data: try_one("config", data), cpu_s=1.0)
    for name, text in yamls().items():
        yield Case(
            name=f"Frigate's: {name}", play=lambda text=text: str(frigate_config.read(text, {})).replace(CANARY, "…"), cpu_s=2.0
        )
    for name, data in motions().items():
        yield Case(name=f"motion's: {name}", play=lambda data=data: read_motion(folder, data), cpu_s=2.0)


CORPUS = Corpus(id="COR10", what="State damaged: index, footage, secrets, databases, configurations", cases=cases)
