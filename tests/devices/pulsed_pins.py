"""A pin factory for gpiozero whose pins are driven from outside the process: `GPIOZERO_PIN_FACTORY=pulsed`.

gpiozero finds it by an entry point, for which `installed(folder)` leaves what an installed package would leave, in a folder for
PYTHONPATH. The process that owns the pins listens on the Unix socket `PULSED_PINS`: `17 1` drives GPIO 17 high and answers with
the levels of all its pins.
"""

from __future__ import annotations

import json
import os
import socket
import threading
from pathlib import Path

from gpiozero.pins.mock import MockFactory

ROOT = Path(__file__).resolve().parents[2]


def installed(folder: Path) -> dict[str, str]:
    """Return the environment of a process whose gpiozero shall use these pins."""
    package = folder / "site" / "pulsed_pins-1.dist-info"
    package.mkdir(parents=True)
    (package / "METADATA").write_text("Metadata-Version: 2.1\nName: pulsed-pins\nVersion: 1\n")
    (package / "entry_points.txt").write_text("[gpiozero_pin_factories]\npulsed = tests.devices.pulsed_pins:PulsedFactory\n")
    return {
        "GPIOZERO_PIN_FACTORY": "pulsed",
        "PULSED_PINS": str(folder / "pins"),
        "PYTHONPATH": f"{folder / 'site'}:{ROOT}",
    }


def drive(folder: Path, pin: int, level: int | None = None) -> dict[int, bool]:
    """Drive a pin of the process that listens there, or only look; return the level of each of its pins."""
    with socket.socket(socket.AF_UNIX) as sock:
        sock.connect(str(folder / "pins"))
        sock.sendall(f"{pin} {'' if level is None else level}\n".encode())
        return {int(number): high for number, high in json.loads(sock.makefile().readline()).items()}


class PulsedFactory(MockFactory):
    def __init__(self) -> None:
        super().__init__()
        path = Path(os.environ["PULSED_PINS"])
        path.unlink(missing_ok=True)
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(path))
        self._listener.listen()
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            sock, _ = self._listener.accept()
            with sock, sock.makefile("rw") as lines:
                number, _, level = lines.readline().strip().partition(" ")
                pin = self.pin(f"GPIO{number}")
                if level:
                    (pin.drive_high if level == "1" else pin.drive_low)()
                found = {one.info.name.removeprefix("GPIO"): one.state for one in self.pins.values()}
                lines.write(json.dumps(found) + "\n")
                lines.flush()
