"""The house's ledger of log-ins beside the cameras' own: through a thousand at once, kills, restarts, jumping clocks and a log that wraps."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections import Counter
from datetime import UTC
from typing import TYPE_CHECKING

from hearthwatch.logins.text_log import line as text_line
from tests.devices.camera_state import Fault
from tests.runs.intruder_scene import PATIENCE_S, Scene, Visited, tally

if TYPE_CHECKING:
    from tests.runs.intruder import Account

BURST = 1000
_NAMELESS = "-          -                 access"
_A1 = re.compile(r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d{4}-\d\d-\d\d \d\d:\d\d:\d\d   \S.*?\s{3,}\S+\s{3,}\S.*")


async def check(scene: Scene, account: Account, poll_s: float) -> None:
    """Do it all to every camera with a log; then compare."""
    logging = [one for one in scene.cameras if one.family.has_log]
    house = scene.house
    lost = await asyncio.gather(*(_settled(scene, one) for one in logging))
    account.expect(not any(lost), f"before the burst: {lost}")

    for one in logging:
        await one.camera.log_in("203.0.113.30", "admin", times=BURST)
    await _reach(scene, logging, "203.0.113.30", BURST)

    for one in logging:
        await one.camera.log_in("203.0.113.31", "admin", times=150)
    await asyncio.sleep(min(poll_s, 2.0))
    house.kill("house")
    for one in logging:
        await one.camera.log_in("203.0.113.31", "admin", times=50)
    await house.until(house.healthz, bool, timeout_s=PATIENCE_S)
    await house.claim()
    await _reach(scene, logging, "203.0.113.31", 200)

    await house.stop()
    for one in logging:
        await one.camera.log_in("203.0.113.32", "admin", times=7)
    await house.start()
    await house.claim()
    await _reach(scene, logging, "203.0.113.32", 7)

    for address, fault in (("203.0.113.33", Fault.CLOCK_JUMP), ("203.0.113.34", Fault.CLOCK_1970), ("203.0.113.35", None)):
        for one in logging:
            if fault is not None:
                await one.camera.cause(fault)
            else:
                one.camera.state.clock.sync()
            await one.camera.log_in(address, "admin", times=3)
        await _reach(scene, logging, address, 3)
    for one in logging:
        log = one.camera.state.log
        await one.camera.log_in("203.0.113.37", "admin", times=BURST // 2)
        account.expect(len(one.camera.ledger) > len(log) == log.maxlen, f"{one.name}: the log never wrapped: {len(log)}")
    await _reach(scene, logging, "203.0.113.37", BURST // 2)
    for one in logging:
        await one.camera.cause(Fault.LOG_CLEARED)
        await one.camera.log_in("203.0.113.36", "admin", times=3)
    await _reach(scene, logging, "203.0.113.36", 3)
    await asyncio.sleep(poll_s + 2)  # what would be kept twice has time to
    await asyncio.gather(*(_settled(scene, one) for one in logging))
    for one in logging:
        await _compare(scene, account, one)


async def _settled(scene: Scene, one: Visited) -> str:
    """Wait until all that happened so far is kept; return what is not."""

    async def difference() -> str:
        return _difference(one.ledger(), await scene.counted(one.name))

    try:
        await scene.house.until(difference, lambda text: not text, timeout_s=PATIENCE_S, every_s=0.5)
    except AssertionError:
        return f"{one.name}: {await difference()}"
    return ""


async def _reach(scene: Scene, cameras: list[Visited], address: str, count: int) -> None:
    """Wait until every camera's ledger has so many log-ins from `address`; more are found out at the end."""
    for one in cameras:

        async def found(one: Visited = one) -> int:
            return (await scene.counted(one.name))["login", "admin", address]

        try:
            await scene.house.until(found, lambda number: number >= count, timeout_s=PATIENCE_S, every_s=0.5)
        except AssertionError as error:
            raise AssertionError(f"{one.name}: {count} log-ins from {address}: {error}") from None


async def _compare(scene: Scene, account: Account, one: Visited) -> None:
    """Hold the command, the text log and the alerts against the camera's ledger."""
    rows = await scene.logins(one.name)
    difference = _difference(one.ledger(), tally((row.action.value, row.user, row.address or "") for row in rows))
    account.expect(not difference, f"{one.name}: the ledgers differ: {difference}")
    account.facts.append(
        f"{one.name}: {one.ledger().total()} lines of others in the camera's ledger, the same here: {not difference}"
    )

    async def text_log() -> str:
        return (scene.folder / "logins" / f"{one.name}.log").read_text()

    with contextlib.suppress(AssertionError):  # what it lacks is said below
        await scene.house.until(text_log, lambda text: text.count("\n") >= len(rows), timeout_s=PATIENCE_S)
    written = (await text_log()).splitlines()
    account.expect(all(_A1.fullmatch(text) for text in written), f"{one.name}: lines of another form in the text log")
    wanted = Counter(_columns(text_line(row, UTC)) for row in rows)
    missing, other = wanted - (found := Counter(map(_columns, written))), found - wanted
    nameless = other.pop(_NAMELESS, 0)  # an alarm that the log explained too late: what is written stays
    account.expect(missing.total() == nameless, f"{one.name}: the text log lacks {list(missing.items())[:6]}")
    account.expect(not other, f"{one.name}: the text log alone has {list(other.items())[:6]}")
    for address in ("203.0.113.30", "203.0.113.31"):
        told = [
            text.text
            for text in scene.received()
            if text.way == "telegram" and address in text.text and one.family.title in text.text
        ]
        whole = [text for text in told if "logged in from outside" in text]
        account.facts.append(f"{one.name}: {len(whole)} alert(s) about {address}")
        if address == "203.0.113.30":
            account.expect(len(whole) == 1 and f"{BURST} times" in whole[0], f"{one.name}: told of the burst: {whole}")


def _columns(text: str) -> str:
    """Return a line without its time: a session is dated anew when the camera's log tells of it, what is written stays."""
    return text[len("Sun, 2015-01-13 13:31:35   ") :]


def _difference(theirs: Counter[tuple[str, str, str]], ours: Counter[tuple[str, str, str]]) -> str:
    missed, doubled = theirs - ours, ours - theirs
    return "; ".join(f"{what} {dict(rows)}" for what, rows in (("missed", missed), ("too many", doubled)) if rows)
