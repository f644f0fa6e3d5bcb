"""A real MQTT broker for tests: Debian's `mosquitto` on a free loopback port, with a password file.

    with Mosquitto(tmp_path, users={"house": "secret"}) as broker:
        ...  # broker.port; broker.kill() and broker.start() are a broker that dies and comes back

What it keeps is gone when it dies, as with a broker whose owner never asked it to keep anything, unless `keeps` is set.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import pytest

from tests.devices.free_port import free_port


@dataclass(slots=True)
class Mosquitto:
    """`users` without any: everybody may log in, as nobody. `acl` are lines of mosquitto's `acl_file`.

    `ca`, `certificate` and `key` make it speak TLS; `asks_certificate` takes no client without one of that CA."""

    folder: Path
    users: Mapping[str, str] = field(default_factory=dict)
    acl: str = ""
    keeps: bool = False
    ca: Path | None = None
    certificate: Path | None = None
    key: Path | None = None
    asks_certificate: bool = False
    port: int = 0
    host: str = "127.0.0.1"
    said: list[str] = field(default_factory=list)
    _process: subprocess.Popen[str] | None = None
    _listening: threading.Thread | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self.stop()

    def start(self) -> None:
        """Return when it takes connections; on the port it had before, where it ran before."""
        program = shutil.which("mosquitto", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
        if program is None:
            pytest.skip("no mosquitto here (Debian: apt-get install mosquitto)")
        if not self.port:
            self.port = free_port(self.host)
        self._process = subprocess.Popen(
            [program, "-c", str(self._configured())], stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True
        )
        up = threading.Event()
        self._listening = threading.Thread(target=self._listen, args=(self._process, up), daemon=True)
        self._listening.start()
        up.wait()
        assert self._process.poll() is None, f"mosquitto did not start: {self.said}"

    def stop(self) -> None:
        """End it in order: it tells its clients."""
        self._end(is_killed=False)

    def kill(self) -> None:
        """End it as a power cut does."""
        self._end(is_killed=True)

    def _end(self, *, is_killed: bool) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        if is_killed:
            process.kill()
        else:
            process.terminate()
        process.wait()
        self._listening.join()
        process.stderr.close()

    def _listen(self, process: subprocess.Popen[str], up: threading.Event) -> None:
        for line in process.stderr:
            self.said.append(line.rstrip())
            if line.rstrip().endswith(" running"):
                up.set()
        up.set()

    def _configured(self) -> Path:
        lines = [
            f"listener {self.port} {self.host}",
            "log_dest stderr",
            "log_type all",
            "connection_messages true",
            f"allow_anonymous {str(not self.users).lower()}",
            f"persistence {str(self.keeps).lower()}",
            f"persistence_location {self.folder}/",
            "autosave_interval 1",
        ]
        if os.geteuid() == 0:
            lines.append("user root")  # else it changes to one who cannot read our folder
        if self.users:
            lines.append(f"password_file {self._password_file()}")
        if self.acl:
            acl = self.folder / "acl"
            acl.write_text(self.acl)
            acl.chmod(0o600)
            lines.append(f"acl_file {acl}")
        if self.certificate is not None:
            lines += [f"cafile {self.ca}", f"certfile {self.certificate}", f"keyfile {self.key}"]
            lines.append(f"require_certificate {str(self.asks_certificate).lower()}")
        path = self.folder / "mosquitto.conf"
        path.write_text("\n".join(lines) + "\n")
        return path

    def _password_file(self) -> Path:
        path = self.folder / "passwords"
        path.write_text("".join(f"{user}:{password}\n" for user, password in self.users.items()))
        path.chmod(0o600)
        subprocess.run(["mosquitto_passwd", "-U", str(path)], check=True, capture_output=True)
        return path
