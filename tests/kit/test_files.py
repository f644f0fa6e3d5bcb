from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hearthwatch.kit.errors import StorageFailed, StorageFault
from hearthwatch.kit.files import free_bytes, fsync_folder, safe_join, storage_failed, write_atomic


def test_write_atomic_replaces_whole_and_sets_the_mode(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(b"an older and longer text")
    path.chmod(0o644)
    write_atomic(path, b"new")
    assert path.read_bytes() == b"new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    write_atomic(path, b"", mode=0o640)
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert [entry.name for entry in tmp_path.iterdir()] == ["x"]


def test_a_failed_write_leaves_the_old_file_and_no_rubbish(tmp_path: Path) -> None:
    target = tmp_path / "folder"
    target.mkdir()
    with pytest.raises(StorageFailed):
        write_atomic(target, b"a folder cannot be replaced by a file")
    assert [entry.name for entry in tmp_path.iterdir()] == ["folder"]


def test_a_missing_folder_is_told_as_missing(tmp_path: Path) -> None:
    with pytest.raises(StorageFailed) as caught:
        write_atomic(tmp_path / "none" / "x", b"")
    assert caught.value.fault is StorageFault.MISSING
    with pytest.raises(StorageFailed) as caught:
        free_bytes(tmp_path / "none")
    assert caught.value.fault is StorageFault.MISSING


def test_a_full_disk_is_told_as_full() -> None:
    with Path("/dev/full").open("wb", buffering=0) as full, pytest.raises(OSError, match="No space") as caught:
        full.write(b"x")
    assert storage_failed(caught.value, "writing").fault is StorageFault.NO_SPACE
    assert storage_failed(OSError(errno.EDQUOT, "quota"), "x").fault is StorageFault.NO_SPACE
    assert storage_failed(OSError(errno.EIO, "input/output"), "x").fault is StorageFault.BROKEN


def test_free_bytes_counts_what_an_ordinary_writer_may_use(tmp_path: Path) -> None:
    assert 0 < free_bytes(tmp_path) <= os.statvfs(tmp_path).f_bfree * os.statvfs(tmp_path).f_frsize


def test_fsync_of_a_folder_and_not_of_a_file(tmp_path: Path) -> None:
    fsync_folder(tmp_path)
    (tmp_path / "x").touch()
    with pytest.raises(NotADirectoryError):
        fsync_folder(tmp_path / "x")


@given(st.lists(st.text(st.sampled_from("ab./\0"), max_size=4), max_size=3))
def test_sec_27_a_join_never_leaves_its_root(parts: list[str]) -> None:
    root = Path("/footage")
    try:
        joined = safe_join(root, *parts)
    except ValueError:
        return
    assert Path(os.path.normpath(joined)) == joined
    assert joined.is_relative_to(root)
    assert len(joined.parts) == len(root.parts) + len(parts)
