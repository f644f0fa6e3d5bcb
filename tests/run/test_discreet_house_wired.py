"""A whole house behind a router that writes down whom it calls, with a canary in every secret: nothing but what its owner named
is ever asked, and no canary is in an argument, an environment, a file or the log."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.devices.lan import Lan, is_possible, lan

from hearthwatch.kit.secrets import Secrets
from hearthwatch.run.config import parse
from hearthwatch.run.secret_names import asked_for

pytestmark = [
    pytest.mark.wired,
    pytest.mark.skipif(not is_possible(), reason="this machine makes no network namespaces"),
]

ROOT = Path(__file__).resolve().parents[2]
ROUTER, CAMERA, SERVICES = "10.77.0.254", "10.77.0.21", "10.77.0.30"
CANARY = "cAnArY7f3d"
CONFIG = f"""
[home]
name = "Elm Street"
networks = ["10.77.0.0/24"]
[web]
https_port = 0
[camera.front]
main = "rtsp://{CAMERA}/main"
user = "admin"
[alerts.email]
host = "{SERVICES}"
to = ["ada@example.org"]
[mqtt]
host = "{SERVICES}"
"""
FORMS = {
    "alerts.telegram.token": f"8123456789:{CANARY}{'a' * 25}",
    "alerts.apprise.urls": f"json://ada:{CANARY}@{SERVICES}/",
    "heartbeat.url": f"http://{SERVICES}/{CANARY}",
}
MADE_BY_THE_HOUSE = {"alerts.push.key"}
NAMED = {f"tcp {CAMERA}", f"tcp {SERVICES}", "dns api.telegram.org"}


@dataclass(frozen=True)
class Seen:
    """What could be seen of the house from outside, after some seconds of its life."""

    called: frozenset[str]
    processes: dict[int, str]
    cores: frozenset[str]
    files: dict[str, bytes]
    said: str


def descendants(pid: int) -> Iterator[int]:
    yield pid
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text().split():
            yield from descendants(int(child))


@contextmanager
def listening(net: Lan) -> Iterator[Path]:
    """A router that also has the addresses of the camera and of the services; yields what it wrote down."""
    host = net.phone("r", "02:77:00:00:00:fe", ROUTER)
    for address in (CAMERA, SERVICES):
        subprocess.run(["ip", "-n", host.namespace, "addr", "add", f"{address}/24", "dev", "eth0"], check=True)
    host.join()
    subprocess.run(["ip", "-n", net.house, "route", "add", "default", "via", ROUTER], check=True)
    link = subprocess.run(["ip", "-n", net.house, "-br", "link", "show", "br0"], check=True, capture_output=True, text=True)
    etc = Path("/etc/netns") / net.house
    etc.mkdir(parents=True)
    (etc / "resolv.conf").write_text(f"nameserver {ROUTER}\noptions timeout:1 attempts:1\n")
    notes = Path(f"/tmp/{net.house}.called")
    with notes.open("wb") as out:
        command = ["ip", "netns", "exec", host.namespace, sys.executable, "-m", "tests.devices.listening_router", "eth0"]
        process = subprocess.Popen([*command, link.stdout.split()[2]], stdout=out, cwd=ROOT)
    try:
        yield notes
    finally:
        process.kill()
        process.wait()
        notes.unlink()
        (etc / "resolv.conf").unlink()
        etc.rmdir()


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Seen:
    folder = tmp_path_factory.mktemp("discreet")
    (folder / "hearthwatch.toml").write_text(CONFIG)
    for name in asked_for(parse(CONFIG, "hearthwatch.toml")):
        if name not in MADE_BY_THE_HOUSE:
            Secrets(folder).set(name, FORMS.get(name, f"{CANARY}-{name}"))
    environment = {name: value for name, value in os.environ.items() if "PYTEST" not in name}
    with lan() as net, listening(net) as notes, (folder.parent / "console").open("wb") as console:
        house = subprocess.Popen(
            net.command(sys.executable, "-m", "hearthwatch", "run", "--data", str(folder), "--debug"),
            stdout=console,
            stderr=console,
            cwd=folder,
            env=environment,
        )
        try:
            deadline = time.monotonic() + 60
            while not {line.rpartition(" ")[0] for line in notes.read_text().splitlines()} >= NAMED - {"dns api.telegram.org"}:
                assert house.poll() is None, (folder.parent / "console").read_text()
                assert time.monotonic() < deadline, notes.read_text() + (folder.parent / "console").read_text()
                time.sleep(0.2)
            time.sleep(3)
            there = [Path(f"/proc/{pid}") for pid in descendants(house.pid)]
            processes = {
                int(one.name): (one / "cmdline").read_text() + (one / "environ").read_text(errors="replace") for one in there
            }
            cores = frozenset(
                line.split("size")[1].split()[0]
                for one in there
                for line in (one / "limits").read_text().splitlines()
                if line.startswith("Max core file size")
            )
        finally:
            house.terminate()
            house.wait(30)
        called = frozenset(notes.read_text().splitlines()) - {"ready"}
    files = {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    return Seen(
        called=called,
        processes=processes,
        cores=cores,
        files=files,
        said=(folder.parent / "console").read_text(errors="replace"),
    )


def test_sec_33_nothing_is_asked_but_what_the_owner_named(seen: Seen) -> None:
    called = seen.called - {f"tcp {ROUTER} 53"}  # whether the name server is there
    asked = {line if line.startswith("dns ") else line.rpartition(" ")[0] for line in called}
    assert asked <= NAMED
    assert {f"tcp {CAMERA}", f"tcp {SERVICES}"} <= asked, "the router heard nothing"


def test_sec_35_no_secret_is_in_an_argument_an_environment_or_a_file(seen: Seen) -> None:
    assert len(seen.processes) >= 4
    assert [pid for pid, text in seen.processes.items() if CANARY in text] == []
    assert "secrets.sealed" in seen.files
    assert [name for name, data in seen.files.items() if CANARY.encode() in data] == []


def test_sec_35_no_process_leaves_a_core(seen: Seen) -> None:
    assert seen.cores == {"0"}


def test_sec_36_no_secret_is_in_the_log_though_everything_fails(seen: Seen) -> None:
    assert "10.77.0.21" in seen.said
    assert CANARY not in seen.said
