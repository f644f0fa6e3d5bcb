"""The soak: four RTSP cameras, a fake Bot API and a real mail server, for as long as asked; then every promise is checked.

`python -m tests.runs.soak --minutes 30` prints a readable account to stderr and JSON to stdout; exit code 1 names what fell
short. Needs GStreamer's RTSP server, ffmpeg and the folder of test data (HEARTHWATCH_TEST_DATA).
"""

from __future__ import annotations

import argparse
import asyncio
import json
import math
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from email.message import EmailMessage
from pathlib import Path

from hearthwatch.alerts.wording import NOT_WRITTEN_DOWN
from hearthwatch.recording.verify import verify
from tests.devices.fake_telegram import Taken
from tests.runs.entry_probe import Probe
from tests.runs.reckoning import (
    Coverage,
    Latency,
    coverage,
    entry_times_ms,
    latencies,
    not_once,
    rank,
    slope_per_min,
    undelivered,
)
from tests.runs.rig import Channels, House, Usage, channels, running
from tests.runs.scenes import ENTRY_CAMERA, Street, four_cameras

SAMPLE_S = 10.0
SETTLE_S = 20.0
"""How long alerts decided at the very end may still take."""

TEXT_P50_MS, TEXT_P95_MS, PICTURE_P95_MS, ENTRY_P50_MS = 80.0, 200.0, 600.0, 400.0
RSS_MB = 350.0
GROWTH_MB_PER_MIN = 0.25
GROWTH_NEEDS_MIN = 10.0
"""Caches fill in the first minutes; a slope of a shorter run says nothing about growing."""
MB = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    at_s: float
    usage: dict[str, Usage]

    @property
    def rss_mb(self) -> float:
        return sum(each.rss_bytes for each in self.usage.values()) / MB

    @property
    def pss_mb(self) -> float:
        return sum(each.pss_bytes for each in self.usage.values()) / MB


@dataclass(slots=True, kw_only=True)
class Account:
    """What the run amounts to; `shortfalls` is empty when every promise was kept."""

    minutes: float
    started_in_s: float
    shortfalls: list[str] = field(default_factory=list)
    coverage: list[Coverage] = field(default_factory=list)
    latencies: list[Latency] = field(default_factory=list)
    alerts: int = 0
    event_alerts: dict[str, int] = field(default_factory=dict)
    events: dict[str, int] = field(default_factory=dict)
    entries: int = 0
    entry_p50_ms: float = math.inf
    entry_p95_ms: float = math.inf
    entries_not_told: int = 0
    undelivered: list[str] = field(default_factory=list)
    rss_mb_max: float = 0.0
    rss_mb_last: float = 0.0
    pss_mb_last: float = 0.0
    rss_mb_per_min: float = 0.0
    rss_mb_by_role: dict[str, float] = field(default_factory=dict)
    cpu_percent_by_role: dict[str, float] = field(default_factory=dict)
    threads_by_role: dict[str, int] = field(default_factory=dict)
    drops: dict[str, int] = field(default_factory=dict)
    outages: list[str] = field(default_factory=list)
    verify: list[str] = field(default_factory=list)
    exit_code: int = 0
    log: list[str] = field(default_factory=list)

    def expect(self, kept: bool, promise: str) -> None:
        if not kept:
            self.shortfalls.append(promise)


async def soak(folder: Path, minutes: float) -> Account:
    """Run the house in `folder` for so long and return what it amounts to."""
    with four_cameras() as street:
        async with channels() as services, running(folder, street.cameras, services) as house:
            began = time.monotonic()
            await house.all_live()
            account = Account(minutes=minutes, started_in_s=0.0)
            start_us = time.time_ns() // 1000
            probe = Probe(street.cameras[0].sub, street.entries)
            probe.start()
            samples = await _watch(house, began, minutes * 60)
            probe.end()
            end_us = time.time_ns() // 1000 - 1_000_000
            await _settle(house)
            await _ask(account, house, services, street, probe, start_us)
            _weigh(account, samples)
            account.exit_code = await house.stop()
            account.log = [line for line in house.lines if any(word in line for word in ("WARNING", "ERROR", "Traceback"))]
            with house.index() as index:
                account.coverage = [coverage(house.footage, index, camera.name, start_us, end_us) for camera in street.cameras]
                report = verify(house.footage, index, now_us=time.time_ns() // 1000, deep=True)
            account.verify = [f"{one.flaw}: {one.path} {one.detail}" for one in report.findings]
    _judge(account)
    return account


async def _watch(house: House, began: float, length_s: float) -> list[Sample]:
    samples = []
    end = time.monotonic() + length_s
    while (left_s := end - time.monotonic()) > 0:
        await asyncio.sleep(min(SAMPLE_S, left_s))
        sample = Sample(at_s=time.monotonic() - began, usage=await asyncio.to_thread(house.usage))
        samples.append(sample)
        say(f"{sample.at_s:6.0f} s  RSS {sample.rss_mb:5.1f} MB  PSS {sample.pss_mb:5.1f} MB  {_by_role(sample)}")
        assert house.is_running, "the house ended by itself:\n" + "\n".join(house.lines[-30:])
    return samples


async def _settle(house: House) -> None:
    def settled(alerts: list[dict]) -> bool:
        return all(delivery["state"] != "waiting" for alert in alerts for delivery in alert["deliveries"])

    try:
        await house.until(house.alerts, settled, timeout_s=SETTLE_S, every_s=0.5)
    except AssertionError:
        say("some alerts still wait")


async def _ask(account: Account, house: House, services: Channels, street: Street, probe: Probe, start_us: int) -> None:
    alerts = await house.alerts()
    taken = list(services.telegram.taken)
    mails = list(services.mail.messages)
    names = [camera.name for camera in street.cameras]
    events = await house.events()
    account.alerts = len(alerts)
    account.events = {name: sum(event["camera"] == name for event in events) for name in names}
    about_events = [alert for alert in alerts if alert["event"]]
    account.event_alerts = {name: sum(alert["camera"] == name for alert in about_events) for name in names}
    account.undelivered = [
        *undelivered(alerts, ["telegram", "email"], names, start_us),
        *_arrivals(alerts, taken, mails),
    ]
    account.latencies = latencies([alert for alert in alerts if alert["at_us"] >= start_us])
    told_ns = [one.at_ns for one in taken if one.method == "sendMessage" and one.text.startswith(f"{ENTRY_CAMERA}: person")]
    times_ms = entry_times_ms(probe.entered_ns, told_ns)
    account.entries = len(times_ms)
    account.entries_not_told = sum(math.isinf(one) for one in times_ms)
    account.entry_p50_ms, account.entry_p95_ms = rank(times_ms, 0.5), rank(times_ms, 0.95)
    account.expect(not probe.error, f"the harness lost the camera: {probe.error}")
    for camera in (await house.cameras()).values():
        for stream in camera["streams"]:
            for box in stream["boxes"]:
                account.drops[box["name"]] = box["dropped"]
    account.outages = [
        f"{one['fault']} {one['subject']} {'over' if one['end_us'] else 'lasts'}: {one['detail']}"
        for one in await house.outages()
    ]


def _arrivals(alerts: Sequence[dict], taken: Sequence[Taken], mails: Sequence[EmailMessage]) -> list[str]:
    """Compare what the services got with what the house says it sent: each once, pictures as pictures."""

    def sent(channel: str, part: str, text: Callable[[dict], str]) -> list[str]:
        return [
            text(alert)
            for alert in alerts
            for delivery in alert["deliveries"]
            if (delivery["channel"].partition(":")[0], delivery["part"], delivery["state"]) == (channel, part, "sent")
        ]

    def title(alert: dict) -> str:
        return str(alert["title"])

    photos = [one for one in taken if one.method == "sendPhoto"]
    texts = [
        one.text.removesuffix(NOT_WRITTEN_DOWN).strip()  # an alert that overtook a slow disk says so
        for one in taken
        if one.method == "sendMessage" and not one.text.startswith("Hello ")
    ]
    with_picture = [mail for mail in mails if any(part.get_content_maintype() == "image" for part in mail.walk())]
    plain = [str(mail["subject"]) for mail in mails if mail not in with_picture]
    found = [f"picture is no JPEG: {one.text!r}" for one in photos if not one.data.startswith(b"\xff\xd8")]
    for what, expected, arrived in (
        ("text by Telegram", sent("telegram", "text", lambda a: f"{a['title']}\n{a['text']}".strip()), texts),
        ("picture by Telegram", sent("telegram", "picture", title), [one.text.partition("\n")[0] for one in photos]),
        ("mail", sent("email", "text", title), plain),
        ("mail with picture", sent("email", "picture", title), [str(m["subject"]).removeprefix("Re: ") for m in with_picture]),
    ):
        missing, extra = not_once(expected, arrived)
        found += [f"{what}: sent but never arrived: {text!r}" for text in missing]
        found += [f"{what}: arrived without a reason or twice: {text!r}" for text in extra]
    return found


def _weigh(account: Account, samples: Sequence[Sample]) -> None:
    late = samples[len(samples) // 3 :]
    last, first = samples[-1], samples[0]
    account.rss_mb_max = max(sample.rss_mb for sample in samples)
    account.rss_mb_last, account.pss_mb_last = last.rss_mb, last.pss_mb
    account.rss_mb_per_min = slope_per_min([sample.at_s for sample in late], [sample.rss_mb for sample in late])
    account.rss_mb_by_role = {role: round(use.rss_bytes / MB, 1) for role, use in last.usage.items()}
    account.threads_by_role = {role: use.threads for role, use in last.usage.items()}
    passed_s = last.at_s - first.at_s
    account.cpu_percent_by_role = {
        role: round(100 * (use.cpu_s - first.usage[role].cpu_s) / passed_s, 1)
        for role, use in last.usage.items()
        if passed_s and role in first.usage
    }


def _judge(account: Account) -> None:
    expect = account.expect
    for one in account.coverage:
        expect(not one.holes, f"{one.camera}: {len(one.holes)} unexplained gaps in the recording: {one.holes[:5]}")
        expect(not one.gaps, f"{one.camera}: gaps although nothing was disturbed: {'; '.join(one.gaps[:5])}")
        expect(one.longest_frame_s * one.fps < 2.5, f"{one.camera}: frames missing, one is shown {one.longest_frame_s:.2f} s")
    expect(not account.undelivered, f"{len(account.undelivered)} alerts did not arrive whole and once")
    for one in account.latencies:
        if one.part == "text":
            expect(one.p50_ms <= TEXT_P50_MS, f"{one.channel} text p50 {one.p50_ms:.0f} ms > {TEXT_P50_MS:.0f}")
            expect(one.p95_ms <= TEXT_P95_MS, f"{one.channel} text p95 {one.p95_ms:.0f} ms > {TEXT_P95_MS:.0f}")
        else:
            expect(one.p95_ms <= PICTURE_P95_MS, f"{one.channel} {one.part} p95 {one.p95_ms:.0f} ms > {PICTURE_P95_MS:.0f}")
    kinds = {(one.channel, one.part) for one in account.latencies}
    wanted = {(channel, part) for channel in ("telegram", "email") for part in ("text", "picture")}
    expect(wanted <= kinds, f"nothing was told by {sorted(wanted - kinds)}")
    expect(account.entries > 0, "nobody entered: the harness saw no entry")
    expect(account.entries_not_told == 0, f"{account.entries_not_told} of {account.entries} entries were not told")
    expect(account.entry_p50_ms <= ENTRY_P50_MS, f"entry to text p50 {account.entry_p50_ms:.0f} ms > {ENTRY_P50_MS:.0f}")
    expect(account.rss_mb_max <= RSS_MB, f"RSS {account.rss_mb_max:.0f} MB > {RSS_MB:.0f}")
    if account.minutes >= GROWTH_NEEDS_MIN:
        expect(account.rss_mb_per_min <= GROWTH_MB_PER_MIN, f"RSS grows by {account.rss_mb_per_min:.2f} MB a minute")
    expect(not account.outages, f"outages: {'; '.join(account.outages)}")
    expect(not account.verify, f"verify: {'; '.join(account.verify[:5])}")
    expect(account.exit_code == 0, f"exit code {account.exit_code}")


def told(account: Account) -> str:
    """Return the account for a person."""
    lines = ["", f"soak of {account.minutes:g} min"]
    for one in account.coverage:
        lines.append(
            f"  {one.camera:5} {one.files} files, {one.frames} frames in {one.covered_s:.1f} s ({one.fps:.2f} fps), "
            f"longest frame {one.longest_frame_s * 1000:.0f} ms, {len(one.holes)} holes, {len(one.gaps)} gaps, "
            f"{account.events[one.camera]} events, {account.event_alerts[one.camera]} alerts"
        )
    for row in account.latencies:
        lines.append(
            f"  {row.channel:8} {row.part:7} n={row.count:<4} accepted p50 {row.p50_ms:.0f} ms, p95 {row.p95_ms:.0f}, max "
            f"{row.max_ms:.0f}; decided p50 {row.decided_p50_ms:.0f}, p95 {row.decided_p95_ms:.0f}"
        )
    lines.append(
        f"  entry to text: {account.entries} entries, p50 {account.entry_p50_ms:.0f} ms, p95 {account.entry_p95_ms:.0f} ms, "
        f"{account.entries_not_told} not told"
    )
    lines.append(f"  {account.alerts} alerts; {len(account.undelivered)} not arrived whole and once")
    lines += [f"    {line}" for line in account.undelivered[:20]]
    lines.append(
        f"  RSS max {account.rss_mb_max:.1f} MB, last {account.rss_mb_last:.1f} (PSS {account.pss_mb_last:.1f}), "
        f"{account.rss_mb_per_min:+.2f} MB/min; {account.rss_mb_by_role}"
    )
    lines.append(f"  CPU % of a core {account.cpu_percent_by_role}; threads {account.threads_by_role}")
    lines.append(f"  drops {({name: count for name, count in account.drops.items() if count}) or 'none'}")
    lines += [f"  log: {line}" for line in account.log[:20]]
    lines.append("kept every promise" if not account.shortfalls else "FELL SHORT:")
    lines += [f"  - {line}" for line in account.shortfalls]
    return "\n".join(lines)


def say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _by_role(sample: Sample) -> str:
    return " ".join(f"{role} {use.rss_bytes / MB:.0f}" for role, use in sample.usage.items())


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.runs.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--folder", type=Path, help="data folder to use and keep; without one a temporary one is removed")
    parser.add_argument("--json", type=Path, help="write the JSON there instead of to standard output")
    asked = parser.parse_args()
    folder = asked.folder or Path(tempfile.mkdtemp(prefix="hearthwatch-soak-"))
    try:
        account = asyncio.run(soak(folder, asked.minutes))
    finally:
        if asked.folder is None:
            shutil.rmtree(folder, ignore_errors=True)
    say(told(account))
    text = json.dumps(asdict(account), indent=1, default=str).replace("Infinity", "null")
    if asked.json:
        asked.json.write_text(text + "\n")
    else:
        print(text)
    return 1 if account.shortfalls else 0


if __name__ == "__main__":
    sys.exit(main())
