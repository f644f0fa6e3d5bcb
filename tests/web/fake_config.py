"""The settings behind the page: the real desk over a file of its own, so that the page meets the real checker."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hearthwatch.kit.clock import SystemClock
from hearthwatch.kit.secrets import Secrets
from hearthwatch.run.config import load
from hearthwatch.run.config_desk import ConfigDesk
from hearthwatch.run.plan import HousePlan
from hearthwatch.run.welcome_desk import WelcomeDesk
from hearthwatch.web.welcome_doors import Disk, DiskKind, FromOutside, RouterSays, Trial

HEAD = """# Elm Street 12: the owner wrote this by hand
[home]
name = "Elm Street 12" # as on the letter box

[camera_defaults]
alerts.send_picture = false # pictures stay at home

"""


class FakeConfig:
    """`desk` implements ConfigDoor; `text` is the file, `taken` counts the times it was taken over."""

    def __init__(self, cameras):
        self.folder = tempfile.TemporaryDirectory()
        self.path = Path(self.folder.name, "hearthwatch.toml")
        sections = [
            f'# watched since spring\n[camera.{name}]\nmain = "rtsp://192.168.1.6{at}/main"\n'
            for at, name in enumerate(cameras)
        ]
        self.path.write_text(HEAD + "\n".join(sections))
        self.secrets = Secrets(Path(self.folder.name))
        self.taken = 0
        self.in_force = load(self.path)
        self.desk = ConfigDesk(self.path, self.secrets, config=lambda: self.in_force, take_over=self._take_over)

    async def _take_over(self):
        self.taken += 1
        self.in_force = load(self.path)

    @property
    def text(self):
        return self.path.read_text()


def fake_config(cameras):
    return FakeConfig(cameras)


class FakeWelcome:
    """Implements WelcomeDoor; mail and targets answer what a test says, the rest is real."""

    def __init__(self, config):
        self.config = config
        folder = config.folder.name
        plan = HousePlan(
            config_path=str(config.path),
            data_folder=folder,
            port=8080,
            footage_folder=f"{folder}/footage",
            index_path=f"{folder}/footage/index.db",
            started_us=0,
        )
        self.real = WelcomeDesk(plan, config.secrets, config=lambda: config.in_force, clock=SystemClock())
        self.mails = 0
        self.mail_ends = Trial(
            works=True, text="mail.example.org has taken the mail for ada@example.org. Look whether it arrived."
        )
        self.tried = []
        self.target_ends = Trial(works=True, text="It works: what it was sent was read back.")
        self.progress, self.went = self.real.progress, self.real.went
        self.seal_keys, self.tunnel, self.outside = self.real.seal_keys, self.real.tunnel, self.real.outside
        self.seen_from_outside = FromOutside(
            public=(),
            says=RouterSays.SILENT,
            router="",
            outer="",
            outer_is_private=False,
            opens=False,
            openings=(),
            others=0,
            tailscale=False,
            wireguard=False,
        )

    async def from_outside(self, ports):
        return self.seen_from_outside

    async def mail(self):
        self.mails += 1
        return self.mail_ends

    async def target(self, name, *, create):
        self.tried.append((name, create))
        return self.target_ends

    def disks(self):
        gib = 1 << 30
        card = Disk(
            mount="/",
            device="/dev/mmcblk0p2",
            kind=DiskKind.CARD,
            size_bytes=58 * gib,
            free_bytes=41 * gib,
            folder="/var/lib/hearthwatch/footage",
            in_use=True,
            writable=True,
        )
        ssd = Disk(
            mount="/mnt/ssd",
            device="/dev/sda1",
            kind=DiskKind.SSD,
            size_bytes=931 * gib,
            free_bytes=870 * gib,
            folder="/mnt/ssd/hearthwatch-footage",
            in_use=False,
            writable=True,
        )
        return (card, ssd)
