from __future__ import annotations

import errno
import hashlib
import json
import os
import subprocess
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import av
import pytest
from tests.cli.conftest import START_US, Home, HouseBench, moment

from hearthwatch.cli.export import _new_file
from hearthwatch.feeds.packet import Stream
from hearthwatch.health.clocks import ClockSeen, remember
from hearthwatch.kit.clock import FakeClock
from hearthwatch.kit.db import open_writer
from hearthwatch.kit.errors import StorageFailed, StorageFault
from hearthwatch.kit.units import US_PER_S, CameraId, WallUs
from hearthwatch.recording.segment import Span, StorageOptions
from hearthwatch.recording.selection import select_footage


def length_s(path: Path) -> float:
    with av.open(str(path)) as clip:
        return float(clip.duration / av.time_base)


def pinned(home: Home) -> list[bool]:
    with home.index() as index:
        found = index.segments(CameraId("front"), Stream.MAIN, WallUs(START_US), WallUs(START_US + 100 * US_PER_S))
    return [each.pinned for each in found]


def test_export_writes_a_clip_and_says_what_is_missing(home: Home) -> None:
    ran = home.run("export", "front", "--from", moment(10), "--to", moment(35), "-o", "clip.mp4")
    assert ran.code == 0
    first, gap = ran.out.splitlines()
    assert first.startswith("clip.mp4: 15 s of front, 2023-11-14 23:13:30 to 2023-11-14 23:13:55, ")
    assert gap == "  missing: 2023-11-14 23:13:40, for 10 s (network)"
    assert length_s(Path("clip.mp4")) == pytest.approx(15, abs=0.2)


def test_export_says_where_footage_begins_and_ends(home: Home) -> None:
    ran = home.run("export", "front", "--from", moment(-60), "--to", moment(10), "-o", "clip.mp4")
    assert ran.out.splitlines()[1:] == [
        "  missing: 2023-11-14 23:12:20, for 1 min (nothing was recorded yet, or it is deleted already)"
    ]
    late = home.run("export", "front", "--from", moment(32), "--to", moment(100), "-o", "late.mp4")
    (line,) = late.out.splitlines()[1:]
    assert line.startswith("  missing: 2023-11-14 23:13:58, for 1 min ")
    assert line.endswith("(network)")


def test_export_names_the_file_itself_in_a_folder_or_here(home: Home, tmp_path: Path) -> None:
    asked = ("export", "front", "--from", moment(1), "--to", "+4s")
    assert home.run(*asked).code == 0
    assert home.run(*asked, "-o", tmp_path).code == 0
    name = "front-20231114-231321.mp4"
    assert Path(name).read_bytes() == (tmp_path / name).read_bytes()


def test_export_as_json(home: Home) -> None:
    ran = home.run("export", "front", "--from", moment(10), "--to", moment(35), "-o", "clip.mp4", "--json")
    told = json.loads(ran.out)
    assert told["file"] == "clip.mp4"
    assert told["size_bytes"] == Path("clip.mp4").stat().st_size
    assert [(gap["reason"], gap["end_us"] - gap["start_us"]) for gap in told["gaps"]] == [("network", 10 * US_PER_S)]


def clip_and_text(home: Home, *argv: str) -> tuple[str, bytes, str]:
    ran = home.run("export", "front", "--from", moment(10), "--to", moment(35), "-o", "clip.mp4", *argv)
    assert ran.code == 0
    return ran.out, Path("clip.mp4").read_bytes(), Path("clip.txt").read_text()


def test_a_text_beside_the_clip_says_what_it_is_and_how_to_check_it(home: Home) -> None:
    _out, clip, text = clip_and_text(home)
    digest = hashlib.sha256(clip).hexdigest()
    assert f"sha256     {digest}\n" in text
    assert "asked for  2023-11-14 23:13:30.000 to 2023-11-14 23:13:55.000 (UTC+01:00)" in text
    assert "as the camera sent them: nothing was encoded anew" in text
    assert "its clock  was never compared with this machine's" in text
    assert "Missing in it:\n  2023-11-14 23:13:40" in text
    sources = [line for line in text.splitlines() if line.endswith("recorded live")]
    with home.index() as index:
        found = index.segments(CameraId("front"), Stream.MAIN, WallUs(START_US), WallUs(START_US + 100 * US_PER_S))
    found = [each for each in found if each.end_us > START_US + 10 * US_PER_S and each.start_us < START_US + 35 * US_PER_S]
    for line, segment in zip(sources, found, strict=True):
        file = home.data / "footage" / segment.path
        assert hashlib.sha256(file.read_bytes()).hexdigest() in line


def test_the_text_says_how_right_the_cameras_clock_was(home: Home) -> None:
    engine = open_writer(home.data / "house.db")
    with engine.begin() as connection:
        at_us = WallUs(START_US - 60 * US_PER_S)
        remember(connection, CameraId("front"), ClockSeen(at_us=at_us, off_us=-2_300_000))
    engine.dispose()
    assert "its clock  was 2.3 s behind this machine's at 2023-11-14 23:12:20.000" in clip_and_text(home)[2]


def test_a_broken_house_db_costs_what_is_known_of_the_clock_alone(home: Home) -> None:
    (home.data / "house.db").write_bytes(b"no database" * 1000)
    assert "its clock  was never compared" in clip_and_text(home)[2]


def test_a_text_that_is_there_already_is_left_alone(home: Home) -> None:
    Path("clip.txt").write_text("mine")
    ran = home.run("export", "front", "--from", moment(1), "--to", moment(5), "-o", "clip.mp4")
    assert (ran.code, Path("clip.txt").read_text()) == (1, "mine")
    assert not Path("clip.mp4").exists()


def test_several_cameras_go_into_one_zip_with_their_sums(home: Home, tmp_path: Path) -> None:
    ran = home.run("export", "front", "garden", "--from", moment(1), "--to", moment(9), "--zip", "case.zip")
    assert ran.code == 0
    assert ran.err == "there is no footage of garden from 2023-11-14 23:13:21 to 2023-11-14 23:13:29\n"
    with zipfile.ZipFile("case.zip") as box:
        assert box.testzip() is None
        assert box.namelist() == ["front-20231114-231321.mp4", "front-20231114-231321.txt", "MISSING.txt", "SHA256SUMS"]
        assert box.read("MISSING.txt").startswith(b"There is no footage of garden from 2023-11-14 23:13:21 to ")
        box.extractall(tmp_path / "case")
    checked = subprocess.run(
        ["sha256sum", "-c", "SHA256SUMS"], cwd=tmp_path / "case", capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, checked.stderr
    assert length_s(tmp_path / "case" / "front-20231114-231321.mp4") == pytest.approx(8, abs=0.2)


def test_several_cameras_go_into_a_folder(home: Home, tmp_path: Path) -> None:
    asked = ("export", "front", "garden", "--from", moment(1), "--to", moment(9))
    assert home.run(*asked, "-o", tmp_path).code == 0
    assert (tmp_path / "front-20231114-231321.txt").exists()
    assert not (tmp_path / "garden-20231114-231321.mp4").exists()
    ran = home.run(*asked, "-o", "one.mp4")
    assert ran.code == 2
    assert "several cameras make several files" in ran.err
    none = home.run("export", "garden", "front", "--from", moment(-500), "--to", moment(-400), "--zip", "no.zip")
    assert "there is no footage of garden, front from" in none.err
    assert (none.code, Path("no.zip").exists()) == (1, False)


@pytest.mark.wired
def test_the_time_is_burnt_in_when_asked(home: Home) -> None:
    out, clip, text = clip_and_text(home, "--burn-time")
    assert "encoded anew" in text
    assert f"sha256     {hashlib.sha256(clip).hexdigest()}\n" in text
    assert out.startswith("clip.mp4: 15 s of front, 2023-11-14 23:13:30 to ")
    with av.open("clip.mp4") as shown, home.index() as index:
        pictures = [frame.to_ndarray(format="gray") for frame in shown.decode(video=0)]
        span = Span(camera=CameraId("front"), stream=Stream.MAIN, start_us=WallUs(START_US), end_us=WallUs(START_US + US_PER_S))
        plain = select_footage(index, home.data / "footage", span).info.video
    assert pictures[0].shape == (plain.height_px, plain.width_px)
    corner = [picture[-12:, :150] for picture in pictures]
    assert all(one.min() < 40 and one.max() > 150 for one in corner), "white letters on black in every picture"
    assert len({one.tobytes() for one in corner}) > len(corner) // 2, "and the time goes on"


def test_export_overwrites_nothing(home: Home) -> None:
    Path("clip.mp4").write_text("mine")
    ran = home.run("export", "front", "--from", moment(1), "--to", moment(5), "-o", "clip.mp4")
    assert (ran.code, Path("clip.mp4").read_text()) == (1, "mine")
    assert "clip.mp4 is there already and was left alone" in ran.err


def test_export_without_footage_leaves_no_file(home: Home) -> None:
    ran = home.run("export", "front", "--from", moment(-500), "--to", moment(-400), "-o", "clip.mp4")
    assert ran.code == 1
    assert "there is no footage of front from 2023-11-14 23:05:00 to 2023-11-14 23:06:40" in ran.err
    assert not Path("clip.mp4").exists()


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (["export", "fron", "--from", "10m ago"], "there is no camera fron: did you mean front?"),
        (["keep", "fron", "--from", "10m ago"], "there is no camera fron: did you mean front?"),
        (["verify", "--camera", "fron"], "there is no camera fron: did you mean front?"),
        (["export", "zzz", "--from", "10m ago"], "there is no camera zzz: there are front, garden"),
        (["export", "front", "--from", "then"], "'then' is no time I understand"),
        (["export", "front", "--from", "14:00", "--to", "13:00"], "is not after --from"),
        (["export", "front"], "--from"),
        (["keep", "front"], "say from when: hearthwatch keep front --from"),
        (["keep"], "say one of"),
        (["keep", "front", "--list"], "say one of"),
        (["keep", "--drop", "x"], "valid integer"),
    ],
)
def test_what_is_not_understood_is_exit_code_2(empty_home: Home, argv: list[str], words: str) -> None:
    ran = empty_home.run(*argv)
    assert ran.code == 2
    assert words in " ".join(ran.err.replace("│", " ").split())


COMMANDS = [
    ["export", "front", "--from", "10m ago"],
    ["keep", "--list"],
    ["keep", "front", "--from", "10m ago"],
    ["verify"],
    ["status"],
    ["users", "list"],
]


@pytest.mark.parametrize("argv", COMMANDS, ids=" ".join)
def test_a_wrong_data_folder_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str], argv: list[str]) -> None:
    ran = Home(data=tmp_path / "nope", capsys=capsys).run(*argv)
    assert ran.code == 1
    assert f"there is no data folder {tmp_path}/nope" in ran.err
    assert not (tmp_path / "nope").exists()


@pytest.mark.parametrize("argv", COMMANDS, ids=" ".join)
def test_a_broken_configuration_is_named_with_its_line(empty_home: Home, argv: list[str]) -> None:
    (empty_home.data / "hearthwatch.toml").write_text("[storag]\n")
    ran = empty_home.run(*argv)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err == f'{empty_home.data}/hearthwatch.toml:1: storag: no such setting; did you mean "storage"?\n'


@pytest.mark.parametrize("argv", [["keep", "--list"], ["users", "list"]], ids=" ".join)
def test_a_folder_that_is_no_house_is_named_and_stays_as_it_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], argv: list[str]
) -> None:
    ran = Home(data=tmp_path, capsys=capsys).run(*argv)
    assert ran.code == 1
    assert "no house was ever started with the data folder" in ran.err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("argv", [["verify"], ["export", "front", "--from", "10m ago"], ["keep", "front", "--from", "1h ago"]])
def test_a_house_without_footage_says_so(empty_home: Home, argv: list[str]) -> None:
    ran = empty_home.run(*argv)
    assert ran.code == 1
    assert "nothing was recorded yet" in ran.err
    assert not (empty_home.data / "footage").exists()
    assert list(Path().iterdir()) == []


@contextmanager
def locked_out(folder: Path) -> Iterator[None]:
    """Be somebody who may not look into `folder`."""
    was = os.geteuid()
    mode = folder.stat().st_mode
    folder.chmod(0)
    if was == 0:
        os.seteuid(65_534)
    try:
        yield
    finally:
        os.seteuid(was)
        folder.chmod(mode)


@pytest.mark.parametrize("argv", COMMANDS, ids=" ".join)
def test_a_data_folder_of_somebody_else_says_whom_to_be(empty_home: Home, argv: list[str]) -> None:
    empty_home.run(*argv)  # so that all it imports is there: the other user may not read our Python
    with locked_out(empty_home.data):
        ran = empty_home.run(*argv)
    assert ran.code == 1
    assert "this user may not look into" in ran.err


def fail_for_want_of_space(path: Path) -> None:
    with _new_file(path) as file:
        file.write(b"half")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_full_disk_is_told_and_leaves_no_half_file(tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    with pytest.raises(StorageFailed, match="No space left") as failed:
        fail_for_want_of_space(path)
    assert failed.value.fault is StorageFault.NO_SPACE
    assert not path.exists()


def test_keep_list_and_drop_without_a_running_house(home: Home) -> None:
    ran = home.run("keep", "front", "--from", moment(2), "--to", "+1s", "--note", "the fox")
    assert ran.code == 0
    assert ran.out.startswith("kept as pin 1: front, 2023-11-14 23:13:22 to 2023-11-14 23:13:23, 1 file, ")
    assert ran.out.endswith("kB: the fox\n")
    assert pinned(home).count(True) == 1
    assert home.run("keep", "--list").out == ran.out.removeprefix("kept as ")
    (row,) = json.loads(home.run("keep", "--list", "--json").out)
    assert (row["pin"]["id"], row["pin"]["note"]) == (1, "the fox")
    assert home.run("keep", "--drop", "1").out.startswith("dropped pin 1: front")
    assert not any(pinned(home))
    assert home.run("keep", "--list").out == "nothing is kept beyond the limits of [storage]\n"
    gone = home.run("keep", "--drop", "1")
    assert (gone.code, gone.err) == (1, "hearthwatch: there is no pin 1: nothing is pinned\n")


def test_no_limit_of_storage_deletes_what_is_kept(home: Home) -> None:
    home.run("keep", "front", "--from", moment(2), "--to", moment(6))
    kept = pinned(home).count(True)
    assert 0 < kept < len(home.files())
    later = FakeClock(wall_us=START_US + 3600 * US_PER_S)
    bench = HouseBench(home.data, clock=later, options=StorageOptions(keep_continuous_days=0.01))
    for _turn in range(20):
        later.advance(60)
        bench.work()
    bench.close()
    assert len(home.files()) == kept
    assert all(pinned(home))
    assert home.run("verify", "--deep").code == 0


def test_keep_leaves_footage_whole(home: Home) -> None:
    before = [path.read_bytes() for path in home.files()]
    home.run("keep", "front", "--from", moment(2), "--to", moment(6))
    assert [path.read_bytes() for path in home.files()] == before
    assert home.run("verify", "--deep").code == 0


def test_keep_where_nothing_was_recorded(home: Home) -> None:
    ran = home.run("keep", "front", "--from", moment(-500), "--to", moment(-400))
    assert (ran.code, ran.err) == (1, "hearthwatch: there is no footage of front in that time, so nothing to keep\n")


def test_keep_while_another_recorder_has_the_footage(home: Home) -> None:
    import fcntl

    with (home.data / "footage" / ".hearthwatch-lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        ran = home.run("keep", "front", "--from", moment(2), "--to", moment(6))
    assert ran.code == 1
    assert "another Hearthwatch is recording into" in ran.err
    assert home.run("keep", "--list").out == "nothing is kept beyond the limits of [storage]\n"


def test_verify_of_whole_footage(home: Home) -> None:
    ran = home.run("verify")
    assert ran.code == 0
    assert f"{home.data}/footage: {len(home.files())} files, " in ran.out
    assert ran.out.endswith("all footage is as it was recorded\n")


def test_verify_names_damage(home: Home) -> None:
    gone, short, changed, *_rest = home.files()
    gone.unlink()
    short.write_bytes(short.read_bytes()[:-10])
    data = bytearray(changed.read_bytes())
    data[-20] ^= 1
    changed.write_bytes(data)
    ran = home.run("verify")
    assert ran.code == 1
    assert f"  file is gone: front/main/{gone.name}: " in ran.out
    assert f"  wrong size: front/main/{short.name}: " in ran.out
    assert "DAMAGED: 2 findings" in ran.out
    deep = home.run("verify", "--deep", "--camera", "front", "--json")
    told = json.loads(deep.out)
    assert (deep.code, told["ok"]) == (1, False)
    assert {each["flaw"] for each in told["findings"]} >= {"missing", "size", "hash"}
    assert home.run("verify", "--deep", "--camera", "garden").code == 0


def test_verify_of_another_disk(home: Home) -> None:
    (home.data / "footage" / ".hearthwatch-store").write_text("00000000-0000-4000-8000-000000000000\n")
    ran = home.run("verify", "--camera", "garden")
    assert ran.code == 1
    assert "is the right disk mounted?" in ran.out


def test_verify_of_a_damaged_index(home: Home) -> None:
    index = home.data / "footage" / "index.db"
    index.write_bytes(b"rubbish" * 1000)
    for end in ("-wal", "-shm"):
        index.with_name(index.name + end).unlink(missing_ok=True)
    ran = home.run("verify")
    assert ran.code == 1
    assert "not a database" in ran.err
