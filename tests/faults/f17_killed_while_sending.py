"""F17: `kill -9` of the house between "sent" and "marked sent", at the moment the far end has the alert."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from aiohttp import web

from hearthwatch.alerts.courier import Courier
from hearthwatch.alerts.options import WebhookOptions
from hearthwatch.alerts.webhook import WebhookChannel
from hearthwatch.kit.clock import SystemClock
from tests.alerts.house import BERLIN, House
from tests.devices.webhook_sink import WebhookSink
from tests.faults.fault import Fault, Outcome, Terms
from tests.faults.sinks import quiet

ROOT = Path(__file__).resolve().parents[2]
_MOMENTS = ("before the answer", "with the answer", "1 ms after the answer", "5 ms after the answer")


@dataclass(slots=True)
class Deadly(WebhookSink):
    """Calls `strike` at its `at`-th message, and keeps the answer back where `answers` is not set."""

    at: int = 0
    answers: bool = True
    after_s: float = 0.0
    strike: Callable[[], None] = lambda: None
    _later: list[asyncio.Task[None]] = field(default_factory=list)

    async def _take(self, request: web.Request) -> web.Response:
        answer = await WebhookSink._take(self, request)
        if len(self.got) == self.at:
            if not self.answers:
                self.strike()
                raise ConnectionResetError
            self._later.append(asyncio.create_task(self._soon()))
        return answer

    async def _soon(self) -> None:
        await asyncio.sleep(self.after_s)
        self.strike()


async def run(terms: Terms) -> Outcome:
    rng = terms.random
    moment = _MOMENTS[terms.number % len(_MOMENTS)]
    sink = Deadly(at=rng.randint(1, 12), answers=moment != _MOMENTS[0])
    sink.after_s = {_MOMENTS[2]: 0.001, _MOMENTS[3]: 0.005}.get(moment, 0.0)
    url = await sink.start()
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.alerts.house_child", str(terms.folder), url, cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    assert child.stdout is not None
    sink.strike = child.kill
    try:
        with quiet():
            recorded = (await child.stdout.read()).decode().split()
            await child.wait()
            before = len(sink.got)
            await _send_the_rest(terms.folder, url)
    finally:
        with contextlib.suppress(ProcessLookupError):
            child.kill()
        await child.wait()
        await sink.stop()
    posts = [json.loads(body) for _, body in sink.got]
    keys = [headers["Idempotency-Key"] for headers, _ in sink.got]
    arrived = Counter(post["title"] for post in posts)
    doubled = len(posts) - len(arrived)
    broken: list[str] = []
    if lost := set(recorded) - set(arrived):
        broken.append(f"{len(lost)} of {len(recorded)} recorded alerts never came")
    if doubled > 1:
        broken.append(f"{doubled} came again after one kill")
    if len(set(keys)) != len(arrived):
        broken.append("what came again has another id than before")
    again = {title for title, times in arrived.items() if times > 1}
    if not again <= {post["title"] for post in posts if post["repeat"]}:
        broken.append("what came again does not say so")
    firsts = list(dict.fromkeys(post["title"] for post in posts))
    if firsts != sorted(firsts):
        broken.append("not in order")
    return Outcome(
        figures={"lost_alerts": len(lost), "doubled_per_kill": doubled, "sent_before_the_kill": before},
        broken=tuple(broken),
        notes={"moment": moment},
    )


async def _send_the_rest(folder: Path, url: str) -> None:
    """The house after the crash."""
    house = House(folder, SystemClock())
    await house.start()
    hook = WebhookChannel(WebhookOptions(url=url), "")
    house.outbox.routes.set({"webhook": hook.parts})
    one = Courier(hook, house.outbox, clock=house.clock, health=house.health, zone=BERLIN)
    while await one.step_text() is not None:
        pass
    await hook.close()
    house.close()


FAULT = Fault(
    id="F17",
    what="kill -9 of the house at the moment the far end took an alert: before its answer, with it, 1 and 5 ms after it",
    promise="P6",
    short=2,
    full=60,
    trial=run,
    limit_s=120.0,
)
