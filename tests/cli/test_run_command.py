from __future__ import annotations

import fcntl
import os
from pathlib import Path

import pytest
from tests.cli.conftest import Home

from hearthwatch.kit.errors import StorageFailed
from hearthwatch.run.places import hold, is_held


def test_a_second_house_on_one_folder_is_refused(empty_home: Home) -> None:
    fd = hold(empty_home.data)
    try:
        ran = empty_home.run("run")
        assert ran.code == 1
        assert f"Hearthwatch runs already with the data folder {empty_home.data}" in ran.err
        for argv in (["keep", "--list"], ["users", "list"]):
            waiting = empty_home.run(*argv)
            assert waiting.code == 1
            assert "just starting or ending: try again" in waiting.err
    finally:
        os.close(fd)
    assert empty_home.run("users", "list").code == 0


def test_the_folder_is_free_again_when_its_holder_is_gone(tmp_path: Path) -> None:
    assert not is_held(tmp_path)
    assert list(tmp_path.iterdir()) == []
    fd = hold(tmp_path)
    assert is_held(tmp_path)
    with pytest.raises(StorageFailed, match="runs already"):
        hold(tmp_path)
    os.close(fd)
    assert not is_held(tmp_path)
    again = hold(tmp_path)
    fcntl.flock(again, fcntl.LOCK_UN)
    os.close(again)


def test_a_data_folder_that_cannot_be_made_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("in the way")
    ran = Home(data=tmp_path / "file" / "data", capsys=capsys).run("run", "--config", tmp_path / "hearthwatch.toml")
    assert (ran.code, ran.err) == (1, f"hearthwatch: making the data folder {tmp_path}/file/data: Not a directory\n")
