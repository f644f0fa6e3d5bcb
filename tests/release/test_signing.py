"""A release is signed so that `openssl` alone can tell, and so that a house believes it; nothing is signed that does not agree."""

from __future__ import annotations

import base64
import importlib.util
import shutil
import stat
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from hearthwatch.kit.errors import Refused
from hearthwatch.run.release import RELEASED, UpdatesOptions, key_of, opened, running

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def making(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """scripts/release.py, in a folder whose CHANGELOG.md has this version."""
    spec = importlib.util.spec_from_file_location("release", ROOT / "scripts" / "release.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "ROOT", tmp_path)
    shutil.copyfile(ROOT / "pyproject.toml", tmp_path / "pyproject.toml")
    (tmp_path / "CHANGELOG.md").write_text(
        f"# Changelog\n\n## {running()} ({RELEASED})\n\n- Nodes and\n  a hub.\n- Security: a hole is mended.\n\n## 0.0.9 (2026-01-01)\n\n- Old.\n"
    )
    return module


def ran(module: ModuleType, monkeypatch: pytest.MonkeyPatch, *argv: str | Path) -> int:
    monkeypatch.setattr(sys, "argv", ["release.py", *map(str, argv)])
    return module.main()


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")
def test_sec_40_a_release_is_signed_and_a_house_believes_it(
    making: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    key, out = tmp_path / "key.pem", tmp_path / "out"
    (out / "systemd").mkdir(parents=True)
    (out / "wheel.whl").write_bytes(b"x")
    (out / "systemd" / "unit").write_bytes(b"y")
    assert ran(making, monkeypatch, "key", key) == 0
    public = capsys.readouterr().out.split()[-1]
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert ran(making, monkeypatch, "key", key) == 1, "a key is never written over"
    assert ran(making, monkeypatch, "sign", out, key) == 0
    pem = tmp_path / "public.pem"
    pem.write_text("-----BEGIN" + capsys.readouterr().out.partition("-----BEGIN")[2])
    sums = (out / "SHA256SUMS").read_text()
    assert [line.split("  ")[1] for line in sums.splitlines()] == ["hearthwatch.release", "systemd/unit", "wheel.whl"]
    assert subprocess.run(["sha256sum", "-c", "--quiet", "SHA256SUMS"], cwd=out, check=False).returncode == 0

    def judged() -> int:
        words = ["openssl", "pkeyutl", "-verify", "-pubin", "-inkey", pem, "-rawin"]
        words += ["-in", out / "SHA256SUMS", "-sigfile", out / "SHA256SUMS.sig"]
        return subprocess.run(words, capture_output=True, check=False).returncode

    assert judged() == 0
    (out / "SHA256SUMS").write_text(sums.replace("0", "1", 1))
    assert judged() != 0
    found = opened((out / "hearthwatch.release").read_bytes(), key_of(UpdatesOptions(key=public)))
    assert (found.version, found.date, found.security) == (running(), RELEASED, True)
    assert found.notes == ("Nodes and a hub.", "Security: a hole is mended.")
    assert found.until > RELEASED
    with pytest.raises(Refused):
        opened((out / "hearthwatch.release").read_bytes(), key_of(UpdatesOptions(key=base64.b64encode(bytes(32)).decode())))


def test_sec_40_what_the_package_trusts_and_what_signs_are_one_key(
    making: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ran(making, monkeypatch, "key", tmp_path / "key.pem") == 0
    monkeypatch.setattr(making, "MAKERS_KEY", base64.b64encode(bytes(32)).decode())
    assert ran(making, monkeypatch, "sign", tmp_path, tmp_path / "key.pem") == 1
    assert "houses would not believe it" in capsys.readouterr().err


def test_nothing_is_released_whose_changes_are_not_written_down(
    making: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ran(making, monkeypatch, "check") == 0
    for text in ("# Changelog\n\n## Unreleased\n\n- x\n", f"## {running()} ({RELEASED})\n\n## 0.0.9\n"):
        (tmp_path / "CHANGELOG.md").write_text(text)
        assert ran(making, monkeypatch, "check") == 1
        assert "CHANGELOG.md" in capsys.readouterr().err


def test_this_project_s_own_changelog_can_be_released() -> None:
    """Its newest heading is either what is not released yet, or this version with its day."""
    heading = next(line for line in (ROOT / "CHANGELOG.md").read_text().splitlines() if line.startswith("## "))
    assert heading in {"## Unreleased", f"## {running()} ({RELEASED})"}


@pytest.mark.skipif(shutil.which("shellcheck") is None, reason="shellcheck is not installed")
def test_the_shell_scripts_are_clean() -> None:
    scripts = [ROOT / "deploy" / "install.sh", ROOT / "scripts" / "release.sh"]
    done = subprocess.run(["shellcheck", *scripts], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_the_installer_says_what_is_wrong_in_one_line(tmp_path: Path) -> None:
    script = tmp_path / "install.sh"
    shutil.copyfile(ROOT / "deploy" / "install.sh", script)

    def said(*argv: str) -> str:
        done = subprocess.run(["sh", script, *argv], capture_output=True, text=True, check=False)
        assert done.returncode == 1
        assert done.stdout == ""
        return done.stderr

    assert said() == "install.sh: say what to do: install, back, uninstall or status (see install.sh --help)\n"
    assert said("instal") == "install.sh: instal is not known: see install.sh --help\n"
    assert (
        said("install", "--dry-run", "--from", "/nowhere")
        == "install.sh: /nowhere is no folder: name the one with the release by --from\n"
    )
    missing = said("install", "--dry-run")
    assert missing == f"install.sh: there is no wheel in {tmp_path}: name the folder of the release by --from\n"
    (tmp_path / "hearthwatch-9.9.9-py3-none-any.whl").write_bytes(b"")
    assert "without its hashes nothing is installed" in said("install", "--dry-run")
    helped = subprocess.run(["sh", script, "--help"], capture_output=True, text=True, check=True).stdout
    assert "install.sh back" in helped
