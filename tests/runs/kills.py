"""`kill -9` of each process at random instants while recording and alerting: what was lost, how long it took, what was told.

    python -m tests.runs.kills [--kills 20] [--roles recorder,looker,house,supervisor] [--seed N] [--json FILE] [--keep FOLDER]

The truth about the video is a second viewer of the same streams, compared with the files frame by frame; the truth about the
visitors is the clip, in which one person walks in and out of a room. Exit code 1 when a promise was broken.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import random
import shutil
import statistics
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from hearthwatch.bench.rtsp_server import RtspServer
from hearthwatch.feeds.packet import Gap, GapReason, Stream
from hearthwatch.kit.units import US_PER_S, CameraId, WallUs
from hearthwatch.recording.verify import Finding, verify
from tests.runs import rig
from tests.runs.second_viewer import FAR_US, FrameId, SecondViewer, segments_of, split, stored_in
from tests.runs.visitors import SCENES, Told, cut_clip, judge_alerts, judge_visits, mounts, section

ROLES = ("recorder", "looker", "house", "supervisor")
STOPS_RECORDING = frozenset({"recorder", "supervisor"})

MAX_LOST_S = 1.2
MAX_RECONNECT_S = 2.0
_PLAY_S = 0.4
"""From the connection to the first packet: a key frame this soon after it may have passed."""
_WAIT_S = (6.0, 11.0)
_RECOVERY_S = 40.0
_TOUCH_US = US_PER_S // 4


@dataclass(slots=True)
class Kill:
    """One kill and what came of it. `reconnect_s` and `lost_s` are of the worst camera."""

    role: str
    number: int
    at_us: int
    back_s: float = 0.0
    """Until the role has a process again that does its work."""
    start_us: int = 0
    """When the harness started the house again, for the supervisor; else the kill itself."""
    children_gone_s: float | None = None
    reconnect_s: float | None = None
    connected_us: dict[str, int] = field(default_factory=dict)
    lost_s: dict[str, float] = field(default_factory=dict)
    lost_frames: dict[str, int] = field(default_factory=dict)
    hole_s: dict[str, float] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)


def established(port: int) -> frozenset[int]:
    """Return the local ports of all open connections to a port of this machine."""
    found = set()
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        _, local, remote, state, *_ = line.split()
        if state == "01" and int(remote.rpartition(":")[2], 16) == port:
            found.add(int(local.rpartition(":")[2], 16))
    return frozenset(found)


class Run:
    """The cameras, the house and the services of one run, and its findings."""

    def __init__(self, house: rig.House, cameras: dict[str, RtspServer], rng: random.Random) -> None:
        self.house = house
        self.cameras = cameras
        self.rng = rng
        self.kills: list[Kill] = []
        self.problems: list[str] = []
        self.verified = 0

    async def kill(self, role: str, number: int) -> None:
        """Kill one process, wait until all is well again, look at the others."""
        house = self.house
        before = house.pids()
        lines = len(house.lines)
        connections = {name: established(camera.port) for name, camera in self.cameras.items()}
        kill = Kill(role=role, number=number, at_us=time.time_ns() // 1000)
        self.kills.append(kill)
        house.kill(role)
        kill.start_us = kill.at_us
        if role == "supervisor":
            await self._start_again(kill)
        watching = asyncio.create_task(self._watch(kill, connections)) if role in STOPS_RECORDING else None
        if role == "supervisor":
            await house.start()
            await house.claim()
        await house.until(self._is_whole(before, role, lines), bool, timeout_s=_RECOVERY_S, every_s=0.02)
        kill.back_s = (time.time_ns() // 1000 - kill.start_us) / US_PER_S
        if watching is not None:
            await watching
        for name, pid in house.pids().items():
            if role not in {name, "supervisor"} and before.get(name) != pid:
                kill.problems.append(f"the {name} was started anew, too")
        await asyncio.sleep(1.0)
        await self.verify(f"{role} {number}", deep=False)

    async def _start_again(self, kill: Kill) -> None:
        """What systemd does: see that nothing of the service is left, then start it anew."""
        try:
            await self.house.ended(20.0)
        except TimeoutError:
            kill.problems.append(f"outlived the supervisor: {self.house.pids()}")
            raise
        now_us = time.time_ns() // 1000
        kill.children_gone_s = (now_us - kill.at_us) / US_PER_S
        kill.start_us = now_us

    def _is_whole(self, before: dict[str, int], role: str, lines: int):
        """Return a question: is there another process in the place of the killed one, and does it do its work?"""

        async def whole() -> bool:
            pids = self.house.pids()
            if not pids.keys() >= set(ROLES) or pids[role] == before[role]:
                return False
            if role == "looker":
                return any("looking with" in line for line in self.house.lines[lines:])
            if not await self.house.healthz():
                return False
            if role == "house":
                return True
            found = await self.house.cameras()
            return all(camera["state"] == "live" for camera in found.values())

        return whole

    async def _watch(self, kill: Kill, before: dict[str, frozenset[int]]) -> None:
        """Note when main and sub stream of each camera are connected again."""
        until_ns = time.monotonic_ns() + round(_RECOVERY_S * 1e9)
        while len(kill.connected_us) < len(self.cameras) and time.monotonic_ns() < until_ns:
            for name, camera in self.cameras.items():
                if name not in kill.connected_us and len(established(camera.port) - before[name]) >= 2:
                    kill.connected_us[name] = time.time_ns() // 1000
            await asyncio.sleep(0.02)
        missing = self.cameras.keys() - kill.connected_us.keys()
        if missing:
            kill.problems.append(f"not connected again: {', '.join(sorted(missing))}")
            return
        kill.reconnect_s = (max(kill.connected_us.values()) - kill.start_us) / US_PER_S
        if kill.reconnect_s > MAX_RECONNECT_S:
            kill.problems.append(f"not reconnected within {MAX_RECONNECT_S:g} s but {kill.reconnect_s:.2f} s")

    async def verify(self, when: str, *, deep: bool) -> None:
        """Compare store and index, as `hearthwatch verify` does."""

        def look() -> tuple[Finding, ...]:
            with self.house.index() as reader:
                return verify(self.house.footage, reader, now_us=WallUs(time.time_ns() // 1000), deep=deep).findings

        findings = await asyncio.to_thread(look)
        self.verified += 1
        self.problems += [f"verify after {when}: {one.flaw} {one.path}: {one.detail}" for one in findings]

    def blind(self) -> list[tuple[int, int]]:
        """Return from when to when a kill may have hidden a visitor."""
        return [(kill.at_us, kill.start_us + round((kill.back_s + 1.0) * US_PER_S)) for kill in self.kills]

    def judge_video(self, name: str, sent: list[FrameId]) -> dict[str, object]:
        """Compare what the camera sent with what is stored, and hold each hole against the kills."""
        with self.house.index() as reader:
            segments = segments_of(reader, name)
            gaps = reader.gaps(CameraId(name), Stream.MAIN, WallUs(0), FAR_US)
        stored = stored_in(self.house.footage, segments)
        kept, missing = split(sent, stored)
        unexplained = {frame.wall_us: frame for frame in missing}
        ends = [one.end_us for one in segments]
        starts = [one.start_us for one in segments]
        for kill in self.kills:
            if kill.role not in STOPS_RECORDING:
                continue
            back = next((frame for frame in kept if frame.wall_us > kill.start_us), None)
            if back is None:
                kill.problems.append(f"{name}: never recorded again")
                continue
            last = max((frame.wall_us for frame in kept if frame.wall_us <= kill.at_us), default=kill.at_us)
            hole = [wall for wall in unexplained if last < wall < back.wall_us]
            for wall in hole:
                del unexplained[wall]
            lost = sorted(wall for wall in hole if wall <= kill.at_us)
            kill.lost_frames[name] = len(lost)
            kill.lost_s[name] = (kill.at_us - lost[0]) / US_PER_S if lost else 0.0
            kill.hole_s[name] = (back.wall_us - last) / US_PER_S
            if kill.lost_s[name] > MAX_LOST_S:
                kill.problems.append(f"{name}: {kill.lost_s[name]:.2f} s of received video lost")
            self._judge_return(kill, name, sent, back)
            end_us = max((end for end in ends if end <= kill.at_us + _TOUCH_US), default=0)
            start_us = min((start for start in starts if start >= kill.at_us), default=FAR_US)
            self._judge_gap(kill, name, gaps, end_us, start_us)
        for wall in sorted(unexplained):
            near = min(self.kills, key=lambda kill: abs(kill.at_us - wall), default=None)
            said = f"{(wall - near.at_us) / US_PER_S:+.2f} s from the kill of the {near.role}" if near else "without any kill"
            self.problems.append(f"{name}: a frame is missing, {said}")
        return {
            "sent": len(sent),
            "kept": len(kept),
            "missing": len(missing),
            "unexplained": len(unexplained),
            "segments": len(segments),
            "gaps": dict(Counter(gap.reason.value for gap in gaps)),
        }

    def _judge_return(self, kill: Kill, name: str, sent: list[FrameId], back: FrameId) -> None:
        """Recording goes on with the next key frame after the connection."""
        connected_us = kill.connected_us.get(name)
        if connected_us is None:
            return
        passed = [frame for frame in sent if frame.is_key and connected_us + _PLAY_S * US_PER_S < frame.wall_us < back.wall_us]
        if passed or not back.is_key:
            kill.problems.append(f"{name}: recording went on {len(passed)} key frames too late (key: {back.is_key})")

    def _judge_gap(self, kill: Kill, name: str, gaps: tuple[Gap, ...], end_us: int, start_us: int) -> None:
        mine = [gap for gap in gaps if gap.start_us < start_us and (gap.end_us or FAR_US) > end_us]
        if {gap.reason for gap in mine} != {GapReason.US}:
            kill.problems.append(f"{name}: the hole has the causes {[gap.reason.value for gap in mine]}, not us")
        elif abs(mine[0].start_us - end_us) > _TOUCH_US or abs((mine[-1].end_us or FAR_US) - start_us) > _TOUCH_US:
            kill.problems.append(f"{name}: the gap {mine} does not fill the hole from {end_us} to {start_us}")


async def kill_all(args: argparse.Namespace, folder: Path) -> dict[str, object]:
    """Do the whole run; return the report."""
    rng = random.Random(args.seed)
    roles = [role for role in args.roles for _ in range(args.kills)]
    rng.shuffle(roles)
    async with contextlib.AsyncExitStack() as stack:
        cameras: dict[str, RtspServer] = {}
        for scene in SCENES:
            cameras[scene.name] = stack.enter_context(RtspServer(mounts(scene, cut_clip(scene, folder))))
        viewers = {
            name: {path: stack.enter_context(SecondViewer(camera.url(f"/{path}"))) for path in ("main", "sub")}
            for name, camera in cameras.items()
        }
        services = await stack.enter_async_context(rig.channels())
        sections = [section(scene, cameras[scene.name]) for scene in SCENES]
        house = await stack.enter_async_context(rig.running(folder / "house", sections, services))
        await house.all_live()
        run = Run(house, cameras, rng)
        await asyncio.sleep(10.0)
        began = time.monotonic()
        for number, role in enumerate(roles, 1):
            await asyncio.sleep(rng.uniform(*_WAIT_S))
            await run.kill(role, number)
            _say(run.kills[-1], len(roles))
        await asyncio.sleep(30.0)
        alerts = await house.alerts()
        outages = await house.outages()
        end_us = time.time_ns() // 1000
        await run.verify("the last kill", deep=True)
        code = await house.stop()
        for name, found in viewers.items():
            for path, viewer in found.items():
                if viewer.error:
                    run.problems.append(f"the second viewer of {name}/{path} broke: {viewer.error}")
        await run.verify("the end", deep=True)
        verified, said = await house.command("verify", "--deep")
        if verified:
            run.problems.append(f"hearthwatch verify: {said}")
        video = {
            name: await asyncio.to_thread(run.judge_video, name, list(found["main"].frames)) for name, found in viewers.items()
        }
        told = Told()
        judge_alerts(alerts, services, told)
        for scene in SCENES:
            first = next(frame for frame in viewers[scene.name]["sub"].frames if frame.is_key)
            judge_visits(scene, first.wall_us, end_us, alerts, run.blind(), told)
    if code:
        run.problems.append(f"the house ended with {code}")
    return _report(args, run, video, told, outages, time.monotonic() - began)


def _say(kill: Kill, of: int) -> None:
    said = [f"{kill.number}/{of} {kill.role}: back after {kill.back_s:.2f} s"]
    if kill.reconnect_s is not None:
        said.append(f"connected again after {kill.reconnect_s:.2f} s")
    if kill.children_gone_s is not None:
        said.append(f"children gone after {kill.children_gone_s:.2f} s")
    print(", ".join([*said, *kill.problems]), flush=True)


def _report(
    args: argparse.Namespace, run: Run, video: dict[str, dict[str, object]], told: Told, outages: list[dict], took_s: float
) -> dict[str, object]:
    problems = [*run.problems, *told.problems]
    problems += [f"kill {kill.number} ({kill.role}): {problem}" for kill in run.kills for problem in kill.problems]
    roles = {}
    for role in args.roles:
        mine = [kill for kill in run.kills if kill.role == role]
        roles[role] = {
            "kills": len(mine),
            "back_s": _spread([kill.back_s for kill in mine]),
            "reconnect_s": _spread([kill.reconnect_s for kill in mine if kill.reconnect_s is not None]),
            "children_gone_s": _spread([kill.children_gone_s for kill in mine if kill.children_gone_s is not None]),
            "lost_s": _spread([lost for kill in mine for lost in kill.lost_s.values()]),
            "lost_frames": _spread([float(lost) for kill in mine for lost in kill.lost_frames.values()]),
            "hole_s": _spread([hole for kill in mine for hole in kill.hole_s.values()]),
        }
    return {
        "seed": args.seed,
        "took_s": round(took_s, 1),
        "roles": roles,
        "video": video,
        "verified": run.verified,
        "alerts": {
            "in_ledger": told.alerts,
            "texts_arrived": told.texts,
            "doubled": told.doubled,
            "visits": told.visits,
            "visits_watched": told.watched,
            "visits_by_times_told": dict(sorted(told.visits_told.items())),
        },
        "outages": dict(Counter(outage["fault"] for outage in outages)),
        "problems": problems,
    }


def _spread(values: list[float]) -> dict[str, float]:
    if not values:
        return {}
    return {"median": round(statistics.median(values), 3), "worst": round(max(values), 3), "count": len(values)}


def show(report: dict) -> None:
    """Print the report for a person."""
    print(f"\nkills: seed {report['seed']}, {report['took_s']:.0f} s, store verified {report['verified']} times")
    for role, found in report["roles"].items():
        print(f"  {role} killed {found['kills']} times")
        for key in ("back_s", "reconnect_s", "children_gone_s", "lost_s", "lost_frames", "hole_s"):
            if found[key]:
                print(f"    {key:16} median {found[key]['median']:8.3f}   worst {found[key]['worst']:8.3f}")
    for name, found in report["video"].items():
        print(f"  {name}: " + ", ".join(f"{key} {value}" for key, value in found.items()))
    print("  alerts: " + ", ".join(f"{key} {value}" for key, value in report["alerts"].items()))
    print(f"  outages: {report['outages']}")
    for problem in report["problems"]:
        print(f"  PROBLEM {problem}")
    print("  FAILED" if report["problems"] else "  all promises kept")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=20, help="of each role")
    parser.add_argument("--roles", type=lambda text: tuple(text.split(",")), default=ROLES)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 30))
    parser.add_argument("--json", type=Path)
    parser.add_argument("--keep", type=Path, help="folder for the house's data, kept afterwards")
    args = parser.parse_args()
    unknown = set(args.roles) - set(ROLES)
    if unknown:
        parser.error(f"no such role: {', '.join(sorted(unknown))}")
    print(f"seed {args.seed}", flush=True)
    folder = args.keep or Path(tempfile.mkdtemp(prefix="hearthwatch-kills-"))
    folder.mkdir(parents=True, exist_ok=True)
    try:
        report = asyncio.run(kill_all(args, folder))
    finally:
        if args.keep is None:
            shutil.rmtree(folder, ignore_errors=True)
    show(report)
    if args.json:
        args.json.write_text(json.dumps(report, indent=1))
    sys.exit(1 if report["problems"] else 0)


if __name__ == "__main__":
    main()
