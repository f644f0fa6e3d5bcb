"""Proves deploy/container/Containerfile where there is no docker: its own instructions, done in a Debian made by debootstrap, and
the image's command, started as its user with a root that cannot be written, no rights and namespaces of its own.

    make wheel && .venv/bin/python -m tests.runs.container_root [--work FOLDER] [--pictures FOLDER]

Prints each instruction and each thing that was looked at. What differs from a container runtime is said at the end.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import json
import os
import shlex
import signal
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import expect, sync_playwright

from tests.runs.container_file import Image, build
from tests.runs.rootfs import NODES, base, is_possible
from tests.web.browsing import CHROMIUM

ROOT = Path(__file__).resolve().parents[2]
HERE, THERE = "10.213.7.1", "10.213.7.2"
NAME, PASSWORD = "owner", "plum kettle orbit 41"
LIMIT_S = 240.0
NOT_PROVED = """Not proved here: the official base image (the root is debootstrap's minbase of the same Debian), the layers and the
digest of the image, a runtime's own seccomp and AppArmor profiles, published ports, arm64, devices and GPUs."""


@dataclass(slots=True)
class Seen:
    """What was looked at; `bad` counts what was not as promised."""

    bad: int = 0

    def that(self, what: str, is_so: bool, detail: str = "") -> None:
        self.bad += not is_so
        print(f"  {'ok    ' if is_so else 'FAILED'} {what}{f': {detail}' if detail else ''}", flush=True)


class Container:
    """The image's command in namespaces of its own; `volume` outlives it."""

    def __init__(self, image: Image, volume: Path, log: Path) -> None:
        self._image = image
        self._log = log.open("ab")
        cable = f"hwc{os.getpid()}"
        steps = "\n".join(
            [
                "set -e",
                f"R={shlex.quote(str(image.root.path))}",
                "mount --bind $R $R",
                "mount -t proc -o nosuid,nodev,noexec proc $R/proc",
                "mount -t tmpfs -o mode=755,nosuid tmpfs $R/dev",
                *(f"touch $R/dev/{node} && mount --bind /dev/{node} $R/dev/{node}" for node in NODES),
                "mkdir $R/dev/shm && mount -t tmpfs -o mode=1777,nosuid,nodev,noexec tmpfs $R/dev/shm",
                "mount -t tmpfs -o mode=1777,nosuid,nodev,size=256m tmpfs $R/tmp",
                f"mount --bind {shlex.quote(str(volume))} $R/var/lib/hearthwatch",
                "ip link set lo up",
                "read go",  # until the cable is there
                f"ip addr add {THERE}/24 dev eth0 && ip link set eth0 up",
                "mount -o remount,bind,ro $R",
                "cd $R && pivot_root . . && umount -l .",
                f"cd {shlex.quote(image.folder)}",
                shlex.join(["exec", *as_user(image), *image.entrypoint, *image.command]),
            ]
        )
        words = ["unshare", "--mount", "--pid", "--ipc", "--uts", "--net", "--fork", "--kill-child", "--propagation", "private"]
        self._outside = subprocess.Popen(
            [*words, "/bin/sh", "-c", steps], stdin=subprocess.PIPE, stdout=self._log, stderr=subprocess.STDOUT
        )
        self.pid = waited(lambda: _child_of(self._outside.pid), 10)
        for line in (
            f"link add {cable} type veth peer name eth0 netns {self.pid}",
            f"addr add {HERE}/24 dev {cable}",
            f"link set {cable} up",
        ):
            subprocess.run(["ip", *line.split()], check=True)
        assert self._outside.stdin is not None
        self._outside.stdin.write(b"go\n")
        self._outside.stdin.close()

    def inside(self, *argv: str, text: str = "", root: bool = False) -> subprocess.CompletedProcess[str]:
        """Run a program in the container, as `docker exec` does."""
        words = [] if root else as_user(self._image)
        enter = ["nsenter", "-t", str(self.pid), "-m", "-p", "-i", "-u", "-n", "-r"]
        return subprocess.run([*enter, *words, *argv], input=text, capture_output=True, text=True, check=False, timeout=120)

    def end(self) -> tuple[int, float]:
        """Ask process 1 to end, as a runtime does; return its status and the seconds it took."""
        began = time.monotonic()
        os.kill(self.pid, signal.SIGTERM)
        status = self._outside.wait(60)
        self._log.close()
        return status, time.monotonic() - began


def as_user(image: Image) -> list[str]:
    """Words that run what follows as the image's user, without any right, and without a way to get one."""
    taken = ["setpriv", "--reuid", image.user, "--regid", image.user, "--clear-groups", "--no-new-privs"]
    return [
        *("/usr/bin/env", "-i", *(f"{name}={value}" for name, value in image.env.items())),
        *(*taken, "--bounding-set=-all", "--inh-caps=-all", "--ambient-caps=-all"),
    ]


def _child_of(pid: int) -> int:
    found = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return int(found[0]) if found else 0


def waited(ready: Callable[[], Any], limit_s: float = LIMIT_S) -> Any:
    """Return what `ready` gives once it gives something. Raises TimeoutError."""
    until = time.monotonic() + limit_s
    while time.monotonic() < until:
        with contextlib.suppress(OSError, http.client.HTTPException):
            if found := ready():
                return found
        time.sleep(0.2)
    raise TimeoutError


def asked(path: str) -> tuple[int, bytes]:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    page = http.client.HTTPSConnection(THERE, 8443, timeout=10, context=context)
    page.request("GET", path)
    answer = page.getresponse()
    return answer.status, answer.read()


def look(image: Image, container: Container, seen: Seen, pictures: Path) -> None:
    """Everything that is promised of a running one."""
    check = json.loads(image.noted["HEALTHCHECK"][0].partition("CMD ")[2])
    waited(lambda: container.inside(*check).returncode == 0)
    seen.that("the health check of the image says well", is_so=True)
    seen.that("a health check of a dead page says so", container.inside(*check, "9").returncode == 1)
    first = container.inside("/bin/cat", "/proc/1/comm").stdout.strip()
    seen.that("process 1 is tini", first == "tini", first)
    table = container.inside("/bin/sh", "-c", "cat /proc/[0-9]*/status").stdout
    values = {
        name: {line.split(":")[1].split()[0] for line in table.splitlines() if line.startswith(name + ":")}
        for name in ("Uid", "CapEff", "CapBnd", "NoNewPrivs")
    }
    seen.that("all processes are the image's user", values["Uid"] == {"990"}, str(sorted(values["Uid"])))
    seen.that(
        "none has a right, or may get one", values["CapEff"] | values["CapBnd"] == {"0" * 16} and values["NoNewPrivs"] == {"1"}
    )
    for place in ("/opt/hearthwatch/x", "/etc/x", "/x"):
        refused = container.inside("/bin/touch", place, root=True)
        seen.that(f"even root cannot write {place}", "Read-only file system" in refused.stderr, refused.stderr.strip())
    doctor = container.inside("hearthwatch", "doctor", "--json")
    failed = [each for each in json.loads(doctor.stdout)["checks"] if each["verdict"] == "fail"]
    seen.that("doctor finds nothing that fails", not failed, "; ".join(f"{one['subject']}: {one['detail']}" for one in failed))
    if b'"claimed":false' in asked_plain(container):
        added = container.inside("hearthwatch", "users", "add", NAME, "--owner", text=PASSWORD + "\n")
        seen.that("an owner is made from a shell in it", added.returncode == 0, (added.stdout + added.stderr).strip())
    status, page = waited(lambda: asked("/"))
    seen.that("the page answers by its published port", status == 200 and b"<title>" in page, f"{status}, {len(page)} bytes")
    browse(seen, pictures)


def asked_plain(container: Container) -> bytes:
    line = "import http.client as h; c = h.HTTPConnection('127.0.0.1', 8080); c.request('GET', '/api/v1/session'); print(c.getresponse().read().decode())"
    return container.inside("/opt/hearthwatch/bin/python", "-c", line).stdout.encode()


def browse(seen: Seen, pictures: Path) -> None:
    """Log in in a real browser, see the demo's street, and wait for somebody to walk through it."""
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        page = browser.new_page(ignore_https_errors=True)
        page.set_default_timeout(120_000)
        expect.set_options(timeout=90_000)
        page.goto(f"https://{THERE}:8443/")
        page.get_by_label("Name").fill(NAME)
        page.get_by_label("Password").fill(PASSWORD)
        page.keyboard.press("Enter")
        expect(page.get_by_text("Demo street").first).to_be_visible()
        seen.that("Chromium logs in by HTTPS and shows the demo camera", is_so=True)
        page.goto(f"https://{THERE}:8443/events")
        expect(page.get_by_text("Person").first).to_be_visible()
        seen.that("somebody walked by and is an event on the page", is_so=True)
        page.screenshot(path=pictures / "container-events.png")
        browser.close()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, default=Path("/var/tmp/hearthwatch-container"))
    parser.add_argument("--pictures", type=Path, default=ROOT / ".artifacts" / "container")
    asked_for = parser.parse_args()
    if missing := is_possible():
        print(missing)
        return 2
    asked_for.pictures.mkdir(parents=True, exist_ok=True)
    print(f"a Debian by debootstrap below {asked_for.work}", flush=True)
    image = build(
        (ROOT / "deploy" / "container" / "Containerfile").read_text(),
        context=ROOT,
        ignore=(ROOT / ".containerignore").read_text(),
        base=base(asked_for.work),
        folder=asked_for.work,
        say=lambda line: print(f"  {line}", flush=True),
    )
    return started(image, asked_for.work, asked_for.pictures)


def started(image: Image, work: Path, pictures: Path) -> int:
    seen = Seen()
    volume = work / "volume"
    subprocess.run(["rm", "-rf", str(volume)], check=True)
    volume.mkdir(mode=0o700)
    os.chown(volume, 990, 990)  # what a runtime does with a new named volume: the image's folder, with its owner
    size = subprocess.run(["du", "-sm", str(image.root.path)], capture_output=True, text=True, check=True).stdout.split()[0]
    print(f"the image: {size} MB, user {image.user}, {shlex.join([*image.entrypoint, *image.command])}", flush=True)
    leaked = subprocess.run(
        [
            "find",
            str(image.root.path),
            "-name",
            "*.sealed",
            "-o",
            "-name",
            "secrets.key",
            "-o",
            "-name",
            ".git",
            "-o",
            "-name",
            "*.lock",
        ],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    locks = [path for path in leaked if "/var/" not in path and "/etc/" not in path and "site-packages" not in path]
    seen.that("no secret, history or data is in it", not locks, " ".join(locks))
    for turn in ("started", "started again with the same volume"):
        print(turn, flush=True)
        with running(image, volume, work / "console.log") as container:
            look(image, container, seen, pictures)
            status, took_s = container.end()
            seen.that(
                "it ends when asked, in order", status in {0, 143, -15} and took_s < 30, f"status {status} after {took_s:.1f} s"
            )
        said = (work / "console.log").read_text(errors="replace")
        seen.that(
            "its last word is that it has ended", "Hearthwatch has ended" in said.splitlines()[-1], said.splitlines()[-1][-80:]
        )
    print(NOT_PROVED)
    print("all as promised" if not seen.bad else f"{seen.bad} things are not as promised")
    return min(seen.bad, 1)


@contextlib.contextmanager
def running(image: Image, volume: Path, log: Path) -> Iterator[Container]:
    container = Container(image, volume, log)
    try:
        yield container
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.kill(container.pid, signal.SIGKILL)


if __name__ == "__main__":
    sys.exit(main())
