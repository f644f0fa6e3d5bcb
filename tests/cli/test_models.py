from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
from tests.cli.conftest import Home

from hearthwatch.cli import app
from hearthwatch.detect.model import MODELS

BEST = MODELS[0].name


@pytest.fixture(autouse=True)
def nothing_placed_by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HEARTHWATCH_MODELS", raising=False)


def test_list_names_what_is_here_and_what_auto_takes(empty_home: Home) -> None:
    ran = empty_home.run("models", "list")
    assert ran.code == 0
    lines = {line[2:].split()[0]: line for line in ran.out.splitlines() if line[:2] in {"* ", "  "} and line[2:3].strip()}
    assert set(lines) >= {model.name for model in MODELS}
    assert lines[BEST].split()[1:3] == ["not", "here"]
    assert lines["hog"].startswith("* hog")
    assert "Apache-2.0" in ran.out


def test_the_bare_command_lists(empty_home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    (empty_home.data.parent / "here" / "data").symlink_to(empty_home.data)
    assert app.run(["models"]) == 0
    assert f"Looked for in {Path.cwd()}/data/models" in capsys.readouterr().out


def test_list_as_json_tells_a_wrong_file(empty_home: Home) -> None:
    folder = empty_home.data / "models"
    folder.mkdir()
    (folder / MODELS[0].files[0].name).write_bytes(b"rubbish")
    rows = {row["name"]: row for row in json.loads(empty_home.run("models", "list", "--json").out)}
    assert (rows[BEST]["state"], rows[BEST]["chosen"]) == ("wrong", False)
    assert (rows["hog"]["state"], rows["hog"]["chosen"]) == ("present", True)
    assert "WRONG FILE" in empty_home.run("models", "list").out


def test_models_placed_by_hand_are_found(empty_home: Home, test_data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEARTHWATCH_MODELS", str(test_data / "models"))
    ran = empty_home.run("models", "list")
    assert f"* {BEST}" in ran.out
    assert str(test_data / "models") in ran.out
    assert empty_home.run("models", "fetch").out == f"{BEST} is here already\n"


def test_the_built_in_one_needs_no_fetching(empty_home: Home) -> None:
    assert empty_home.run("models", "fetch", "hog").out == "hog is built in: nothing to fetch\n"


@pytest.mark.parametrize("argv", [["models", "fetch", "hogg"], ["models", "test", "hogg"]], ids=" ".join)
def test_a_misspelt_name(empty_home: Home, argv: list[str]) -> None:
    ran = empty_home.run(*argv)
    assert (ran.code, ran.err) == (2, "there is no model named 'hogg': did you mean 'hog'?\n")


@pytest.mark.long
def test_a_trial_finds_the_drawn_person(empty_home: Home) -> None:
    ran = empty_home.run("models", "test")
    assert ran.code == 0
    assert ran.out.startswith("hog, loaded and warmed up in ")
    assert "found: person" in ran.out
    told = json.loads(empty_home.run("models", "test", "hog", "--json").out)
    assert told["p50_ms"] > 0
    assert told["found"][0]["label"] == "person"


def test_a_trial_with_a_picture_of_ones_own(empty_home: Home) -> None:
    import cv2

    cv2.imwrite("grey.png", np.full((120, 160, 3), 90, np.uint8))
    ran = empty_home.run("models", "test", "--picture", "grey.png")
    assert ran.code == 0
    assert ran.out.endswith("found: nothing\n")


def test_a_trial_with_what_is_no_picture(empty_home: Home) -> None:
    Path("notes.txt").write_text("no picture")
    for path, words in (("notes.txt", "no picture we can read"), ("gone.png", "No such file")):
        ran = empty_home.run("models", "test", "--picture", path)
        assert ran.code == 1
        assert words in ran.err


def test_a_trial_of_a_model_that_is_not_here(empty_home: Home) -> None:
    ran = empty_home.run("models", "test", BEST)
    assert ran.code == 1
    assert f"run 'hearthwatch models fetch {BEST}'" in ran.err


@pytest.fixture
def mirror(test_data: Path) -> Iterator[str]:
    """A mirror on loopback that has the best model, and rubbish in the place of every other."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            files = {f"/{file.repo}/{file.commit}/{file.path}": file.name for file in MODELS[0].files}
            name = files.get(self.path)
            body = (test_data / "models" / name).read_bytes() if name else b"rubbish"
            self.send_response(200)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


@pytest.mark.wired
def test_fetch_keeps_what_is_right(empty_home: Home, mirror: str) -> None:
    ran = empty_home.run("models", "fetch", "--source", mirror)
    assert ran.code == 0, ran.err
    first, last = ran.out.splitlines()
    assert first == f"fetching {BEST} (2.4 MB, licence {MODELS[0].licence}) from 127.0.0.1"
    assert last == f"{BEST} is in {empty_home.data}/models, its sha256 is right"
    assert f"* {BEST}" in empty_home.run("models", "list").out


@pytest.mark.wired
def test_fetch_keeps_nothing_that_is_wrong(empty_home: Home, mirror: str) -> None:
    ran = empty_home.run("models", "fetch", "yolox_nano_416", "--source", mirror)
    assert ran.code == 1
    assert "another sha256 than the one we know: not kept" in ran.err
    assert list((empty_home.data / "models").iterdir()) == []


@pytest.mark.wired
def test_fetch_without_a_network_is_one_clear_line(empty_home: Home) -> None:
    ran = empty_home.run("models", "fetch", "--source", "http://127.0.0.1:1")
    assert ran.code == 1
    (line,) = ran.err.splitlines()
    assert "cannot fetch from 127.0.0.1" in line
    assert line.endswith("is this machine on the internet?")


@pytest.mark.wired
def test_fetch_into_a_folder_that_cannot_be_made(empty_home: Home, mirror: str) -> None:
    (empty_home.data / "models").write_text("in the way")
    ran = empty_home.run("models", "fetch", "--source", mirror)
    assert ran.code == 1
    assert f"{empty_home.data}/models" in ran.err
