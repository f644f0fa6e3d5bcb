from __future__ import annotations

import json
import socket
from datetime import UTC
from pathlib import Path

import pytest
from tests.cli.conftest import Home
from tests.cli.test_status import STATUS

from hearthwatch.kit.secrets import Secrets
from hearthwatch.run.check import Check, Verdict
from hearthwatch.run.config import parse
from hearthwatch.run.doctor import clock
from hearthwatch.run.doctor_network import cameras, ports
from hearthwatch.web.options import WebOptions


def verdicts(checks: list[Check]) -> dict[str, tuple[Verdict, str]]:
    return {check.subject: (check.verdict, check.detail) for check in checks}


def test_a_clock_nobody_keeps_right_is_a_warning_with_what_to_do() -> None:
    assert clock(UTC, is_set=True).verdict is Verdict.OK
    wrong = clock(UTC, is_set=False)
    assert wrong.verdict is Verdict.WARN
    assert "systemd-timesyncd" in wrong.detail
    assert clock(UTC).subject == "clock"


def test_a_running_house_is_asked_for_its_cameras(tmp_path: Path) -> None:
    config = parse(
        '[camera.front]\nmain = "rtsp://192.168.1.20/x"\n[camera.garden]\nmain = "rtsp://192.168.1.21/x"\n'
        '[camera.attic]\nmain = "rtsp://192.168.1.22/x"\nenabled = false\n'
    )
    assert verdicts(list(cameras(config, tmp_path, STATUS))) == {
        "camera attic": (Verdict.OK, "switched off (enabled = false)"),
        "camera front": (Verdict.OK, "live: main 1280x720, sub 640x360"),
        "camera garden": (Verdict.FAIL, "the camera refuses the password"),
    }


@pytest.mark.wired
def test_each_camera_is_knocked_at(tmp_path: Path) -> None:
    with socket.socket() as listening, socket.socket() as closed:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        closed.bind(("127.0.0.1", 0))
        open_port, closed_port = listening.getsockname()[1], closed.getsockname()[1]
        (tmp_path / "clip.mp4").touch()
        config = parse(
            f'[camera_defaults]\nallow_loopback = true\n[camera.there]\nmain = "rtsp://127.0.0.1:{open_port}/x"\n'
            f'[camera.away]\nmain = "rtsp://127.0.0.1:{closed_port}/x"\n'
            f'[camera.clip]\nmain = "file://{tmp_path}/clip.mp4"\n[camera.noclip]\nmain = "file://{tmp_path}/no.mp4"\n'
            '[camera.demo]\nmain = "demo://street"\n[camera.nobody]\nmain = "rtsp://camera.invalid/x"\n'
        )
        found = verdicts(list(cameras(config, tmp_path, None)))
    assert found["camera there"] == (Verdict.OK, f"127.0.0.1 port {open_port} answers (no log-in was tried)")
    assert found["camera away"][0] is Verdict.FAIL
    assert "is this its address and port" in found["camera away"][1]
    assert found["camera clip"][0] is Verdict.OK
    assert found["camera noclip"] == (
        Verdict.FAIL,
        f"{tmp_path}/no.mp4 is not there, or this user may not look into its folder",
    )
    assert found["camera demo"][0] is Verdict.OK
    assert found["camera nobody"][0] is Verdict.FAIL
    assert "cannot be resolved" in found["camera nobody"][1]


@pytest.mark.wired
def test_a_port_another_program_has() -> None:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        port = listening.getsockname()[1]
        taken, free = ports(WebOptions(port=port, https_port=0))
    assert taken.verdict is Verdict.FAIL
    assert taken.detail.startswith(f"port {port} cannot be had")
    assert free.verdict is Verdict.OK


@pytest.mark.wired
def test_the_whole_report(empty_home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HEARTHWATCH_MODELS", raising=False)
    (empty_home.data / "hearthwatch.toml").write_text(
        '[web]\nport = 0\nhttps_port = 0\n[camera.front]\nmain = "demo://street"\nuser = "admin"\n[detect]\nmodel = "auto"\n'
    )
    Secrets(empty_home.data).set("camera.frnt.password", "hunter2 canary")
    empty_home.data.chmod(0o755)
    ran = empty_home.run("doctor", "--json")
    told = json.loads(ran.out)
    found = {(row["subject"], row["verdict"]): row["detail"] for row in told["checks"]}
    assert (ran.code, told["ok"]) == (0, True)
    assert "chmod 700" in found["data folder", "warn"]
    assert "hearthwatch models fetch" in found["detector", "warn"]
    assert found["secrets", "ok"] == "1 set, sealed"
    assert "did you mean camera.front.password?" in ran.out
    assert "logs in as admin without a password: hearthwatch secrets set camera.front.password" in ran.out
    assert "Telegram" in found["alerts", "warn"]
    assert "system-call filter" in found["box around the decoder", "ok"]
    assert "canary" not in ran.out
    text = empty_home.run("doctor")
    assert text.out.splitlines()[-1] == "Hearthwatch can work here"
    assert all(line[:5] in {"ok   ", "warn "} for line in text.out.splitlines()[:-1])


@pytest.mark.wired
def test_what_fails_ends_with_1_and_no_check_is_left_out_for_it(empty_home: Home) -> None:
    (empty_home.data / "hearthwatch.toml").write_text("[storag]\n")
    (empty_home.data / "secrets.sealed").write_bytes(b"rubbish")
    ran = empty_home.run("doctor")
    assert ran.code == 1
    assert (
        f'fail  configuration: {empty_home.data}/hearthwatch.toml:1: storag: no such setting; did you mean "storage"?'
        in ran.out
    )
    assert "box around the decoder" in ran.out
    assert ran.out.splitlines()[-1].endswith("checks failed: what to do stands in their lines")
    (empty_home.data / "hearthwatch.toml").write_text('[detect]\nmodel = "nanodet"\n')
    ran = empty_home.run("doctor")
    assert ran.code == 1
    assert "fail  detector: there is no model named 'nanodet': did you mean" in ran.out
    assert "fail  secrets: " in ran.out
    assert "is damaged" in ran.out


@pytest.mark.wired
def test_a_data_folder_that_is_not_there_yet_is_no_failure(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ran = Home(data=tmp_path / "new", capsys=capsys).run("doctor", "--json")
    rows = {row["subject"]: row["verdict"] for row in json.loads(ran.out)["checks"]}
    assert rows["data folder"] == "warn"
    assert rows["camera demo"] == "ok"
    assert not (tmp_path / "new").exists()
