from __future__ import annotations

from pathlib import Path

import pytest

from hearthwatch.cli.app import run


def test_a_file_that_is_not_there_is_one_clear_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["analyze", str(tmp_path / "gone.mp4"), "--json", "--model", "hog", "--data", str(tmp_path)]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err == f"there is no file {tmp_path / 'gone.mp4'}\n"


def test_a_label_the_model_does_not_know_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["analyze", "a.mp4", "--labels", "person,dog", "--model", "hog", "--data", str(tmp_path)]) == 2
    assert "knows no 'dog'" in capsys.readouterr().err
