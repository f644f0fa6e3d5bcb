"""Builds what `pip` installs: sdist and wheel with the built page, and a lock that pins them and all they stand on by hash.

    make wheel       into dist/

The lock names wheels only. What the package index has as source alone (plain Python, four packages) is built here, from
sources checked by requirements.lock, and lies beside ours: nobody else's build script runs where Hearthwatch is installed. The
same sources give the same bytes.
"""

from __future__ import annotations

import calendar
import hashlib
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

from hearthwatch.run.release import RELEASED, running

ROOT = Path(__file__).resolve().parent.parent
SOURCE_ONLY = ("http-ece", "pyasynchat", "pyasyncore", "pyftpdlib")
"""As scripts/setup.sh, `lock`, has them."""
PAGE = ROOT / "src" / "hearthwatch" / "web" / "dist" / "index.html"


def main() -> int:
    out = (ROOT / "dist" if len(sys.argv) < 2 else Path(sys.argv[1])).resolve()
    if not PAGE.is_file():
        print("the page is not built: make setup", file=sys.stderr)
        return 1
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    os.umask(0o022)
    environment = {**os.environ, "SOURCE_DATE_EPOCH": str(calendar.timegm(time.strptime(RELEASED, "%Y-%m-%d"))), "TZ": "UTC"}
    build = [sys.executable, "-m", "hatchling", "build", "-d", str(out)]
    subprocess.run(build, cwd=ROOT, env=environment, check=True, stdout=subprocess.DEVNULL)  # noqa: S603 our own words
    source_only(out, environment)
    (out / f"hearthwatch-{running()}.lock").write_text(lock(out))
    for path in sorted(out.iterdir()):
        print(f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}")
    return 0


def source_only(out: Path, environment: dict[str, str]) -> None:
    """Build the wheels that the index does not have, with the setuptools of the lock and without reaching for any other."""
    pinned = blocks((ROOT / "requirements.lock").read_text())
    sources = out / "sources.lock"
    sources.write_text("".join(re.sub(r"^(\S+==[^ ]+) ;[^\\]*", r"\1 ", pin) for name, pin in pinned if name in SOURCE_ONLY))
    command = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "-q",
        "--no-deps",
        "--no-build-isolation",
        "--no-cache-dir",
        "--require-hashes",
    ]
    command += ["--no-binary", ":all:", "-w", str(out), "-r", str(sources)]
    subprocess.run(command, env=environment, check=True)  # noqa: S603 our own words
    sources.unlink()


def lock(out: Path) -> str:
    """Return requirements.lock with the wheels in `out` among what may be installed, and ours."""
    pinned = blocks((ROOT / "requirements.lock").read_text())
    built = {re.sub(r"[-_.]+", "-", path.name.split("-")[0]).lower(): path for path in out.glob("*.whl")}
    pins = [
        pin.rstrip("\n") + f" \\\n    --hash=sha256:{sha256(built[name])}\n" if name in SOURCE_ONLY else pin
        for name, pin in pinned
    ]
    ours = f"hearthwatch=={running()} \\\n    --hash=sha256:{sha256(built['hearthwatch'])}\n"
    return "--only-binary :all:\n" + "".join(pins) + ours


def blocks(text: str) -> list[tuple[str, str]]:
    """Return each pin of a lock with its hashes, behind the package's name: one may be pinned twice, for different Pythons."""
    found = []
    for block in re.split(r"\n(?=[a-zA-Z0-9])", text):
        name = re.match(r"([A-Za-z0-9_.-]+)==", block)
        if name:
            lines = [line for line in block.splitlines() if line.strip() and not line.lstrip().startswith("#")]
            found.append((name[1], "\n".join(lines) + "\n"))
    return found


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


if __name__ == "__main__":
    sys.exit(main())
