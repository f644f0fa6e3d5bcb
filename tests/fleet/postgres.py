"""A PostgreSQL server of a test's own, on a loopback port, that can be stopped and come back."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Self

from tests.devices.free_port import free_port

PASSWORD = "no secret of anybody"
_USER = "postgres"


def programs() -> Path | None:
    """Return where Debian keeps initdb, None where PostgreSQL is not installed."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    return found[-1] if found else None


class Postgres:
    """Used as a context manager."""

    def __init__(self, under: Sequence[str] = ()) -> None:
        """`under` is a command that runs the command behind it, such as one in another network namespace."""
        self._under = under
        self._folder = Path(tempfile.mkdtemp(prefix="hearthwatch-pg-"))
        self._popen: subprocess.Popen[bytes] | None = None
        self.port = free_port()

    @property
    def address(self) -> str:
        return f"postgresql://{_USER}@127.0.0.1:{self.port}/postgres"

    def __enter__(self) -> Self:
        (self._folder / "password").write_text(PASSWORD)
        made = [
            "initdb",
            "-D",
            "data",
            "-U",
            _USER,
            "-A",
            "scram-sha-256",
            "--pwfile=password",
            "-N",
            "-E",
            "UTF8",
            "--no-locale",
        ]
        self._run(made)
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        shutil.rmtree(self._folder, ignore_errors=True)

    def start(self) -> None:
        with (self._folder / "log").open("ab") as log:
            self._popen = subprocess.Popen(
                [
                    *self._under,
                    *self._as(),
                    self._bin("postgres"),
                    *("-D", "data", "-p", str(self.port), "-h", "127.0.0.1", "-k", str(self._folder), "-F"),
                ],
                cwd=self._folder,
                stdout=subprocess.DEVNULL,
                stderr=log,
            )
        while self._run(["pg_isready", "-q", "-h", "127.0.0.1", "-p", str(self.port), "-t", "20"], check=False):
            assert self._popen.poll() is None, (self._folder / "log").read_text()

    def stop(self) -> None:
        """As a power cut does."""
        if self._popen is not None:
            self._popen.send_signal(3)  # SIGQUIT: at once, children too
            self._popen.wait(30)
            self._popen = None

    def _run(self, command: list[str], *, check: bool = True) -> int:
        name, *rest = command
        command = [*self._under, *self._as(), self._bin(name), *rest]
        done = subprocess.run(command, cwd=self._folder, capture_output=True, check=False)
        assert not check or done.returncode == 0, done.stderr
        return done.returncode

    @staticmethod
    def _bin(name: str) -> str:
        found = programs()
        assert found is not None
        return str(found / name)

    @staticmethod
    def _as() -> list[str]:
        """It refuses to run as root: then it runs where root is called by the name of Debian's package."""
        if os.getuid():
            return []
        user = pwd.getpwnam(_USER)
        return ["unshare", "--user", f"--map-user={user.pw_uid}", f"--map-group={user.pw_gid}"]
