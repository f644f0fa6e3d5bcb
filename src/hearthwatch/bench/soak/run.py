"""One soak from the start of the house to its account."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from hearthwatch.bench.soak import samples
from hearthwatch.bench.soak.cameras import SoakCamera, Street, mjpeg_camera, serving
from hearthwatch.bench.soak.coverage import Follower, Window
from hearthwatch.bench.soak.far_ends import TOKEN, BotApi
from hearthwatch.bench.soak.faults import Faults
from hearthwatch.bench.soak.house import SoakHouse, free_port
from hearthwatch.bench.soak.mjpeg import MjpegCameras, empty_room
from hearthwatch.bench.soak.samples import Sample, Table
from hearthwatch.bench.soak.scene import ROOM
from hearthwatch.bench.soak.terms import SoakTerms, Tier
from hearthwatch.bench.soak.verdict import Account
from hearthwatch.bench.soak.visitors import PORCH_PASSWORD, AlarmingCamera, Viewers, picture_of
from hearthwatch.bench.terms import Terms
from hearthwatch.feeds.packet import Stream
from hearthwatch.kit.clock import SystemClock
from hearthwatch.kit.errors import HearthwatchError, Unreachable
from hearthwatch.kit.units import NS_PER_S, WallUs
from hearthwatch.recording.index import IndexReader
from hearthwatch.recording.verify import verify

_LIVE_S = 60.0
_TOLD_IN_S = 12.0
_EDGE_NS = 2 * NS_PER_S
"""Pictures of the last moment may still be on their way when the house is told to end."""
_GREETING = "Hello "
_QUARTER_HOUR_S = 900.0

Say = Callable[[str], None]


async def soak(terms: SoakTerms, footage: Terms, folder: Path, table: Path, say: Say) -> Account:
    """Run a house in `folder` by `terms`, write its samples to `table`. Raises ConfigFault, Unreachable, StorageFailed."""
    say("preparing the cameras' clips …")
    ledgers = folder / "ledgers"
    with serving(terms, footage, ledgers) as served:
        paths = [ledgers / f"mjpeg-{number + 1}.sent" for number in range(terms.mjpeg)]
        async with BotApi() as bot, MjpegCameras(empty_room(footage.video(ROOM)), paths) as others:
            more = [mjpeg_camera(number, others.url(number), ledgers) for number in range(terms.mjpeg)]
            street = replace(served, cameras=(*served.cameras, *more))
            ports = free_port(), free_port()
            toml = configuration(terms, street.cameras, bot.base, ports)
            secrets = {"alerts.telegram.token": TOKEN, f"camera.{street.cameras[0].name}.porch.password": PORCH_PASSWORD}
            clock = SystemClock()
            began_ns = clock.mono_ns()
            async with SoakHouse(folder / "house", footage.data / "models", toml, secrets) as house:
                await house.all_live(_LIVE_S)
                live_in_s = (clock.mono_ns() - began_ns) / NS_PER_S
                say(f"{terms.cameras} cameras are recorded after {live_in_s:.1f} s")
                await _enrol(house, bot)
                alarming = AlarmingCamera(street.cameras[0].name, *ports, picture_of(footage.video(ROOM)))
                run = _Run(terms, street=street, bot=bot, house=house, alarming=alarming, table=table, say=say)
                return await run.account(live_in_s)


def configuration(terms: SoakTerms, cameras: Sequence[SoakCamera], bot: str, ports: tuple[int, int]) -> str:
    """Return the house's file: places that lie far apart, so that no visitor of two of them is the same."""
    sections = [
        '[home]\nname = "Soak"\ntimezone = "UTC"\n',
        "[web]\nhttps_port = 0\n[connectivity]\nenabled = false\n",  # the machine's own router is none of ours
        f"[storage]\nmax_gib = {terms.footage_gib:.3f}\n",
        f'[alerts]\nincident_s = 0\n[alerts.telegram]\napi_base = "{bot}"\n',
        f'[porch]\nenabled = true\naddress = "127.0.0.1"\nsmtp_port = {ports[0]}\nftp_port = {ports[1]}\n',
    ]
    sections += [
        one.toml("porch.quota_gib = 0.05" if number == 0 else "porch.events = false") for number, one in enumerate(cameras)
    ]
    return "\n".join(sections)


async def _enrol(house: SoakHouse, bot: BotApi) -> None:
    """Enrol the owner as he would: a code from the page, sent to the bot. Raises Unreachable."""
    await house.until(lambda found: bool(found["telegram"]))
    code = (await house.ask("POST", "/api/v1/telegram/enrol"))["code"]
    bot.say(f"/start {code}")
    await house.until(lambda found: any(one.startswith("telegram") for one in found["channels"]))


class _Run:
    """The stretch that is measured, and what is asked afterwards."""

    def __init__(
        self,
        terms: SoakTerms,
        *,
        street: Street,
        bot: BotApi,
        house: SoakHouse,
        alarming: AlarmingCamera,
        table: Path,
        say: Say,
    ) -> None:
        self._terms, self._street, self._bot, self._house, self._say = terms, street, bot, house, say
        self._alarming = alarming
        self._viewers = Viewers(house, [one.name for one in street.cameras], terms.viewers)
        self._faults = Faults(lambda: house.pid, street.server, bot, random.Random(terms.seed))  # noqa: S311 a schedule
        self._follower = Follower(house.footage, {one.name: one.numbering for one in street.cameras})
        self._table = Table(table)
        self._clock = SystemClock()
        self._samples: list[Sample] = []
        self._shortfalls: list[str] = []

    async def account(self, live_in_s: float) -> Account:
        """Measure, end the house, and return what it amounts to."""
        start_ns, start_mono_ns = self._clock.wall_us() * 1000, self._clock.mono_ns()
        async with self._life():
            await self._watch(start_mono_ns)
        end_ns, end_mono_ns = self._clock.wall_us() * 1000 - _EDGE_NS, self._clock.mono_ns() - int(_TOLD_IN_S * NS_PER_S)
        alerts, outbox_s = await self._settled()
        outages = await self._house.ask("GET", "/api/v1/outages", params={"limit": 500})
        exit_code = await self._house.stop()
        await asyncio.to_thread(self._follower.read)
        window = Window(start_ns=start_ns, end_ns=end_ns, without=tuple(self._faults.without))
        covered = [
            self._follower.covered(camera.name, Stream.MAIN, camera.sent(Stream.MAIN), window)
            for camera in self._street.cameras
        ]
        self._follower.close()
        self._table.close()
        gaps = self._checked(start_ns, end_ns)
        self._arrived(alerts)
        texts, pictures = self._told(start_mono_ns, end_mono_ns)
        deliveries = [each for one in alerts for each in one["deliveries"]]
        return Account(
            terms=self._terms,
            cores=os.cpu_count() or 1,
            live_in_s=live_in_s,
            samples=tuple(self._samples),
            covered=tuple(covered),
            text_s=texts,
            picture_s=pictures,
            decided_s=tuple(
                (each["decided_ms"] + each["accepted_ms"]) / 1000
                for each in deliveries
                if each["part"] == "text" and each["decided_ms"] is not None and each["accepted_ms"] is not None
            ),
            undelivered=sum(each["state"] != "sent" for each in deliveries),
            outbox_s=outbox_s,
            alarms=self._alarming.sent,
            gaps=gaps,
            outages=tuple(f"{one['fault']} {one['subject']}: {one['detail']}" for one in outages),
            faults=tuple(self._faults.told),
            shortfalls=tuple(self._shortfalls),
            exit_code=exit_code,
        )

    @asynccontextmanager
    async def _life(self) -> AsyncIterator[None]:
        """Let viewers watch, alarms come and, where the tier has any, faults happen."""
        working = [asyncio.create_task(self._viewers.watch(number)) for number in range(self._terms.viewers)]
        working.append(asyncio.create_task(self._alarms()))
        if self._terms.tier is Tier.S3:
            working.append(asyncio.create_task(self._faults.go_on()))
        try:
            yield
        finally:
            for one in working:
                one.cancel()
            await asyncio.gather(*working, return_exceptions=True)
        if self._terms.tier is not Tier.S3:
            self._expect(not self._alarming.failed, f"alarms not taken: {self._alarming.failed[:3]}")
            self._expect(not self._viewers.breaks, f"viewers broke off {self._viewers.breaks} times")
            self._expect(all(self._viewers.messages), f"a viewer saw nothing: {self._viewers.messages}")

    async def _alarms(self) -> None:
        while True:
            await self._alarming.alarm()
            await asyncio.sleep(self._terms.alarm_s)

    async def _watch(self, began_ns: int) -> None:
        """Sample until the time is over. Raises Unreachable when the house ends by itself."""
        next_s = told_s = 0.0
        while (now_s := (self._clock.mono_ns() - began_ns) / NS_PER_S) < self._terms.length_s:
            sample = await self._sample(now_s)
            self._samples.append(sample)
            self._table.add(sample)
            with contextlib.suppress(HearthwatchError):  # the index of a recorder that is just being started anew
                await asyncio.to_thread(self._follower.read)
            if not self._house.is_running:
                raise Unreachable("the house ended by itself; its last lines:\n" + "\n".join(self._house.lines[-15:]))
            if now_s >= told_s:
                told_s = now_s + min(_QUARTER_HOUR_S, max(30.0, self._terms.length_s / 20))
                self._say(f"{now_s:6.0f} s  RSS {sample.rss_bytes / 1e6:.0f} MB, {self._follower.files} files read")
            next_s = max(next_s + self._terms.sample_s, now_s)
            await asyncio.sleep(max(0.0, next_s - (self._clock.mono_ns() - began_ns) / NS_PER_S))

    async def _sample(self, at_s: float) -> Sample:
        spoken = None
        with contextlib.suppress(Unreachable):
            spoken = samples.spoken(await self._house.metrics(), self._terms.limits.commit_p99_s)
        return Sample(
            at_s=at_s,
            processes=await asyncio.to_thread(samples.tree, self._house.pid),
            spoken=spoken,
            wal_bytes=samples.wal_bytes(self._house.folder, self._house.footage),
            load=os.getloadavg()[0],
            viewed=sum(self._viewers.messages),
        )

    async def _settled(self) -> tuple[list[dict[str, Any]], float]:
        """Wait until nothing waits to be delivered; return every alert and how long that took."""
        began_ns = self._clock.mono_ns()
        while True:
            alerts = await self._house.alerts()
            passed_s = (self._clock.mono_ns() - began_ns) / NS_PER_S
            waits = any(each["state"] == "waiting" for one in alerts for each in one["deliveries"])
            if not waits or passed_s > self._terms.limits.outbox_s:
                return alerts, passed_s
            await asyncio.sleep(0.5)

    def _checked(self, start_ns: int, end_ns: int) -> tuple[str, ...]:
        """Look at what the house left on its disk; return the gaps it wrote down."""
        self._expect(not self._follower.unread, f"files gone before they were read: {self._follower.unread[:3]}")
        with IndexReader(self._house.footage / "index.db") as index:
            report = verify(self._house.footage, index, now_us=self._clock.wall_us(), deep=True)
            found = [
                f"{camera.name}: {gap.reason} {gap.detail}".strip()
                for camera in self._street.cameras
                for gap in index.gaps(camera.id, Stream.MAIN, WallUs(start_ns // 1000), WallUs(end_ns // 1000))
            ]
        # what a hole costs is counted above, picture by picture
        self._expect(report.is_clean, f"verify: {[f'{one.flaw} {one.path}' for one in report.findings[:3]]}")
        return tuple(found)

    def _arrived(self, alerts: Sequence[dict[str, Any]]) -> None:
        """Compare what the Bot API took with what the house says it sent: each once."""
        for part, method in (("text", "sendMessage"), ("picture", "sendPhoto")):
            said = Counter(
                str(one["title"])
                for one in alerts
                for each in one["deliveries"]
                if each["part"] == part and each["state"] == "sent" and each["channel"].startswith("telegram")
            )
            took = Counter(
                one.text.partition("\n")[0]
                for one in self._bot.taken
                if one.method == method and not one.text.startswith(_GREETING)
            )
            self._expect(not said - took, f"{part}: said to be sent, never taken: {list((said - took).elements())[:3]}")
            if self._terms.tier is not Tier.S3:  # a killed house may say the last thing once more
                self._expect(not took - said, f"{part}: taken twice or for no reason: {list((took - said).elements())[:3]}")

    def _told(self, start_ns: int, end_ns: int) -> tuple[tuple[float, ...], tuple[float, ...]]:
        """Return for each visit the seconds until its text and until its picture were taken, `inf` where none came in time."""
        texts: list[float] = []
        pictures: list[float] = []
        skip = self._faults.without
        for camera in self._street.cameras:
            if camera.entry_unit is None:
                continue
            sent = camera.sent(Stream.SUB)
            for row in (sent.unit == camera.entry_unit).nonzero()[0]:
                at_ns, wall_ns = int(sent.mono_ns[row]), int(sent.wall_ns[row])
                if not start_ns <= at_ns < end_ns or any(left <= wall_ns < right for left, right in skip):
                    continue
                texts.append(self._first(camera.name, "sendMessage", at_ns))
                pictures.append(self._first(camera.name, "sendPhoto", at_ns))
        return tuple(texts), tuple(pictures)

    def _first(self, camera: str, method: str, at_ns: int) -> float:
        until_ns = at_ns + int(_TOLD_IN_S * NS_PER_S)
        told = (one.at_ns for one in self._bot.taken if one.method == method and one.text.startswith(f"{camera}: person"))
        return min(((one - at_ns) / NS_PER_S for one in told if at_ns <= one < until_ns), default=float("inf"))

    def _expect(self, kept: bool, promise: str) -> None:
        if not kept:
            self._shortfalls.append(promise)
