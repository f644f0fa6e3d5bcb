"""A burglar at the doors of four cameras, and the owner who is told, in the real house: what was told when, and what it did about it.

`python -m tests.runs.intruder` shows the seconds from each deed to Telegram and mail; exit code 1 with what failed. Every part
can run alone (`--parts visits,password`); `--poll` is the poll interval of the cameras without a faster way.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path

from hearthwatch.feeds.packet import Stream
from hearthwatch.kit.units import CameraId, WallUs
from tests.devices.camera_state import LogKind
from tests.runs import intruder_ledger
from tests.runs.intruder_scene import OURS, PATIENCE_S, Received, Scene, Visited, planted, scene

INTRUDER = "203.0.113.9"
_FAILED = re.compile(r"a log-in failed from 203\.0\.113\.10 \(outside\)(?: · (\d+) times)?")
FAST_S, MORE_S = 2.0, 2.0
GAP_S = 30.0
"""Longest hole in the recording when the password changes."""
SETTLED_S, READ_S = 5.0, 10.0
"""How long a look at the settings waits for a visitor to finish, and what reading them all may take."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """Seconds from a deed, by the camera's ledger, to the acceptance of what was told of it; `limit_s` is what is promised."""

    camera: str
    deed: str
    telegram_s: float
    mail_s: float
    limit_s: float


@dataclass(slots=True, kw_only=True)
class Account:
    """What the run amounts to."""

    told: list[Told] = field(default_factory=list)
    facts: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)

    def expect(self, is_so: bool, what: str) -> None:
        if not is_so:
            self.problems.append(what)

    @property
    def late(self) -> list[str]:
        return [
            f"{one.camera}: {one.deed} told after {max(one.telegram_s, one.mail_s):.1f} s, promised {one.limit_s:.0f} s"
            for one in self.told
            if max(one.telegram_s, one.mail_s) > one.limit_s
        ]


@dataclass(slots=True, kw_only=True)
class Trial:
    """The deeds, in the order of `PARTS`; one camera each in a task of its own."""

    scene: Scene
    account: Account
    poll_s: float

    def limit_s(self, one: Visited, *, by_log: bool = False) -> float:
        return FAST_S if one.family.is_fast and not by_log else self.poll_s + MORE_S

    async def told(self, one: Visited, deed: str, since_us: int, *words: str, limit_s: float) -> str:
        """Wait for both ways; note how long each took and return the text of Telegram's."""
        wanted = (one.family.title, *words)
        by_bot = await self.scene.gets(*wanted, way="telegram", since_us=since_us)
        by_mail = await self.scene.gets(*wanted, way="mail", since_us=since_us)
        found = Told(
            camera=one.name,
            deed=deed,
            telegram_s=(by_bot.at_us - since_us) / 1e6,
            mail_s=(by_mail.at_us - since_us) / 1e6,
            limit_s=limit_s,
        )
        self.account.told.append(found)
        return by_bot.text

    async def visits(self, one: Visited) -> None:
        """Who comes to the camera's door, and what the owner hears of it."""
        camera = one.camera
        if one.family.is_silent:
            at_us = self.now_us()
            await camera.add_account("mallory", "Mallory-1", admin=True)
            await self.told(one, "a new account", at_us, "a new account: mallory", limit_s=self.poll_s + MORE_S)
            return
        (line,) = await camera.log_in(INTRUDER, "admin", stay=one.family.is_fast)
        words = ("admin", INTRUDER, "outside", "change the camera's password")
        await self.told(one, "log-in from outside", line.true_us, *words, limit_s=self.limit_s(one))

        (line,) = await camera.log_in("192.168.1.50", "admin", stay=one.family.is_fast)
        await self.kept(one, "192.168.1.50")
        rows = [row for row in await self.scene.logins(one.name) if row.address == "192.168.1.50"]
        self.account.expect(
            [row.verdict.value for row in rows] == ["home"],
            f"{one.name}: the visit from home is {[row.verdict for row in rows]}",
        )

        (line,) = await camera.log_in("192.168.1.77", OURS, stay=one.family.is_fast)
        words = ("192.168.1.77", "own account")
        await self.told(one, "our own account from elsewhere", line.true_us, *words, limit_s=self.limit_s(one))
        if LogKind.DENIED in one.family.writes:
            lines = await camera.log_in("203.0.113.10", "root", ok=False, times=20)
            await self.burst(one, lines[0].true_us)
        at_us = self.now_us()
        await camera.add_account("mallory", "Mallory-1", admin=True)
        await self.told(one, "a new account", at_us, "a new account: mallory", limit_s=self.poll_s + MORE_S)
        silent = [each.text for each in self.scene.received() if "192.168.1.50" in each.text]
        self.account.expect(not silent, f"{one.name}: the visit from home was told: {silent}")

    async def burst(self, one: Visited, since_us: int) -> None:
        """Twenty wrong passwords are one alert with their number, however slowly they come in: Telegram's one message says it,
        and by mail at most one more does."""

        async def told() -> list[tuple[Received, int]]:
            found = [(each, _FAILED.findall(each.text)) for each in self.scene.received() if one.family.title in each.text]
            return [(each, sum(int(times or 1) for times in counts)) for each, counts in found if counts]

        def by(way: str, found: object) -> list[tuple[Received, int]]:
            return [(each, count) for each, count in found if each.way == way]  # type: ignore[attr-defined]

        def is_whole(found: object) -> bool:
            return all(max((count for _, count in by(way, found)), default=0) >= 20 for way in ("telegram", "mail"))

        found = await self.scene.house.until(told, is_whole, timeout_s=PATIENCE_S)
        ways = {way: by(way, found) for way in ("telegram", "mail")}
        for way, each in ways.items():
            counts = [count for _, count in each]
            most = 1 if way == "telegram" else 2
            is_right = counts[-1] == 20 and len(counts) <= most
            self.account.expect(is_right, f"{one.name}: wrong passwords told by {way}: {counts}")
            self.account.facts.append(f"{one.name}: 20 wrong passwords are {len(counts)} message(s) by {way}: {counts}")

        async def kept() -> list[dict]:
            alerts = await self.scene.house.alerts()
            return [each for each in alerts if each["camera"] == one.name and "20 log-ins failed" in each["title"]]

        # where the disk is slow it is written after it was told
        mine = await self.scene.house.until(kept, bool, timeout_s=PATIENCE_S)
        self.account.expect(len(mine) == 1, f"{one.name}: alerts of the wrong passwords: {mine}")
        first_s = [(each[0][0].at_us - since_us) / 1e6 for each in ways.values()]
        limit_s = self.limit_s(one, by_log=True)
        self.account.told.append(
            Told(camera=one.name, deed="20 wrong passwords", telegram_s=first_s[0], mail_s=first_s[1], limit_s=limit_s)
        )

    async def password(self, one: Visited) -> None:
        """The button under the alarm, the question, the yes."""
        scene, telegram = self.scene, self.scene.services.telegram
        words = (one.family.title, "a new account" if one.family.is_silent else INTRUDER)
        alarm = await scene.gets(*words, way="telegram", since_us=0, timeout_s=5)
        self.account.facts.append(f"{one.name}: buttons under the alarm: {', '.join(alarm.buttons)}")
        old, since_us = one.family.password, self.now_us()
        await telegram.press(alarm.buttons["Change the password Hearthwatch uses"])
        question = await self.answered(one, since_us, "change the password")
        before = await scene.size(one.name)
        await telegram.press(question["Yes, do it"])
        await scene.gets(one.family.title, "was changed and works", way="telegram", since_us=since_us)
        account = one.camera.state.account(OURS)
        assert account is not None
        new = account.password
        self.account.expect(new != old, f"{one.name}: the camera has its old password")
        self.account.expect(scene.secret(f"camera.{one.name}.password") == new, f"{one.name}: another password is kept here")
        self.account.expect(await one.lets_in(new), f"{one.name}: the new password is refused")
        self.account.expect(not await one.lets_in(old), f"{one.name}: the old password still works")
        if one.video is not None:
            video = one.video
            await scene.house.until(lambda: _value(video.restarts), bool, timeout_s=PATIENCE_S)
        await scene.house.until(lambda: scene.size(one.name), lambda found: found > before + 20_000, timeout_s=PATIENCE_S)
        shown = [each.text for each in scene.received() if new in each.text or old in each.text]
        self.account.expect(not shown, f"{one.name}: a password was shown: {shown}")
        trail = (await scene.house.get("/api/v1/audit-trail"))["entries"]
        done = [each for each in trail if each["camera"] == one.name and each["kind"] == "change-password"]
        right = [each["state"] for each in done] == ["done"] and done[0]["who"].startswith("telegram") and done[0]["verified"]
        self.account.expect(right, f"{one.name}: the audit trail says {done}")
        holes = await scene.house.until(
            lambda: self.holes(one, since_us), lambda found: bool(found) or one.video is None, timeout_s=PATIENCE_S
        )
        self.account.facts.append(f"{one.name}: holes in the recording at the change of the password: {holes}")
        self.account.expect(all(s <= GAP_S for _, s in holes), f"{one.name}: the recording broke off: {holes}")

    async def holes(self, one: Visited, since_us: int) -> list[tuple[str, float]]:
        """Return cause and seconds of each hole in the recording that is over."""
        with self.scene.house.index() as index:
            gaps = index.gaps(CameraId(one.name), Stream.MAIN, WallUs(since_us), WallUs(2**53))
        return [(gap.reason.value, round((gap.end_us - gap.start_us) / 1e6, 1)) for gap in gaps if gap.end_us is not None]

    async def answered(self, one: Visited, since_us: int, words: str) -> dict[str, str]:
        found = await self.scene.gets(one.family.title, words, "?", way="telegram", since_us=since_us)
        self.account.expect("Yes, do it" in found.buttons, f"{one.name}: no question with a yes: {found.text}")
        return dict(found.buttons)

    async def drift(self, one: Visited) -> None:
        """A setting changed behind our back, told with the difference, and put back: by the API, then by the command."""
        key, value, said = one.family.behind
        house = self.scene.house
        old = planted(one.camera, key)
        await house.post(f"/api/v1/cameras/{one.name}/copies")
        good = (await house.get("/api/v1/copies", camera=one.name))["copies"][0]["id"]
        since_us = self.now_us()
        if not one.family.is_silent:
            await one.camera.log_in("203.0.113.20", "admin", stay=one.family.is_fast)
        await one.camera.change_setting(key, value)
        if one.family.is_silent:
            await house.post(f"/api/v1/cameras/{one.name}/copies")
        limit_s = self.limit_s(one) + SETTLED_S + READ_S
        await self.told(one, "a setting changed", since_us, "nobody ordered it here", said, limit_s=limit_s)
        await house.post(f"/api/v1/copies/{good}/restore", {"dry_run": True})
        self.account.expect(planted(one.camera, key) == value, f"{one.name}: a dry run wrote")
        await house.post(f"/api/v1/copies/{good}/restore", {"dry_run": False})
        self.account.expect(planted(one.camera, key) == old, f"{one.name}: the API did not restore {key}")

        await one.camera.change_setting(key, value)
        await house.post(f"/api/v1/cameras/{one.name}/copies")
        code, text = await self.scene.ask("copies", "restore", good)
        is_dry = code == 0 and planted(one.camera, key) == value and "would be written" in text
        self.account.expect(is_dry, f"{one.name}: without --apply: {text}")
        code, text = await self.scene.ask("copies", "restore", good, "--apply")
        self.account.expect(
            code == 0 and planted(one.camera, key) == old and "read back: all of it is there" in text, f"{one.name}: {text}"
        )
        code, text = await self.scene.ask("copies", "diff", good, one.name)
        self.account.expect(code == 0 and text.strip() == "no difference", f"{one.name}: after restoring differs {text}")

    async def audit(self, one: Visited) -> None:
        """The planted weaknesses are listed, mended as far as the camera lets, and the rest is named with the way to it."""
        family = one.family
        _, text = await self.scene.ask("audit", "--camera", one.name, "--json")
        (report,) = json.loads(text)["reports"]
        found = {each["key"] for each in report["findings"] if each["state"] == "found"}
        missing = {check for check in family.findings.values() if check} - found
        self.account.expect(not missing, f"{one.name}: the audit did not find {missing} but {found}")
        _, text = await self.scene.ask("audit", "--camera", one.name, "--apply", "--json")
        after = json.loads(text)
        (report,) = after["reports"]
        left = {key for key, weak in family.weaknesses.items() if planted(one.camera, key) == weak}
        self.account.expect(left == family.by_hand, f"{one.name}: still weak at the camera: {left}, expected {family.by_hand}")
        for key in left:
            check = family.findings[key]
            named = [each for each in report["findings"] if each["check"] == check]
            self.account.expect(
                not check or any(each["state"] != "ok" and each["fix"] for each in named), f"{one.name}: {key} is not named"
            )
        undone = [each for each in after["mended"] if not each["done"]]
        self.account.expect(not undone, f"{one.name}: not put right: {undone}")
        states = {state: sum(each["state"] == state for each in report["findings"]) for state in ("found", "ok", "unknown")}
        before = len(found)
        self.account.facts.append(
            f"{one.name}: audit found {before}, put right {len(after['mended'])}, then {states}, score {report['score']}"
        )

    async def kept(self, one: Visited, address: str) -> None:
        """Wait until the house's ledger has this visitor."""

        async def look() -> int:
            return sum(count for (_, _, whence), count in (await self.scene.counted(one.name)).items() if whence == address)

        await self.scene.house.until(look, bool, timeout_s=PATIENCE_S, every_s=0.5)

    def now_us(self) -> int:
        return time.time_ns() // 1000


async def _value(number: int) -> int:
    return number


PARTS: dict[str, Callable[[Trial, Visited], Awaitable[None]]] = {
    "visits": Trial.visits,
    "password": Trial.password,
    "drift": Trial.drift,
    "audit": Trial.audit,
}
LEDGER = "ledger"


async def run(folder: Path, *, poll_s: float, parts: tuple[str, ...] = (*PARTS, LEDGER)) -> Account:
    """Do everything once; return what became of it."""
    account = Account()
    async with scene(folder, poll_s) as found:
        await found.house.all_live()
        await _watching(found)
        trial = Trial(scene=found, account=account, poll_s=poll_s)
        for part in parts:
            if part != LEDGER:
                await asyncio.gather(
                    *(_guarded(account, f"{part} of {one.name}", PARTS[part](trial, one)) for one in found.cameras)
                )
        if LEDGER in parts:
            await _guarded(account, LEDGER, intruder_ledger.check(found, account, poll_s))
        for one in found.cameras:
            account.facts.append(f"{one.name}: {len(one.camera.requests)} requests of ours")
        account.texts = [f"[{each.way}] {each.text}" + _labels(each.buttons) for each in found.received()]
        account.expect(await found.house.stop() == 0, "the house did not end well")
        account.problems += [line for line in found.house.lines if "Traceback" in line or " ERROR " in line]
        account.facts += [line for line in found.house.lines if " WARNING " in line]
    return account


async def _watching(found: Scene) -> None:
    """Wait until every door was looked through once and every camera's settings are kept."""

    async def look() -> bool:
        watches = await found.house.get("/api/v1/logins/watch")
        kept = {copy["camera"] for copy in (await found.house.get("/api/v1/copies"))["copies"]}
        seen = {each["camera"] for each in watches if each["looked_us"]}  # type: ignore[index]
        return {one.name for one in found.cameras} <= kept & seen

    await found.house.until(look, bool, timeout_s=PATIENCE_S, every_s=0.5)


async def _guarded(account: Account, what: str, deed: Awaitable[None]) -> None:
    """A deed that fails does not keep the others from being tried."""
    try:
        await deed
    except (AssertionError, KeyError, ValueError) as error:
        account.problems.append(f"{what}: {type(error).__name__}: {error}")


def _labels(buttons) -> str:
    return f"\n    [{'] ['.join(buttons)}]" if buttons else ""


def show(account: Account) -> None:
    for one in sorted(account.told, key=lambda told: (told.deed, told.camera)):
        print(
            f"{one.camera:8} {one.deed:32} telegram {one.telegram_s:5.2f} s   mail {one.mail_s:5.2f} s   (limit {one.limit_s:.0f} s)"
        )
    for fact in account.facts:
        print(f"  {fact}")
    for problem in (*account.problems, *account.late):
        print(f"  PROBLEM {problem}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--poll", type=float, default=30.0, help="seconds between two looks at a camera's log")
    parser.add_argument("--parts", default=",".join((*PARTS, LEDGER)), help="which, with commas between")
    parser.add_argument("--json", type=Path, help="write everything there")
    parser.add_argument("--texts", action="store_true", help="show every text the owner got")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        account = asyncio.run(run(Path(folder), poll_s=args.poll, parts=tuple(args.parts.split(","))))
    show(account)
    if args.texts:
        print("\n\n".join(account.texts))
    if args.json:
        args.json.write_text(json.dumps(asdict(account), indent=1))
    is_good = not account.problems and not account.late
    print("all as promised" if is_good else "NOT as promised")
    return 0 if is_good else 1


if __name__ == "__main__":
    sys.exit(main())
