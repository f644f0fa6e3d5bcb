"""A Debian of its own below a folder: made by debootstrap once, copied for each use, and entered by chroot in mounts of its own.

What this machine lends to what runs inside, and no image has: its network, its name servers, where it says packages of Python come
from, and the certificates it trusts.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

SUITE = "bookworm"
LENT = ("/etc/resolv.conf", "/etc/hosts", "/etc/pip.conf")
TRUSTED, TRUSTED_INSIDE = Path("/etc/ssl/certs/ca-certificates.crt"), "/run/lent/trusted.pem"
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
NODES = ("null", "zero", "full", "random", "urandom", "tty")


class CommandFailed(Exception):
    """A command inside ended badly; the message holds its last lines."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Root:
    """A root file system at `path`."""

    path: Path

    def copy(self, to: Path) -> Root:
        if to.exists():
            shutil.rmtree(to)
        to.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run(["cp", "-a", "--reflink=auto", str(self.path), str(to)], check=True)
        return Root(path=to)

    def run(
        self,
        command: str,
        *,
        env: Mapping[str, str] | None = None,
        user: str = "root",
        folder: str = "/",
        lend: bool = True,
        may_fail: bool = False,
        timeout_s: float = 1800,
    ) -> subprocess.CompletedProcess[str]:
        """Run a line of shell inside, as `user`, with nothing of this machine's environment. Raises CommandFailed."""
        trust = {"PIP_CERT": TRUSTED_INSIDE} if lend and TRUSTED.exists() else {}
        inside = ["env", "-i", *(f"{name}={value}" for name, value in {"PATH": PATH, **(env or {}), **trust}.items())]
        words = ["setpriv", "--init-groups", "--reuid", user, "--regid", user] if user != "root" else []
        inner = shlex.join([*inside, *words, "/bin/sh", "-c", command])
        steps = [
            "set -e",
            f"R={shlex.quote(str(self.path))}",
            *(_mounts(lend=lend)),
            f"exec chroot $R /bin/sh -c {shlex.quote(f'cd {shlex.quote(folder)} && exec {inner}')}",
        ]
        words = ["unshare", "--mount", "--pid", "--ipc", "--uts", "--fork", "--kill-child", "--propagation", "private"]
        done = subprocess.run(
            [*words, "/bin/sh", "-c", "\n".join(steps)], capture_output=True, text=True, check=False, timeout=timeout_s
        )
        if done.returncode and not may_fail:
            tail = "\n".join((done.stdout + done.stderr).splitlines()[-25:])
            raise CommandFailed(f"{command[:200]}\nended with {done.returncode}:\n{tail}")
        return done


def _mounts(*, lend: bool) -> list[str]:
    steps = ["mkdir -p $R/proc $R/dev $R/run", "mount -t proc proc $R/proc", "mount -t tmpfs -o mode=755 tmpfs $R/dev"]
    for node in NODES:
        steps += [f"touch $R/dev/{node}", f"mount --bind /dev/{node} $R/dev/{node}"]
    steps += ["mkdir -p $R/dev/shm && mount -t tmpfs -o mode=1777 tmpfs $R/dev/shm", "ln -s /proc/self/fd $R/dev/fd"]
    if lend and TRUSTED.exists():  # elsewhere than its own place, which the package of certificates writes anew
        steps += ["mount -t tmpfs -o mode=755 tmpfs $R/run", "mkdir $R/run/lock $R/run/lent"]
        steps += [f": > $R{TRUSTED_INSIDE}", f"mount --bind {TRUSTED} $R{TRUSTED_INSIDE}"]
    for name in LENT if lend else ():
        if Path(name).exists():
            steps += [f"mkdir -p $R{Path(name).parent}", f"[ -e $R{name} ] || : > $R{name}", f"mount --bind {name} $R{name}"]
    return steps


def base(folder: Path) -> Root:
    """Return the smallest Debian 12 there is, what an image `debian:12-slim` is made of; fetched on the first call."""
    root = folder / f"debian-{SUITE}"
    if not (root / "etc" / "debian_version").exists():
        fresh = folder / f".debian-{SUITE}.new"
        shutil.rmtree(fresh, ignore_errors=True)
        folder.mkdir(parents=True, exist_ok=True)
        subprocess.run(["debootstrap", "--variant=minbase", SUITE, str(fresh)], check=True, stdout=subprocess.DEVNULL)
        fresh.rename(root)
    return Root(path=root)


def is_possible() -> str:
    """Return what is missing to do this here, "" when nothing is."""
    if os.geteuid() != 0:
        return "only root can do this"
    missing = [name for name in ("debootstrap", "unshare", "chroot", "nsenter", "ip") if shutil.which(name) is None]
    return f"missing: {', '.join(missing)}" if missing else ""
