"""One of four cameras is killed while a backlog keeps the line busy: when are the last minutes of the others safe?

    python -m tests.runs.failsafe [--mbit 10] [--record 130] [--json FILE]

A real house with four RTSP cameras sends to a real OpenSSH server over a line of so many Mbit/s. Exit code 1 when the other three
cameras' last 2 minutes are not proved to be there 30 s after the camera died, or not ahead of the backlog, or when not exactly one
alert names the dead camera.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import sqlite3
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from hearthwatch.bench.rtsp_server import Mount, RtspServer
from hearthwatch.kit.secrets import Secrets
from hearthwatch.offsite.seal import new_pair
from tests.devices.slow_wire import SlowWire
from tests.devices.sshd import Sshd
from tests.runs.rig import CameraSection, House, house_toml
from tests.runs.theft import backlog, config

CAMERAS = ("yard", "hall", "porch", "garage")
DEAD = CAMERAS[0]
BACK_S = 120.0
MAX_S = 30.0
_EDGE_US = 2_500_000
"""What is on the disk ends a little before now."""
_BACKLOG_BYTES = 400_000_000


@dataclass(slots=True, kw_only=True)
class Result:
    """`safe_s`: from the death until the last minutes of each other camera were proved, None: not within a minute."""

    safe_s: dict[str, float | None]
    backlog_left: int
    alerts: list[str]


def rows(house: House, what: str) -> list[tuple]:
    with contextlib.closing(sqlite3.connect(f"file:{house.folder / 'house.db'}?mode=ro", uri=True)) as base:
        return base.execute(what).fetchall()


def is_covered(house: House, camera: str, start_us: int, end_us: int) -> bool:
    """Tell whether proved pieces of the camera leave no hole of more than the edge in the range."""
    found = rows(
        house,
        f"SELECT start_us, end_us FROM uploads WHERE camera = '{camera}' AND state = 'proved' AND kind != 'picture' "
        f"AND end_us > {start_us} ORDER BY start_us",
    )
    at = start_us
    for begins, ends in found:
        if begins > at + _EDGE_US:
            return False
        at = max(at, ends)
    return at >= end_us - _EDGE_US


async def watch(house: House, server: RtspServer, record_s: float) -> Result:
    await asyncio.sleep(record_s)
    started_us = {name: one["kept_from_us"] for name, one in (await house.cameras()).items()}
    await asyncio.to_thread(server.kill)
    died_us = time.time_ns() // 1000
    safe: dict[str, float | None] = dict.fromkeys(name for name in CAMERAS if name != DEAD)
    while None in safe.values() and time.time_ns() // 1000 < died_us + 60_000_000:
        for name, at in safe.items():
            first_us = max(died_us - int(BACK_S * 1e6), started_us[name] or 0)
            if at is None and await asyncio.to_thread(is_covered, house, name, first_us, died_us):
                safe[name] = round((time.time_ns() // 1000 - died_us) / 1e6, 1)
        await asyncio.sleep(0.25)
    left = rows(house, "SELECT count(*) FROM uploads WHERE camera = 'demo' AND state != 'proved'")[0][0]
    await asyncio.sleep(max(0.0, died_us / 1e6 + 40 - time.time()))
    alerts = [f"{one['title']} | {one['text']}" for one in await house.alerts() if one["at_us"] >= died_us]
    return Result(safe_s=safe, backlog_left=left, alerts=[one for one in alerts if DEAD in one.split("|")[0].lower()])


async def run(mbit_s: float, record_s: float) -> Result:
    with contextlib.ExitStack() as stack, tempfile.TemporaryDirectory(prefix="failsafe-") as folder:
        mount = Mount(path="/main", width_px=640, height_px=360, fps=10, bitrate_kbps=300, gop_s=1.0)
        servers = {name: stack.enter_context(RtspServer([mount])) for name in CAMERAS}
        far, place = Sshd(Path(folder) / "far"), Path(folder) / "house"
        await far.start()
        wire = SlowWire("127.0.0.1", far.port, mbit_s * 1e6)
        _host, port = await wire.start()
        target = config(new_pair().recipient, port, far.user, await far.fingerprint())
        cameras = [CameraSection(name=name, main=server.url("/main")) for name, server in servers.items()]
        house = House(place, house_toml(cameras, target), {})
        Secrets(place).set("offsite.nas.key", far.client_key)
        await asyncio.to_thread(backlog, house.footage, _BACKLOG_BYTES)
        try:
            await house.start()
            await house.claim()
            await house.all_live()
            return await watch(house, servers[DEAD], record_s)
        finally:
            await house.close()
            await wire.stop()
            await far.stop()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mbit", type=float, default=10.0)
    parser.add_argument("--record", type=float, default=130.0, help="seconds of recording before the camera dies")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    found = asyncio.run(run(options.mbit, options.record))
    print(json.dumps(asdict(found), indent=1))
    if options.json:
        options.json.write_text(json.dumps(asdict(found), indent=1))
    in_time = all(one is not None and one <= MAX_S for one in found.safe_s.values())
    return 0 if in_time and found.backlog_left > 0 and len(found.alerts) == 1 else 1


if __name__ == "__main__":
    sys.exit(main())
