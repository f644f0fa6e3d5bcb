"""Where what stands at the broker: every topic of the house, safe whatever a camera is called. Pure."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

_SAFE = re.compile(r"[a-zA-Z0-9-]")
_MAX_PART = 64


def part(text: str) -> str:
    """Return `text` as one level of a topic, fit for Home Assistant's ids too: letters, digits, '-' and '_'.

    Two texts never share one: what is unsafe becomes its bytes behind an underscore, what is long its digest."""
    plain = "".join(
        char if _SAFE.fullmatch(char) else "".join(f"_{byte:02x}" for byte in char.encode("utf-8", "surrogatepass"))
        for char in text
    )
    if plain and len(plain) <= _MAX_PART:
        return plain
    return "_" + hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class Topics:
    """Below `root` (`mqtt.topic`) lies all of this house; only what stands below `set/` is a command."""

    root: str

    @property
    def node(self) -> str:
        """This house among others, as an id."""
        return part(self.root)

    @property
    def status(self) -> str:
        """`online` or `offline`, the latter as our last will."""
        return f"{self.root}/status"

    @property
    def panel(self) -> str:
        """How the house is armed, in Home Assistant's words."""
        return f"{self.root}/panel"

    @property
    def mode(self) -> str:
        """The same in ours."""
        return f"{self.root}/mode"

    @property
    def telling(self) -> str:
        """OFF while intrusion alerts are disabled."""
        return f"{self.root}/telling"

    @property
    def trouble(self) -> str:
        """ON while something of the house does not work."""
        return f"{self.root}/trouble"

    @property
    def about(self) -> str:
        """JSON: who armed it, since when, what is wrong."""
        return f"{self.root}/about"

    @property
    def alert(self) -> str:
        """Every alert, kept by nobody."""
        return f"{self.root}/alert"

    def person(self, person: str) -> str:
        return f"{self.root}/person/{part(person)}"

    def camera(self, camera: str, what: str) -> str:
        return f"{self.root}/camera/{part(camera)}/{what}"

    def label(self, camera: str, label: str) -> str:
        """ON while something of that kind is there."""
        return self.camera(camera, f"label/{part(label)}")

    @property
    def commands(self) -> str:
        """What to subscribe to for all commands."""
        return f"{self.root}/set/#"

    @property
    def set_mode(self) -> str:
        return f"{self.root}/set/mode"

    @property
    def set_telling(self) -> str:
        return f"{self.root}/set/telling"

    def trigger(self, camera: str) -> str:
        """Where a sensor elsewhere writes to have the camera take a burst."""
        return self.set_camera(camera, "trigger")

    def set_camera(self, camera: str, what: str) -> str:
        return f"{self.root}/set/camera/{part(camera)}/{what}"
