"""The git export, read with real git."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from tests.copies.scene import DAHUA, PORCH, Desk, PaperCamera

from hearthwatch.copies import git_export
from hearthwatch.copies.shelf import CopyShelf
from hearthwatch.kit.errors import HearthwatchError, StorageFailed, Unsupported
from hearthwatch.kit.units import US_PER_S

pytestmark = pytest.mark.wired


def git(folder: Path, *arguments: str) -> str:
    return subprocess.run(["git", "-C", str(folder), *arguments], capture_output=True, text=True, check=True).stdout.strip()


@pytest.fixture
async def desk(tmp_path):
    (tmp_path / "house").mkdir()
    desk = Desk(tmp_path / "house", porch=PaperCamera(), gate=PaperCamera())
    await desk.renew()
    await desk.wait(60)
    yield desk
    desk.close()


@pytest.fixture(autouse=True)
def _a_user_with_odd_settings(tmp_path, monkeypatch):
    """What the owner's own git does must not reach the export."""
    home = tmp_path / "home"
    (home / "hooks").mkdir(parents=True)
    hook = home / "hooks" / "pre-commit"
    hook.write_text("#!/bin/sh\nexit 1\n")
    hook.chmod(0o755)
    (home / ".gitconfig").write_text(f"[core]\n hooksPath = {home}/hooks\n autocrlf = true\n[commit]\n gpgsign = true\n")
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("GIT_DIR", "/nowhere")


async def exported(desk, folder):
    shelf = CopyShelf(desk.db, desk.secrets)
    copies = await shelf.recent(limit=1000)
    texts = {}
    for copy in copies:
        shown = await shelf.show(copy.id)
        texts[copy.id] = git_export.text_of(shown.settings), tuple(change.text for change in shown.diff.changes)
    return git_export.export(folder, copies, lambda copy: texts[copy])


async def test_sec_37_a_commit_for_each_change_on_its_date_and_only_what_is_new(desk, tmp_path, monkeypatch):
    folder = tmp_path / "repository"
    assert (await exported(desk, folder)).commits == 2
    assert (await exported(desk, folder)).commits == 0
    camera = desk.doors.clients[PORCH]
    camera.pairs |= {"UPnP.Enable": "true", "Email.Password": "stolen-Secret", "General.MachineName": "x\nCopy: FORGED"}
    desk.clock.advance(1000)
    await desk.keeper.collect(PORCH, "a log-in")
    at_s = desk.clock.wall_us() // US_PER_S
    assert (await exported(desk, folder)).commits == 1
    assert (await exported(desk, folder)).commits == 0
    monkeypatch.delenv("GIT_DIR")

    assert git(folder, "status", "--porcelain") == ""
    assert git(folder, "fsck") == ""
    assert git(folder, "ls-files").split() == ["gate.json", "porch.json"]
    assert (
        git(folder, "log", "-1", "--format=%at %ct %an %s")
        == f"{at_s} {at_s} Hearthwatch porch: 3 changes (not ordered from here)"
    )
    said = git(folder, "log", "-1", "--format=%B")
    assert "- Opening of ports at the router (UPnP) switched on" in said
    text = git(folder, "show", "HEAD:porch.json")
    assert json.loads(text) == DAHUA | {
        "UPnP.Enable": "true",
        "Email.Password": "***",
        "General.MachineName": "x\nCopy: FORGED",
    }
    assert list(json.loads(text)) == sorted(DAHUA)
    everything = git(folder, "log", "-p", "--format=%B")
    assert "Secret" not in everything
    changed = [line for line in git(folder, "show", "--format=", "-U0", "HEAD").splitlines() if line.startswith(("+ ", "- "))]
    assert len(changed) == 4


async def test_a_folder_with_other_things_is_left_alone(desk, tmp_path):
    folder = tmp_path / "home"
    with pytest.raises(HearthwatchError, match="not empty"):
        await exported(desk, folder)
    assert not (folder / ".git").exists()


async def test_without_git_it_says_what_to_install(desk, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Unsupported, match="apt-get install git"):
        await exported(desk, tmp_path / "repository")


async def test_what_git_says_is_told(desk, tmp_path):
    folder = tmp_path / "repository"
    await exported(desk, folder)
    (folder / ".git" / "HEAD").write_text("nonsense")
    with pytest.raises(StorageFailed, match="git for-each-ref"):
        await exported(desk, folder)
