"""Visitors that walk in and out of two cameras' clips, over and over, and whether the owner was told of each."""

from __future__ import annotations

import subprocess
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from hearthwatch.bench.rtsp_server import Mount, RtspServer
from hearthwatch.kit.units import US_PER_S
from tests.runs import rig

MAX_TOLD = 2
COOLDOWN_S = 5
_WATCHED_US = 4 * US_PER_S
"""Whoever is seen without a break for so long must be told of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """A camera's clip: cut out of real footage, with the seconds in which its one visitor is surely there."""

    name: str
    codec: str
    start_s: float
    length_s: float
    visit_s: tuple[float, float]


SCENES = (
    Scene(name="hall", codec="h264", start_s=0.0, length_s=22.5, visit_s=(6.6, 19.5)),
    Scene(name="porch", codec="h265", start_s=45.2, length_s=29.0, visit_s=(5.5, 24.3)),
)
"""Of indoor_one_by_one.mp4; see labels/segments.csv."""


def cut_clip(scene: Scene, folder: Path) -> Path:
    """Cut the scene out of the footage; both cameras then serve it in a loop."""
    target = folder / f"{scene.name}.mp4"
    command = ["ffmpeg", "-hide_banner", "-loglevel", "error", "-nostdin", "-y", "-ss", str(scene.start_s)]
    command += ["-i", str(rig.DATA / "videos" / "indoor_one_by_one.mp4"), "-t", str(scene.length_s)]
    subprocess.run([*command, "-c:v", "libx264", "-preset", "veryfast", "-crf", "16", str(target)], check=True)
    return target


def mounts(scene: Scene, clip: Path) -> list[Mount]:
    return [
        Mount(path="/main", clip=clip, codec=scene.codec, fps=10, bitrate_kbps=1500, gop_s=1.0),
        Mount(path="/sub", clip=clip, width_px=640, height_px=360, fps=10, bitrate_kbps=500, gop_s=1.0),
    ]


def section(scene: Scene, camera: RtspServer) -> rig.CameraSection:
    """Return the scene's camera as the configuration has it."""
    return rig.CameraSection(
        name=scene.name, main=camera.url("/main"), sub=camera.url("/sub"), more=f"events.cooldown_s = {COOLDOWN_S}"
    )


@dataclass(slots=True)
class Told:
    """What became of the alerts."""

    alerts: int = 0
    texts: int = 0
    doubled: int = 0
    visits: int = 0
    watched: int = 0
    visits_told: Counter[int] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)


def judge_alerts(alerts: list[dict], services: rig.Channels, told: Told) -> None:
    """Every alert of the ledger reached whoever it was for, on the phone and in the mailbox, at most twice."""
    texts = Counter(taken.text for taken in services.telegram.taken if taken.method == "sendMessage")
    mails: Counter[str] = Counter()
    for message in services.mail.messages:
        if message["In-Reply-To"] is None:
            body = message.get_body(("plain",))
            mails[body.get_content().replace("\r\n", "\n") if body else ""] += 1
    told.alerts = len(alerts)
    for channel, seen in (("telegram", texts), ("email", mails)):
        owed: Counter[str] = Counter()
        folded: Counter[str] = Counter()
        for alert in alerts:
            head = f"{alert['title']}\n{alert['text']}".strip()
            for delivery in alert["deliveries"]:
                if delivery["channel"].startswith(channel) and delivery["part"] == "text":
                    owed[head] += 1
                    folded[head] += delivery["state"] == "folded"
        for head, count in owed.items():
            arrived = sum(times for body, times in seen.items() if body.strip().startswith(head))
            told.texts += arrived
            told.doubled += max(0, arrived - count)
            if arrived + folded[head] < count:
                told.problems.append(f"{channel}: lost: {head!r}")
            elif arrived > MAX_TOLD * count:
                told.problems.append(f"{channel}: told {arrived} times: {head!r}")


def judge_visits(
    scene: Scene, start_us: int, end_us: int, alerts: list[dict], blind: Iterable[tuple[int, int]], told: Told
) -> None:
    """Every visitor who was in sight for long enough between the `blind` times was told, and at most twice."""
    blind = list(blind)
    mine = sorted(alert["at_us"] for alert in alerts if alert["camera"] == scene.name and alert["event"])
    turn_us = round(scene.length_s * US_PER_S)
    for turn in range((end_us - start_us) // turn_us):
        zero_us = start_us + turn * turn_us
        first_us, last_us = (round(zero_us + second * US_PER_S) for second in scene.visit_s)
        count = sum(first_us - 2 * US_PER_S <= at <= last_us + 3 * US_PER_S for at in mine)
        told.visits += 1
        told.visits_told[count] += 1
        edges = [first_us, *(edge for pair in blind for edge in pair if first_us < edge < last_us), last_us]
        free = [
            (a, b)
            for a, b in zip(sorted(edges), sorted(edges)[1:], strict=False)
            if not any(low < (a + b) / 2 < high for low, high in blind)
        ]
        is_watched = any(b - a >= _WATCHED_US for a, b in free)
        told.watched += is_watched
        when = f"{scene.name}: the visitor at {(first_us - start_us) / US_PER_S:.0f} s"
        if is_watched and not count:
            told.problems.append(f"{when} was not told")
        elif count > MAX_TOLD:
            told.problems.append(f"{when} was told {count} times")
