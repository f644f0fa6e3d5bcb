from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest

from hearthwatch.cli import app
from hearthwatch.kit.errors import Unreachable
from hearthwatch.kit.secrets import Secrets


def test_check_prints_what_the_configuration_says(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "hearthwatch.toml").write_text(
        '[camera.front]\nmain = "rtsp://192.168.1.20/x"\nuser = "admin"\n[camera.off]\nmain = "rtsp://192.168.1.21"\nenabled = false'
    )
    assert app.run(["check", "--data", str(tmp_path)]) == 0
    out = capsys.readouterr().out
    assert "camera front main: rtsp://192.168.1.20/x read as rtsp, logs in as admin (WITHOUT a password)" in out
    assert "camera off: switched off" in out


def test_check_without_a_file_names_the_demo(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert app.run(["check", "--data", str(tmp_path)]) == 0
    assert "demo camera" in capsys.readouterr().out
    assert list(tmp_path.iterdir()) == []


def test_check_of_a_wrong_file_is_exit_code_2_and_one_line_a_mistake(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "other.toml"
    path.write_text("[hom]\n[detec]\n")
    assert app.run(["check", "--config", str(path)]) == 2
    assert capsys.readouterr().err.splitlines() == [
        f'{path}:1: hom: no such setting; did you mean "home"?',
        f'{path}:2: detec: no such setting; did you mean "detect"?',
    ]


class Tty(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_secrets_are_read_from_standard_input_listed_and_deleted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("hunter2 canary\n"))
    data = ["--data", str(tmp_path)]
    assert app.run(["secrets", "set", "camera.front.password", *data]) == 0
    value = Secrets(tmp_path).get("camera.front.password")
    assert value is not None
    assert value.reveal() == "hunter2 canary"
    assert app.run(["secrets", "list", *data]) == 0
    assert app.run(["secrets", "delete", "camera.front.password", *data]) == 0
    assert app.run(["secrets", "delete", "camera.front.password", *data]) == 1
    captured = capsys.readouterr()
    assert "camera.front.password\n" in captured.out
    assert "canary" not in captured.out + captured.err


def test_a_secret_is_shown_on_a_terminal_only(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    Secrets(tmp_path).set("camera.front.password", "hunter2 canary")
    argv = ["secrets", "show", "camera.front.password", "--data", str(tmp_path)]
    assert app.run(argv) == 1
    piped = capsys.readouterr()
    assert "canary" not in piped.out + piped.err
    terminal = Tty()
    monkeypatch.setattr(sys, "stdout", terminal)
    assert app.run(argv) == 0
    assert terminal.getvalue() == "hunter2 canary\n"
    assert app.run(["secrets", "show", "camera.back.password", "--data", str(tmp_path)]) == 1


@pytest.mark.parametrize(
    "argv",
    [
        ["secrets", "set", "camera.front.password", "hunter2"],
        ["secrets", "set", "Bad Name"],
        ["nonsense"],
        ["check", "--nonsense"],
        [],
    ],
)
def test_what_is_not_understood_is_exit_code_2(
    argv: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("x\n"))
    monkeypatch.chdir(tmp_path)
    assert app.run(argv) == 2
    assert "Traceback" not in capsys.readouterr().err


def test_a_damaged_store_is_one_clear_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Secrets(tmp_path).set("a", "bbbb")
    (tmp_path / "secrets.sealed").write_bytes(b"rubbish")
    assert app.run(["secrets", "list", "--data", str(tmp_path)]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("hearthwatch: ")
    assert "is damaged" in line


@pytest.mark.parametrize(
    ("error", "words"), [(Unreachable("no door token=canary99"), "no door"), (ZeroDivisionError("x"), "a bug in")]
)
def test_an_error_is_one_redacted_line_and_a_traceback_only_with_debug(
    error: Exception, words: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail() -> None:
        raise error

    monkeypatch.setattr(app, "GROUPS", (lambda typer_app: (typer_app.command("fail")(fail), typer_app.command("other")(fail)),))
    monkeypatch.setattr(app, "build", app.build.__wrapped__)
    assert app.run(["fail"]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert words in line
    assert "canary99" not in line
    with pytest.raises(type(error)):
        app.run(["--debug", "fail"])


def test_help_swallows_nothing_in_brackets(capsys: pytest.CaptureFixture[str]) -> None:
    app.run(["copies", "baseline", "--help"])
    said = " ".join(capsys.readouterr().out.replace("│", " ").split())
    assert "as [camera.NAME.baseline] asks" in said
    assert "[default: hearthwatch.toml in the data folder]" in said


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert app.run(["--version"]) == 0
    assert capsys.readouterr().out.count(".") == 2


def test_the_command_line_starts_without_heavy_imports() -> None:
    import subprocess

    code = "import sys, hearthwatch.cli.app as a; a.build(); print(*sorted(m for m in sys.modules if '.' not in m))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"numpy", "cv2", "av", "pydantic", "sqlalchemy", "fastapi", "aiohttp", "cryptography", "tomlkit"} & set(
        done.stdout.split()
    )
