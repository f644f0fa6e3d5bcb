"""Proves deploy/install.sh in a Debian of its own: installed without any network from a folder of wheels, upgraded, killed at every
step of it, taken one step back, removed. systemd does not run there: its units are judged by tests/deploy.

    scripts/release.sh --unsigned dist/release && .venv/bin/python -m tests.runs.install_root --release dist/release
        [--work FOLDER] [--wheelhouse FOLDER] [--kills N]

Prints each step and what came of it.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

from tests.runs.container_root import Seen
from tests.runs.rootfs import Root, base, is_possible

ROOT = Path(__file__).resolve().parents[2]
NEXT = "0.1.1"
SERVE = "setpriv --reuid hearthwatch --regid hearthwatch --init-groups /opt/hearthwatch/bin/hearthwatch run --data /var/lib/hearthwatch --port {port}"
ASK = "import urllib.request as u; print(u.urlopen('http://127.0.0.1:{port}{path}', timeout=10).read().decode()[:4000])"


class Machine:
    """The root with Hearthwatch's installer in it."""

    def __init__(self, root: Root, seen: Seen) -> None:
        self.root = root
        self.seen = seen

    def install(self, words: str, *, release: str = "release", may_fail: bool = False) -> subprocess.CompletedProcess[str]:
        line = f"/root/{release}/install.sh {words}"
        return self.root.run(line, lend=False, may_fail=may_fail, env={"HOME": "/root"})

    def killed(self, words: str, after_s: float, release: str) -> bool:
        """Run the installer and kill all of it after so long; False when it was through before."""
        began = time.monotonic()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.root.run(f"/root/{release}/install.sh {words}", lend=False, may_fail=True, timeout_s=after_s)
            return False
        return time.monotonic() - began >= after_s

    def version(self) -> str:
        return self.root.run("hearthwatch --version", may_fail=True, lend=False).stdout.strip()

    def serves(self, port: int = 18099) -> str:
        """Start what is installed as its user, ask its page, end it; return what was wrong, "" for nothing."""
        steps = f"""{SERVE.format(port=port)} >/tmp/log 2>&1 & house=$!
for i in $(seq 480); do grep -q "Hearthwatch is at" /tmp/log && break; sleep 0.5; done
/opt/hearthwatch/bin/python -c "{ASK.format(port=port, path="/healthz")}" || echo unwell
/opt/hearthwatch/bin/python -c "{ASK.format(port=port, path="/")}" || echo no page
kill $house; wait $house; tail -1 /tmp/log"""
        said = self.root.run(steps, lend=False, may_fail=True, timeout_s=400).stdout
        wanted = ("<title>", "Hearthwatch has ended")
        return "" if all(each in said for each in wanted) and "unwell" not in said else said[-600:]


def renumbered(release: Path, to: Path) -> None:
    """Make the release that comes after: the same wheel, one number higher and with one schema more."""
    shutil.copytree(release, to)
    (wheel,) = to.glob("hearthwatch-*.whl")
    version = wheel.name.split("-")[1]
    fresh = to / wheel.name.replace(version, NEXT)
    with zipfile.ZipFile(wheel) as old, zipfile.ZipFile(fresh, "w", zipfile.ZIP_DEFLATED) as new:
        heads = [name for name in old.namelist() if re.search(r"run/migrations/versions/\d{4}_", name)]
        last = max(heads)
        number = int(last.rsplit("/", 1)[1][:4])
        for name in old.namelist():
            text = old.read(name)
            if name.endswith("METADATA"):
                text = text.replace(f"\nVersion: {version}\n".encode(), f"\nVersion: {NEXT}\n".encode())
            if not name.endswith("RECORD"):
                new.writestr(name.replace(f"hearthwatch-{version}.dist", f"hearthwatch-{NEXT}.dist"), text)
        added = last.rsplit("/", 1)[0] + f"/{number + 1:04}_proof.py"
        body = f'revision = "{number + 1:04}"\ndown_revision = "{number:04}"\n\n\ndef upgrade() -> None:\n    pass\n'
        new.writestr(added, body)
        names = [*new.namelist(), f"hearthwatch-{NEXT}.dist-info/RECORD"]
        new.writestr(names[-1], "".join(f"{name},,\n" for name in names))
    wheel.unlink()
    (lock,) = to.glob("*.lock")
    digest = subprocess.run(["sha256sum", str(fresh)], capture_output=True, text=True, check=True).stdout.split()[0]
    ours = f"hearthwatch=={NEXT} \\\n    --hash=sha256:{digest}\n"
    (to / f"hearthwatch-{NEXT}.lock").write_text(re.sub(r"(?m)^hearthwatch==.*\n(?: .*\n)*", ours, lock.read_text()))
    lock.unlink()


WHEELS = "--wheelhouse /root/wheelhouse"


def installed(machine: Machine) -> None:
    """The first time, and a second."""
    that, wheels = machine.seen.that, WHEELS
    dry = machine.install(f"install {wheels} --dry-run")
    that(
        "--dry-run says its steps and does none",
        "would do:" in dry.stdout and not (machine.root.path / "opt/hearthwatch").exists(),
    )
    plain = machine.install("install --wheelhouse /root/nothing", may_fail=True)
    that(
        "a folder that is not there is named",
        plain.returncode == 1 and plain.stderr == "install.sh: /root/nothing is no folder\n",
    )
    began = time.monotonic()
    machine.install(f"install {wheels}")
    first = machine.version()
    that("installed without any network", bool(first), f"version {first}, {time.monotonic() - began:.0f} s")
    wrong = machine.serves()
    that("it serves its page as its own user", not wrong, wrong)
    again = machine.install(f"install {wheels}")
    that("a second time changes nothing", "is installed and is what runs" in again.stdout and machine.version() == first)
    settings = machine.root.path / "var/lib/hearthwatch/hearthwatch.toml"
    settings.write_text('[home]\nname = "Proof"\n')
    os.chown(settings, (settings.parent).stat().st_uid, (settings.parent).stat().st_gid)
    linked = machine.root.run("cat /etc/hearthwatch/hearthwatch.toml", lend=False).stdout
    that("/etc/hearthwatch leads to the settings", "Proof" in linked)


def upgraded(machine: Machine, kills: int) -> None:
    """To the next version, over any number of kills, and back."""
    that, wheels = machine.seen.that, WHEELS
    first = machine.version()
    hit = _killed(machine, wheels, first, kills)
    machine.install(f"install {wheels}", release="next")
    that(f"after {hit} kills the upgrade goes through", machine.version() == NEXT, machine.version())
    versions = [path.name for path in (machine.root.path / "opt/hearthwatch/versions").iterdir()]
    that("the version before is kept, nothing else", len(versions) == 2, str(sorted(versions)))
    wrong = machine.serves()
    that("the new version brings the data up and serves", not wrong, wrong)
    lower = machine.install(f"install {wheels}", may_fail=True)
    that("the old version is not installed over newer data", lower.returncode == 1 and "does not take the data" in lower.stderr)
    that("and what runs is untouched by that", machine.version() == NEXT)
    back = machine.install("back", release="next")
    that("one step back, with the databases of before", machine.version() == first, back.stdout.strip().splitlines()[0])
    wrong = machine.serves()
    that("the old version serves again", not wrong, wrong)


def removed(machine: Machine) -> None:
    """First the program, then all it kept."""
    that = machine.seen.that
    machine.install("uninstall", release="next")
    kept = (machine.root.path / "var/lib/hearthwatch/house.db").exists()
    that("uninstall leaves the data alone", kept and not (machine.root.path / "opt/hearthwatch").exists())
    machine.install("uninstall --purge", release="next")
    gone = not (machine.root.path / "var/lib/hearthwatch").exists()
    users = (machine.root.path / "etc/passwd").read_text()
    that("--purge leaves neither data nor user", gone and "hearthwatch" not in users)


def _killed(machine: Machine, wheels: str, first: str, kills: int) -> int:
    """Kill upgrades at random moments; whatever runs afterwards is a whole version. Return how many were hit."""
    dice, hit, limit_s = random.Random(8), 0, 60.0
    for _turn in range(kills):
        after_s = dice.uniform(0.2, limit_s)
        began = time.monotonic()
        if machine.killed(f"install {wheels}", after_s, "next"):
            hit += 1
        else:
            limit_s = max(1.0, time.monotonic() - began)
        now = machine.version()
        machine.seen.that(f"killed after {after_s:.1f} s a whole version is there", now in {first, NEXT}, now)
        if now == NEXT:
            machine.install("back", release="next", may_fail=True)
            shutil.rmtree(next((machine.root.path / "opt/hearthwatch/versions").glob(f"{NEXT}-*")))
    return hit


@contextlib.contextmanager
def prepared(work: Path, release: Path, wheelhouse: Path) -> Iterator[Root]:
    """A Debian with Python, as a person has it, and the two releases."""
    root = base(work).copy(work / "machine")
    root.run("apt-get update && apt-get install -y --no-install-recommends ca-certificates python3 python3-venv")
    shutil.copytree(release, root.path / "root" / "release")
    renumbered(release, root.path / "root" / "next")
    shutil.copytree(wheelhouse, root.path / "root" / "wheelhouse")
    try:
        yield root
    finally:
        shutil.rmtree(root.path)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, default=Path("/var/tmp/hearthwatch-install"))
    parser.add_argument("--release", type=Path, required=True)
    parser.add_argument("--wheelhouse", type=Path, help="all packages of the lock; fetched when it is missing")
    parser.add_argument("--kills", type=int, default=6)
    asked = parser.parse_args()
    if missing := is_possible():
        print(missing)
        return 2
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    wheelhouse = asked.wheelhouse or asked.work / "wheelhouse"
    if not wheelhouse.is_dir():
        (lock,) = asked.release.glob("*.lock")
        fetch = [sys.executable, "-m", "pip", "download", "-q", "--require-hashes", "--find-links", str(asked.release)]
        subprocess.run([*fetch, "-d", str(wheelhouse), "-r", str(lock)], check=True)
    seen = Seen()
    with prepared(asked.work, asked.release, wheelhouse) as root:
        machine = Machine(root, seen)
        installed(machine)
        upgraded(machine, asked.kills)
        removed(machine)
    print("all as promised" if not seen.bad else f"{seen.bad} things are not as promised")
    return min(seen.bad, 1)


if __name__ == "__main__":
    sys.exit(main())
