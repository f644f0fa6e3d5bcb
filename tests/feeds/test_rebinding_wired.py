"""A name server that leads a camera's name into this machine, to its link and to a cloud's metadata, in real namespaces."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
from tests.conftest import ROOT
from tests.devices.lan import is_possible
from tests.devices.uplink import Uplink, uplink

pytestmark = [pytest.mark.wired, pytest.mark.skipif(not is_possible(), reason="needs root and network namespaces")]

ANSWERS = ("203.0.113.2", "127.0.0.1", "169.254.169.254", "10.78.0.2", "100.100.100.200")


def started(net: Uplink, place: str, module: str, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        net.command(place, sys.executable, "-m", module, *arguments),
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={
            **os.environ,
            "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}",
            "PYTHONDONTWRITEBYTECODE": "1",
            "RES_OPTIONS": "timeout:30 attempts:1",  # outweighs the one second of resolv.conf
        },
    )


def test_sec_17_a_name_that_leads_elsewhere_at_each_question_reaches_nobody_here() -> None:
    with uplink() as net:
        names = started(net, net.router, "tests.devices.small_dns", "10.78.0.1", "camera.example.org", ",".join(ANSWERS))
        try:
            assert names.stdout is not None
            assert names.stdout.readline().strip() == "ready"
            asking = started(net, net.box, "tests.feeds.rebinding_child", "127.0.0.1", "10.78.0.2")
            said, _ = asking.communicate(timeout=100)
        finally:
            names.kill()
            names.communicate()
    found = json.loads(said)
    assert found["hits"] == {}
    for way, errors in found["said"].items():
        assert errors == {"Unsupported": 8, "Unreachable": 2}, way
