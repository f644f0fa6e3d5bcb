"""What watching twenty cameras' doors costs: houses of twenty cameras side by side, one of them leaving the doors alone.

`python -m tests.runs.doors_cost [--minutes 2]` shows CPU and memory of each, by /proc over the same seconds. The cameras are
emulated in another process and have next to no video, so that what differs is the doors. Exit code 1 when log-ins polled each
30 s cost more than 2 % of one core or 40 MB.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import sys
import tempfile
from collections.abc import AsyncIterator
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.devices import dahua, foscam_hd, foscam_mjpeg, onvif_camera, reolink
from tests.devices.camera_picture import picture
from tests.devices.camera_web import EmulatedCamera
from tests.runs.rig import CameraSection, House, Usage, house_toml

CAMERAS = 20
CPU_LIMIT, RSS_LIMIT_MB = 2.0, 40.0
SETTLE_S = 90.0
"""The first minute audits and copies every camera, which is once a day."""
_FAMILIES = (
    ("foscam-mjpeg", foscam_mjpeg.camera, "watchPass1"),
    ("foscam-hd", foscam_hd.camera, "watchPass1"),
    ("dahua", dahua.camera, "watch-Pass-1"),
    ("reolink", reolink.camera, "watch-Pass-1"),
    ("onvif", onvif_camera.camera, "watch-Pass-1"),
)
IDLE, POLLED, USUAL = "doors left alone", "log-ins polled each 30 s", "as it is set up by itself"
HOUSES = {IDLE: None, POLLED: "sessions_s = 0", USUAL: ""}
"""The third one also looks at the lists of sessions each second, which is how a log-in is told within two."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """One house over the measured seconds: percent of one core, and MB at their end; of the process that asks the cameras, and
    of all processes."""

    house: str
    cpu: float
    cpu_all: float
    rss_mb: float
    rss_all_mb: float
    requests_per_s: float


async def serve() -> None:
    """Run cameras for every house that has doors; say where they are, count what they are asked for each line, end with the input."""
    async with contextlib.AsyncExitStack() as stack:
        cameras: dict[str, list[EmulatedCamera]] = {}
        for name, extra in HOUSES.items():
            if extra is not None:
                made = [_FAMILIES[number % len(_FAMILIES)][1]() for number in range(CAMERAS)]
                cameras[name] = [await stack.enter_async_context(one.running()) for one in made]
        snapshots = await asyncio.start_server(_snapshot, "127.0.0.1", 0)
        stack.push_async_callback(snapshots.wait_closed)
        stack.callback(snapshots.close)
        port = snapshots.sockets[0].getsockname()[1]
        print(
            json.dumps({"snapshots": port, "ports": {name: [one.port for one in all_] for name, all_ in cameras.items()}}),
            flush=True,
        )
        while await asyncio.to_thread(sys.stdin.readline):
            counts = {}
            for name, all_ in cameras.items():
                counts[name] = sum(len(one.requests) for one in all_)
                for one in all_:
                    one.requests.clear()
            print(json.dumps(counts), flush=True)


async def _snapshot(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
        await reader.readuntil(b"\r\n\r\n")
        body = picture("", 320, 240)
        head = f"HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        writer.write(head.encode() + body)
        await writer.drain()
    writer.close()


@contextlib.asynccontextmanager
async def _street() -> AsyncIterator[asyncio.subprocess.Process]:
    """The cameras in a process of their own."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", __spec__.name, "--serve", stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    try:
        yield process
    finally:
        assert process.stdin is not None
        process.stdin.close()
        await process.wait()


async def _line(process: asyncio.subprocess.Process, ask: bytes = b"") -> dict:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(ask)
    await process.stdin.drain()
    return json.loads(await process.stdout.readline())


def _section(number: int, snapshots: int, port: int | None, extra: str | None) -> CameraSection:
    vendor, _, password = _FAMILIES[number % len(_FAMILIES)]
    name = f"cam-{number}"
    door = f'vendor = "{vendor}"\nport = {port}' if port is not None else 'vendor = "none"'
    more = f'poll_s = 10\nrecord = "never"\nmotion.enabled = false\n[camera.{name}.door]\n{door}\n' + (
        f"[camera.{name}.logins]\n{extra}\n" if extra else ""
    )
    return CameraSection(name=name, main=f"http://127.0.0.1:{snapshots}/{name}.jpg", user="watch", password=password, more=more)


async def measure(folder: Path, minutes: float) -> list[Cost]:
    """Run all houses for so long after they settled; return what each took."""
    async with contextlib.AsyncExitStack() as stack:
        street = await stack.enter_async_context(_street())
        places = await _line(street)
        houses = {}
        for index, (name, extra) in enumerate(HOUSES.items()):
            ports = places["ports"].get(name, [None] * CAMERAS)
            sections = [_section(number, places["snapshots"], port, extra) for number, port in enumerate(ports)]
            secrets = {key: value for section in sections for key, value in section.secrets().items()}
            house = House(folder / f"house-{index}", house_toml(sections), secrets)
            stack.push_async_callback(house.close)
            await house.start()
            await house.claim()
            houses[name] = house
        await asyncio.gather(*(_settled(house, is_idle=name == IDLE) for name, house in houses.items()))
        await asyncio.sleep(SETTLE_S)
        await _line(street, b"\n")
        before = {name: house.usage() for name, house in houses.items()}
        await asyncio.sleep(60 * minutes)
        after = {name: house.usage() for name, house in houses.items()}
        requests = await _line(street, b"\n")
        for name, house in houses.items():
            if name != IDLE:
                await _settled(house)
        return [_cost(name, before[name], after[name], minutes * 60, requests.get(name, 0)) for name in houses]


async def _settled(house: House, *, is_idle: bool = False) -> None:
    """Wait until every camera's door is open, and its settings are kept."""

    async def look() -> str:
        watches = await house.get("/api/v1/logins/watch")
        copies = await house.get("/api/v1/copies", limit=200)
        kept = {copy["camera"] for copy in copies["copies"]}
        troubled = [each["camera"] for each in watches if each["trouble"]]  # type: ignore[index]
        return f"{len(watches)} {len(kept)} {troubled}"

    await house.until(look, lambda text: is_idle or text == f"{CAMERAS} {CAMERAS} []", timeout_s=180, every_s=2)


def _cost(house: str, before: dict[str, Usage], after: dict[str, Usage], seconds: float, requests: int) -> Cost:
    used = {role: 100 * (after[role].cpu_s - before[role].cpu_s) / seconds for role in after if role in before}
    rss = {role: one.rss_bytes / 1e6 for role, one in after.items()}
    return Cost(
        house=house,
        cpu=used["house"],
        cpu_all=sum(used.values()),
        rss_mb=rss["house"],
        rss_all_mb=sum(rss.values()),
        requests_per_s=requests / seconds,
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--minutes", type=float, default=2.0)
    parser.add_argument("--json", type=Path, help="write the figures there")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.serve:
        asyncio.run(serve())
        return 0
    with tempfile.TemporaryDirectory() as folder:
        costs = asyncio.run(measure(Path(folder), args.minutes))
    idle = next(cost for cost in costs if cost.house == IDLE)
    is_kept = True
    for cost in costs:
        more, more_mb = cost.cpu - idle.cpu, cost.rss_mb - idle.rss_mb
        all_more, all_more_mb = cost.cpu_all - idle.cpu_all, cost.rss_all_mb - idle.rss_all_mb
        print(
            f"{cost.house:28} house {cost.cpu:5.2f} % of a core, {cost.rss_mb:5.1f} MB (+{more:.2f} %, +{more_mb:.1f} MB); "
            f"all {cost.cpu_all:5.2f} %, {cost.rss_all_mb:5.1f} MB (+{all_more:.2f} %, +{all_more_mb:.1f} MB); "
            f"{cost.requests_per_s:.1f} requests a second"
        )
        if cost.house == POLLED:
            is_kept = more <= CPU_LIMIT and more_mb <= RSS_LIMIT_MB
    if args.json:
        args.json.write_text(json.dumps([asdict(cost) for cost in costs], indent=1))
    print(f"limit {CPU_LIMIT:.0f} %, {RSS_LIMIT_MB:.0f} MB: {'kept' if is_kept else 'NOT kept'}")
    return 0 if is_kept else 1


if __name__ == "__main__":
    sys.exit(main())
