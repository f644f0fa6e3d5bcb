"""What is handed out: the wheel is complete without Node and checkout, pinned by hash with all it stands on, and nobody else's."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from playwright.async_api import async_playwright, expect
from tests.runs.rig import House, house_toml
from tests.web.browsing import CHROMIUM, Watched

ROOT = Path(__file__).resolve().parents[2]
UV = Path(sys.executable).with_name("uv")
BUILT = ROOT / "src" / "hearthwatch" / "web" / "dist" / "index.html"

pytestmark = [
    pytest.mark.wired,
    pytest.mark.skipif(not UV.exists() or not BUILT.is_file(), reason="needs what `make setup` makes"),
]


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("dist")
    subprocess.run([sys.executable, ROOT / "scripts" / "wheel.py", out], check=True, capture_output=True)
    return out


@pytest.fixture(scope="module")
def installed(dist: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A virtual environment made of nothing but the lock and the files beside it; its folder of programs."""
    venv = tmp_path_factory.mktemp("venv")
    subprocess.run([UV, "venv", "-q", "-p", sys.executable, venv], check=True)
    (lock,) = dist.glob("*.lock")
    command = [
        UV,
        "pip",
        "install",
        "-q",
        "-p",
        venv / "bin" / "python",
        "--require-hashes",
        "--no-build",
        "--find-links",
        dist,
    ]
    subprocess.run([*command, "-r", lock], check=True, cwd=venv, env=bare())
    return venv / "bin"


def bare() -> dict[str, str]:
    """An environment without Node and without any word of the checkout."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "NODE", "VIRTUAL_ENV"))}


def packed(dist: Path) -> zipfile.ZipFile:
    (wheel,) = dist.glob("hearthwatch-*.whl")
    return zipfile.ZipFile(wheel)


def test_everything_the_program_reads_is_in_the_wheel_and_nothing_else(dist: Path) -> None:
    names = set(packed(dist).namelist())
    source = ROOT / "src"
    theirs = {
        path.relative_to(source).as_posix()
        for path in (source / "hearthwatch").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert {name for name in names if ".dist-info/" not in name} == theirs
    for needed in ("web/dist/index.html", "web/dist/sw.js", "web/guessed_first.txt", "audit/cves.toml", "py.typed"):
        assert f"hearthwatch/{needed}" in names
    for room in ("run", "recording"):
        assert any(name.startswith(f"hearthwatch/{room}/migrations/versions/0001") for name in names)
    assert not [name for name in names if re.search(r"\.(mp4|onnx|param|bin|db|pyc)$|(^|/)tests?/", name)]


def test_sec_40_the_bill_of_materials_lies_in_the_wheel(dist: Path) -> None:
    wheel = packed(dist)
    (name,) = [name for name in wheel.namelist() if name.endswith(".dist-info/sboms/sbom.json")]
    assert wheel.read(name) == (ROOT / "docs" / "sbom.json").read_bytes()
    assert json.loads(wheel.read(name))["bomFormat"] == "CycloneDX"


def test_sec_40_every_package_of_the_lock_is_a_wheel_with_its_hashes(dist: Path) -> None:
    (lock,) = dist.glob("*.lock")
    text = lock.read_text()
    assert text.startswith("--only-binary :all:\n"), "nobody's build script runs where it is installed"
    pins = re.split(r"\n(?=[a-zA-Z0-9])", text)[1:]
    assert len(pins) > 80
    assert [pin for pin in pins if "--hash=sha256:" not in pin] == []
    assert "://" not in text
    ours = next(pin for pin in pins if pin.startswith("hearthwatch=="))
    assert ours.count("--hash=") == 1


def test_sec_40_another_wheel_in_its_place_is_refused(dist: Path, tmp_path: Path) -> None:
    (wheel,) = dist.glob("hearthwatch-*.whl")
    (lock,) = dist.glob("*.lock")
    altered = tmp_path / wheel.name
    shutil.copyfile(wheel, altered)
    with zipfile.ZipFile(altered, "a") as archive:
        archive.writestr("hearthwatch/guest.py", "# somebody was here\n")
    only = tmp_path / "ours.lock"
    only.write_text(re.search(r"^hearthwatch==(?:.*\n?)+", lock.read_text(), re.MULTILINE)[0])
    command = [
        UV,
        "pip",
        "install",
        "--require-hashes",
        "--no-deps",
        "--no-index",
        "--find-links",
        tmp_path,
        "--no-cache",
        "--offline",
    ]
    done = subprocess.run(
        [*command, "-p", sys.executable, "--target", tmp_path / "there", "-r", only],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    assert "hash" in done.stderr.lower()
    assert not (tmp_path / "there" / "hearthwatch").exists()


def test_without_checkout_and_node_it_says_what_it_is(installed: Path, tmp_path: Path) -> None:
    def said(*argv: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [installed / "hearthwatch", *argv], capture_output=True, text=True, check=False, cwd=tmp_path, env=bare()
        )

    where = subprocess.run(
        [installed / "python", "-c", "import hearthwatch; print(hearthwatch.__path__[0])"],
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
        env=bare(),
    ).stdout
    assert where.startswith(str(installed.parent))
    version = said("--version").stdout.strip()
    assert re.fullmatch(r"\d+\.\d+\.\d+", version)
    assert "the built-in demo camera runs" in said("check", "--data", str(tmp_path / "data")).stdout
    asked = said("upgrade-check", "--data", str(tmp_path / "data"))
    assert asked.returncode == 0
    assert asked.stdout.startswith(f"Hearthwatch {version} of 20")
    (tmp_path / "data").mkdir(mode=0o700)
    doctor = said("doctor", "--data", str(tmp_path / "data"), "--json")
    failed = [check for check in json.loads(doctor.stdout)["checks"] if check["verdict"] == "fail"]
    assert [check for check in failed if check["subject"] not in {"port", "ports"}] == [], doctor.stdout


@pytest.mark.skipif(not CHROMIUM.exists(), reason="needs Debian's Chromium")
async def test_from_the_wheel_alone_the_page_is_whole_and_the_demo_tells_of_somebody(
    installed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    empty = tmp_path / "models"
    empty.mkdir()
    monkeypatch.setenv("HEARTHWATCH_MODELS", str(empty))
    house = House(tmp_path / "house", house_toml([]), {}, program=(str(installed / "hearthwatch"),))
    try:
        await house.start()
        await house.claim()
        async with async_playwright() as play:
            browser = await play.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
            watched = Watched(await browser.new_page(), house.base)
            watched.page.set_default_timeout(120_000)
            await watched.page.goto(house.base)
            await watched.page.get_by_label("Name").fill("owner")
            await watched.page.get_by_label("Password").fill("plum kettle orbit 41")
            await watched.page.keyboard.press("Enter")
            await expect(watched.page.get_by_text("Demo street").first).to_be_visible()
            async with asyncio.timeout(300):  # somebody comes every 45 s, and a detector that waits for a core misses some
                async with contextlib.aclosing(house.changes()) as changes:
                    async for kind, _said in changes:
                        if kind == "event":
                            break
            await watched.page.goto(house.base + "/events")
            await expect(watched.page.get_by_text("Person").first).to_be_visible()
            await watched.page.goto(house.base + "/house")
            await expect(watched.page.get_by_role("heading", name="This version")).to_be_visible()
            assert watched.foreign == []
            assert watched.complaints == []
            await browser.close()
    finally:
        await house.close()
