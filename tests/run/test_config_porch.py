"""The porch in the configuration: what is told of mistakes, who gets an account, from where, and what the doctor warns of."""

from __future__ import annotations

from pathlib import Path

import pytest

from hearthwatch.kit.errors import ConfigFault
from hearthwatch.kit.secrets import Secrets
from hearthwatch.kit.units import CameraId, WallUs
from hearthwatch.recording.segment import Quota
from hearthwatch.run.check import Verdict
from hearthwatch.run.compile import compile_plan
from hearthwatch.run.config import Config, parse
from hearthwatch.run.doctor_porch import porch
from hearthwatch.run.plan import Plan
from hearthwatch.run.porch_accounts import accounts, networks

ON = '[porch]\nenabled = true\naddress = "192.168.1.2"\n'
GATE = '[camera.gate]\nmain = "rtsp://192.168.1.20/x"\n'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[porch]\nenabled = true\n", "needs `address`"),
        ('[porch]\naddress = "myhost"\n', 'write one as "192.168.1.10"'),
        ('[porch]\naddress = "224.0.0.1"\n', "no address of a machine"),
        ("[porch]\nsmtp_port = 2121\n", "the port for mails already"),
        ("[porch]\npassive_first_port = 60000\n", "lies below passive_first_port"),
        ("[porch]\npassive_first_port = 2000\npassive_last_port = 3000\n", "one of the ports of passive mode"),
        ("[porch]\npassive_first_port = 20000\n", "more than 1000 ports"),
        (GATE + 'porch.user = "a b"\n', "1 to 64 of letters"),
        (GATE + 'porch.user = "yard"\n[camera.yard]\nmain = "rtsp://192.168.1.21/x"\n', "the account of camera gate already"),
        (GATE + 'porch.networks = ["home"]\n', "no address or network"),
        (GATE + "porch.quota_gib = 0\n", "quota_gib"),
    ],
)
def test_mistakes_are_told(text: str, said: str) -> None:
    with pytest.raises(ConfigFault, match=said.replace("(", "\\(")):
        parse(text)


def plan(config: Config, secrets: Secrets, folder: Path) -> Plan:
    return compile_plan(
        config,
        secrets,
        config_path=folder / "hearthwatch.toml",
        data_folder=folder,
        port=None,
        debug=False,
        started_us=WallUs(1),
    )


def test_without_a_porch_or_an_account_there_is_no_process(tmp_path: Path) -> None:
    secrets = Secrets.open(tmp_path)
    assert plan(parse(ON + GATE), secrets, tmp_path).porch is None
    secrets.set("camera.gate.porch.password", "gate-Secret-1")
    assert plan(parse(GATE), secrets, tmp_path).porch is None
    found = plan(parse(ON + GATE), secrets, tmp_path)
    assert found.porch is not None
    assert (found.porch.address, found.porch.smtp_port, found.porch.ftp_port) == ("192.168.1.2", 2525, 2121)
    assert [(one.user, one.networks) for one in found.porch.accounts] == [("gate", ("192.168.1.20/32",))]
    assert found.recorder.limits.uploads == {CameraId("gate"): Quota(size_bytes=3 << 29)}
    assert found.porch.accounts[0].waiting_bytes == 1 << 29
    assert "gate-Secret-1" not in repr(found)


@pytest.mark.parametrize(
    ("more", "wanted"),
    [
        ("", ("192.168.1.20/32",)),
        ('door.host = "192.168.1.30"\n', ("192.168.1.30/32",)),
        ('porch.networks = ["10.1.0.0/16", "fd00::7"]\n', ("10.1.0.0/16", "fd00::7")),
        ("allow_loopback = true\n", ("192.168.1.20/32", "127.0.0.0/8", "::1/128")),
    ],
)
def test_a_camera_may_come_from_its_own_address(more: str, wanted: tuple[str, ...]) -> None:
    config = parse(ON + GATE + more)
    assert networks(config.cameras[CameraId("gate")], config) == wanted


def test_a_camera_with_a_name_may_come_from_the_home() -> None:
    config = parse('[home]\nnetworks = ["192.168.7", "fd00::/8"]\n[camera.gate]\nmain = "rtsp://gate.lan/x"\n')
    assert networks(config.cameras[CameraId("gate")], config) == ("192.168.7.0/24", "fd00::/8")


def test_a_disabled_camera_has_no_account(tmp_path: Path) -> None:
    secrets = Secrets.open(tmp_path)
    secrets.set("camera.gate.porch.password", "gate-Secret-1")
    assert accounts(parse(ON + GATE + "enabled = false\n"), secrets) == ()


@pytest.mark.parametrize(
    ("text", "names", "warned"),
    [
        (GATE, (), []),
        (GATE, ("camera.gate.porch.password",), ["is off"]),
        (ON + GATE, (), ["no camera has an account"]),
        (ON + GATE, ("camera.gate.porch.password",), []),
        (ON.replace("192.168.1.2", "0.0.0.0") + GATE, ("camera.gate.porch.password",), ["every network"]),
        (ON + "ftp_port = 21\nsmtp_port = 25\n" + GATE, ("camera.gate.porch.password",), ["port 25", "port 21"]),
    ],
)
def test_the_doctor_warns(text: str, names: tuple[str, ...], warned: list[str]) -> None:
    found = list(porch(parse(text), names, user=1000))
    warnings = [one.detail for one in found if one.verdict is Verdict.WARN]
    assert len(warnings) == len(warned)
    assert all(part in text for part, text in zip(warned, warnings, strict=True))
