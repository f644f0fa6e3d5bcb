"""Debian's own OpenSSH server on a free loopback port, for files only: one user, one key, one folder."""

from __future__ import annotations

import asyncio
import getpass
import os
import shutil
from dataclasses import dataclass, field
from pathlib import Path

from tests.devices.free_port import free_port

SSHD = shutil.which("sshd", path=f"{os.environ.get('PATH', '')}:/usr/sbin")


@dataclass(slots=True)
class Sshd:
    """`folder` takes keys and settings; files land in `root`. `refused` are SFTP requests the server turns down."""

    folder: Path
    refused: tuple[str, ...] = ()
    port: int = 0
    user: str = field(default_factory=getpass.getuser)
    _process: asyncio.subprocess.Process | None = None
    _drain: asyncio.Task[bytes] | None = None

    @property
    def root(self) -> Path:
        return self.folder / "root"

    @property
    def client_key(self) -> str:
        return (self.folder / "client").read_text()

    async def start(self) -> None:
        """Start it, on the same port and with the same keys when it was started before."""
        self.root.mkdir(parents=True, exist_ok=True)
        for name in ("host", "client"):
            if not (self.folder / name).exists():
                await self.make_key(name)
        _make_room_for_privilege_separation()
        if not self.port:
            self.port = free_port()
        refused = f" -P {','.join(self.refused)}" if self.refused else ""
        config = self.folder / "config"
        config.write_text(
            f"ListenAddress 127.0.0.1\nPort {self.port}\nHostKey {self.folder}/host\nPidFile none\nUsePAM no\n"
            f"AuthorizedKeysFile {self.folder}/client.pub\nStrictModes no\nPasswordAuthentication no\n"
            f"PermitRootLogin prohibit-password\nMaxStartups 100\nSubsystem sftp internal-sftp -d {self.root}{refused}\n"
        )
        self._process = await asyncio.create_subprocess_exec(
            SSHD, "-D", "-e", "-f", str(config), stdin=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE
        )
        heard = b""
        while b"Server listening" not in heard:
            line = await self._process.stderr.readline()
            assert line, f"sshd ended: {heard.decode()}"
            heard += line
        self._drain = asyncio.create_task(self._process.stderr.read())

    async def make_key(self, name: str) -> None:
        """Make a new key pair `name`; an old one is replaced."""
        for path in (self.folder / name, self.folder / f"{name}.pub"):
            path.unlink(missing_ok=True)
        made = await asyncio.create_subprocess_exec(
            "ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(self.folder / name), stdin=asyncio.subprocess.DEVNULL
        )
        assert await made.wait() == 0

    async def fingerprint(self) -> str:
        """Return the host key's fingerprint as OpenSSH shows it: SHA256:…"""
        asked = await asyncio.create_subprocess_exec(
            "ssh-keygen", "-l", "-f", str(self.folder / "host.pub"), stdout=asyncio.subprocess.PIPE
        )
        out, _ = await asked.communicate()
        return out.decode().split()[1]

    async def stop(self) -> None:
        if self._process is not None and self._process.returncode is None:
            self._process.terminate()
            await self._process.wait()
        if self._drain is not None:
            self._drain.cancel()  # a session that is still open would keep it waiting
            await asyncio.gather(self._drain, return_exceptions=True)
        self._process = self._drain = None


def _make_room_for_privilege_separation() -> None:
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(exist_ok=True)
