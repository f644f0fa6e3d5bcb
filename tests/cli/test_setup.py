"""The set-up in a terminal: answered, skipped, broken off, run again; and other programs' files brought over."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest
from tests.cli.conftest import Home
from tests.devices.http_camera import PASSWORD as CAMERA_PASSWORD
from tests.devices.http_camera import USER, HttpCamera

from hearthwatch.kit.secrets import Secrets
from hearthwatch.run.config import load

PASSWORD = "seven lanterns by the gate"
TOKEN = "123456789:" + "AbCdEf_" * 6
MAC = "3c:22:fb:00:11:22"


@pytest.fixture
def home(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Home:
    data = tmp_path / "new"
    data.mkdir(mode=0o700)
    (data / "hearthwatch.toml").write_text('# by hand\n[home]\nnetworks = ["198.51.100.0/28"]\n')
    return Home(data, capsys)


def answers(monkeypatch: pytest.MonkeyPatch, *lines: str) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("".join(f"{line}\n" for line in lines)))


@pytest.mark.wired
def test_a_bare_machine_is_set_up_from_owner_to_people(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    camera = HttpCamera(pictures_per_stream=200)
    try:
        answers(
            monkeypatch, "Ada", "short", PASSWORD, "other", PASSWORD, PASSWORD,
            "y", camera.url("/digest/mjpeg/plain"), USER, "wrong-One", "y", USER, CAMERA_PASSWORD, "Bird box", "",
            "y", "no token", TOKEN,
            "relative", str(home.data / "disk" / "footage"), "5", "many", "60",
            "Anna", "no address", MAC, "Ben", "", "",
        )  # fmt: skip
        ran = home.run("setup")
    finally:
        camera.close()
    assert ran.code == 0, ran.err
    for words in ("Ada is the owner", "does not accept this name and password", "Bird box is added as bird-box", "MJPEG", "The token is kept sealed", "Anna is written down", "Still to do: Ben's phone", "hearthwatch run"):  # fmt: skip
        assert words in ran.out, words
    assert "\x1b" not in ran.out, "colours only where there is a terminal"
    for secret in (PASSWORD, CAMERA_PASSWORD, "wrong-One", TOKEN, MAC):
        assert secret not in ran.out
    config = load(home.data / "hearthwatch.toml")
    assert (home.data / "hearthwatch.toml").read_text().startswith("# by hand\n")
    assert (config.cameras["bird-box"].name, config.cameras["bird-box"].user) == ("Bird box", USER)
    assert (config.storage.folder, config.storage.keep_continuous_days, config.storage.keep_event_days) == (str(home.data / "disk" / "footage"), 5, 60)  # fmt: skip
    assert {who: one.devices for who, one in config.people.items()} == {"anna": ("phone",), "ben": ()}
    assert Secrets(home.data).names() == ("alerts.telegram.token", "camera.bird-box.password", "people.anna.phone.mac")
    assert home.run("users", "list").out == "Ada  (owner)\n"

    answers(monkeypatch, "-", "-", "-", "-")
    again = home.run("setup")
    assert again.code == 0
    for words in ("belongs to Ada", "There is Bird box", "A bot is set up already", "There is Anna, Ben"):
        assert words in again.out, words


def test_broken_off_it_keeps_what_was_answered(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    answers(monkeypatch, "Ada", PASSWORD, PASSWORD, "n")
    ran = home.run("setup")
    assert (ran.code, "Ended here" in ran.out) == (0, True)
    assert home.run("users", "list").out == "Ada  (owner)\n"


def test_a_file_with_mistakes_is_mended_first(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    (home.data / "hearthwatch.toml").write_text("[home]\nnmae = 1\n")
    answers(monkeypatch)
    ran = home.run("setup")
    assert (ran.code, 'did you mean "name"?' in ran.err) == (2, True)


def test_import_shows_first_and_writes_when_wished(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    file = home.data / "config.yml"
    file.write_text(
        "cameras: {yard: {ffmpeg: {inputs: [{path: 'rtsp://me:yard-pass-9@192.168.1.9/s', roles: [detect]}]}}}\nmqtt: {host: x}\n"
    )
    answers(monkeypatch)
    dry = home.run("import", "frigate", file)
    assert dry.code == 0
    for words in ("camera yard becomes yard", "left:  mqtt", "+[camera.yard]", "Nothing was written"):
        assert words in dry.out, words
    assert list(load(home.data / "hearthwatch.toml").cameras) == ["demo"]
    done = home.run("import", "frigate", file, "--yes")
    assert (done.code, "Written down." in done.out) == (0, True)
    assert "yard-pass-9" not in dry.out + done.out
    assert list(load(home.data / "hearthwatch.toml").cameras) == ["yard"]
    assert home.run("import", "frigate", file, "--yes").code == 1
    assert home.run("import", "motion", home.data / "nothing.conf").code == 2
    file.write_text("cameras: [")
    assert home.run("import", "frigate", file).err.startswith(f"{file}: this is no YAML at line 1")


def test_rename_and_remove_by_the_command_line(home: Home) -> None:
    (home.data / "hearthwatch.toml").write_text(
        "# top\n[camera.yard]  # the yard\nmain = 'rtsp://192.168.1.9/s' # main\n\n# the gate\n[camera.gate]\nmain = 'rtsp://192.168.1.8/s'\n[camera.gate.door]\nvendor = 'none'\n[storage]\nfree_gib = 3.0\n"
    )
    Secrets(home.data).change({"camera.gate.password": "one-Pass-1", "camera.gate.door.password": "two-Pass-2", "camera.yard.password": "three-Pass"})  # fmt: skip
    assert home.run("cameras", "rename", "yard", "The yard").code == 0
    gone = home.run("cameras", "remove", "gate")
    assert (gone.code, "footage and its events stay" in gone.out) == (0, True)
    text = (home.data / "hearthwatch.toml").read_text()
    assert "# the yard" in text
    assert "# main" in text
    assert "gate]" not in text
    config = load(home.data / "hearthwatch.toml")
    assert (config.cameras["yard"].name, list(config.cameras), config.storage.free_gib) == ("The yard", ["yard"], 3.0)
    assert Secrets(home.data).names() == ("camera.yard.password",)
    assert home.run("cameras", "remove", "gate").code == 1
    assert "built in" in home.run("cameras", "remove", "yard").err + home.run("cameras", "remove", "demo").err
