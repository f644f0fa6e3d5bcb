"""What is left when the box is gone: the target alone and the owner's identity, through the commands."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Callable
from datetime import UTC
from pathlib import Path

import pytest
from tests.offsite.far_ends import NAME, at_once, folder_target

from hearthwatch.cli.app import run
from hearthwatch.feeds.packet import Stream
from hearthwatch.kit.clock import SystemClock
from hearthwatch.kit.units import US_PER_S, CameraId, WallUs
from hearthwatch.offsite.manifest import Head, head_after
from hearthwatch.offsite.names import keep_note, manifest_name
from hearthwatch.offsite.pack import Packing, pack
from hearthwatch.offsite.seal import new_pair
from hearthwatch.offsite.upload import Piece, PieceKind
from hearthwatch.recording.segment import FootageClass

pytestmark = pytest.mark.wired

NOW = WallUs(1_795_269_802 * US_PER_S)
DAY_US = 86_400 * US_PER_S
PAIR = new_pair()


class Scene:
    """A folder target that a house has sent pieces to; nothing of the house is left."""

    def __init__(self, folder: Path, *, sealed: bool) -> None:
        self.root = folder / "mounted"
        self.out = folder / "restored"
        self.identity = folder / "identity.txt"
        self.identity.write_text(f"{PAIR.identity.reveal()}\n")
        self.sent: dict[str, bytes] = {}
        self._target = folder_target(self.root)
        self._heads: dict[CameraId, Head] = {}
        self._packing = Packing(
            target=NAME,
            sealed=sealed,
            recipients=(PAIR.recipient,),
            folder=folder,
            zone=UTC,
            is_free=lambda name: name not in self.sent,
            chance=os.urandom,
        )

    def send(self, camera: str, age_us: int, *, kind: PieceKind = PieceKind.SEGMENT, pinned: bool = False) -> str:
        data = os.urandom(100_000)
        piece = Piece(
            kind=kind,
            camera=CameraId(camera),
            stream=Stream.MAIN,
            start_us=WallUs(NOW - age_us),
            end_us=WallUs(NOW - age_us + 60 * US_PER_S),
            size_bytes=len(data),
            sha256=b"",
            footage_class=FootageClass.EVENT,
            pinned=pinned,
        )
        packed = pack(piece, lambda: iter((data,)), self._packing, self._heads)
        self._heads[piece.camera] = head_after(packed.manifest)
        for one in packed.parcels:
            asyncio.run(self._target.put(one, at_once))
        self.sent[packed.name] = data
        return packed.name


@pytest.fixture(params=[True, False], ids=["sealed", "plain"])
def scene(request: pytest.FixtureRequest, tmp_path: Path) -> Scene:
    made = Scene(tmp_path, sealed=request.param)
    for minute in range(4):
        for camera in ("front", "back"):
            made.send(camera, (10 - minute) * 60 * US_PER_S)
    made.send("front", 0, kind=PieceKind.PICTURE)
    return made


@pytest.fixture
def command(
    scene: Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str]]:
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")  # neither a data folder nor a configuration
    monkeypatch.setattr(SystemClock, "wall_us", lambda _self: NOW)

    def call(*words: str, to: str = "offsite") -> tuple[int, str]:
        code = run([to, words[0], str(scene.root), *words[1:]])
        shown = capsys.readouterr()
        return code, shown.out + shown.err

    return call


def test_sec_10_everything_is_restored_from_the_target_alone(scene: Scene, command: Callable[..., tuple[int, str]]) -> None:
    code, text = command("restore", "-i", str(scene.identity), "-o", str(scene.out))
    assert code == 0, text
    assert "9 files restored" in text
    restored = [path.read_bytes() for path in scene.out.rglob("*") if path.is_file()]
    assert sorted(restored) == sorted(scene.sent.values())
    assert {path.name for path in scene.out.iterdir()} == {"front", "back"}
    assert len(list(scene.out.rglob("*.jpg"))) == 1
    code, text = command("restore", "-i", str(scene.identity), "-o", str(scene.out))
    assert (code, "0 files restored" in text) == (0, True)


def test_only_what_was_asked_for_is_restored(scene: Scene, command: Callable[..., tuple[int, str]]) -> None:
    words = ("--camera", "back", "--from", "2026-11-21T13:54Z", "--to", "2026-11-21T13:55Z")
    code, text = command("restore", "-i", str(scene.identity), "-o", str(scene.out), *words)
    assert code == 0, text
    assert [path.name for path in scene.out.iterdir()] == ["back"]
    code, text = command("list", "-i", str(scene.identity), "--json", "--camera", "back")
    assert [json.loads(line)["number"] for line in text.splitlines()] == [1, 2, 3, 4]


def test_what_is_whole_is_found_whole(scene: Scene, command: Callable[..., tuple[int, str]]) -> None:
    assert command("verify", "-i", str(scene.identity)) == (0, "9 pieces looked at, 0 wrong\n")


def test_sec_10_a_piece_that_was_removed_swapped_or_altered_is_named(
    scene: Scene, command: Callable[..., tuple[int, str]], tmp_path: Path
) -> None:
    names = list(scene.sent)
    front = names[2]  # the second of the front door
    path = scene.root / front
    kept = path.read_bytes()

    path.unlink()
    code, text = command("verify", "-i", str(scene.identity))
    assert (code, front in text, "missing" in text, "1 wrong" in text) == (1, True, True, True), text

    path.write_bytes(kept[:-1] + bytes((kept[-1] ^ 1,)))
    code, text = command("verify", "-i", str(scene.identity))
    assert (code, front in text, "altered" in text, "1 wrong" in text) == (1, True, True, True), text

    other = scene.root / names[4]
    path.write_bytes(other.read_bytes())
    other.write_bytes(kept)
    code, text = command("verify", "-i", str(scene.identity))
    assert (code, front in text, names[4] in text) == (1, True, True), text


def test_a_chain_that_ends_too_early_is_told_by_another_camera(scene: Scene, command: Callable[..., tuple[int, str]]) -> None:
    names = list(scene.sent)
    for name in (names[6], names[8]):  # the last of the front door, and its picture; the back door's last came between
        (scene.root / name).unlink()
        (scene.root / manifest_name(name)).unlink(missing_ok=True)
    code, text = command("verify", "-i", str(scene.identity))
    assert (code, "missing" in text, "of front" in text) == (1, True, True), text


def test_without_the_right_identity_nothing_opens(
    scene: Scene, command: Callable[..., tuple[int, str]], tmp_path: Path
) -> None:
    wrong = tmp_path / "wrong.txt"
    wrong.write_text(new_pair().identity.reveal())
    code, text = command("restore", "-i", str(wrong), "-o", str(scene.out))
    if scene._packing.sealed:
        assert (code, "somebody else" in text, scene.out.exists()) == (1, True, False)
    else:
        assert code == 0
    code, text = command("list")
    assert (code, "--identity" in text) == ((2, True) if scene._packing.sealed else (0, False))
    code, text = command("restore", "-i", str(tmp_path / "none"), "-o", str(scene.out))
    assert code == 2
    assert "Traceback" not in text


def test_pruning_goes_by_the_rules_and_leaves_what_is_kept(scene: Scene, command: Callable[..., tuple[int, str]]) -> None:
    old = scene.send("front", 100 * DAY_US)
    noted = scene.send("front", 101 * DAY_US)
    pinned = scene.send("back", 102 * DAY_US, pinned=True)
    note = scene.root / keep_note(noted)
    note.parent.mkdir(parents=True)
    note.write_text("kept")
    (scene.root / "holiday.jpg").write_bytes(b"not ours")
    code, text = command("prune", "--event-days", "90", "--dry-run", to="target")
    assert (code, old in text, (scene.root / old).exists()) == (0, True, True)
    code, text = command("prune", "--event-days", "90", to="target")
    assert (code, "1 piece deleted" in text) == (0, True), text
    assert not (scene.root / old).exists()
    assert (scene.root / noted).exists()
    assert (scene.root / pinned).exists()
    assert (scene.root / "holiday.jpg").exists()
    code, text = command("verify", "-i", str(scene.identity))
    assert code == 0, text
    code, text = command("prune", "--max-gib", "0.0000001", "--event-days", "0", to="target")
    assert "9 pieces deleted" in text
    assert len([name for name in scene.sent if (scene.root / name).exists()]) == 2


def test_a_bucket_is_told_the_same_rules(scene: Scene, command: Callable[..., tuple[int, str]]) -> None:
    code, text = command("prune", "--lifecycle", "--continuous-days", "3.5", "--event-days", "0", to="target")
    rules = {rule["Filter"]["Prefix"]: rule.get("Expiration") for rule in json.loads(text)["Rules"]}
    assert code == 0
    assert rules == {"brief/": {"Days": 4}, "continuous/": {"Days": 4}, "motion/": {"Days": 30}, "": None}


def test_a_pair_of_keys_is_made_and_not_kept(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(["offsite", "keygen", "-o", "identity.txt"]) == 0
    shown = capsys.readouterr().out
    assert "AGE-SECRET" not in shown
    assert "age1" in shown
    assert (tmp_path / "identity.txt").stat().st_mode & 0o777 == 0o600
    assert run(["offsite", "keygen", "-o", "identity.txt"]) == 1
    assert "left alone" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["identity.txt"]
    assert run(["offsite", "list", "nonsense"]) == 2
    assert "no target nonsense" in capsys.readouterr().err
