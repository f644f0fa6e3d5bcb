"""`kill -9` of the house while it sends: nothing that was recorded is lost, at most one text a kill arrives twice (F17)."""

from __future__ import annotations

import asyncio
import json
import random
import sys
from collections import Counter
from pathlib import Path

import pytest
from tests.alerts.house import BERLIN, House
from tests.devices.webhook_sink import WebhookSink

from hearthwatch.alerts.courier import Courier
from hearthwatch.alerts.options import WebhookOptions
from hearthwatch.alerts.webhook import WebhookChannel
from hearthwatch.kit.clock import SystemClock

pytestmark = pytest.mark.wired
ROOT = Path(__file__).resolve().parents[2]
KILLS = 6


async def test_kill_nine_loses_nothing_and_doubles_one_a_kill_at_most(tmp_path):
    sink = WebhookSink()
    url = await sink.start()
    rng = random.Random(9)
    recorded: list[str] = []
    for _ in range(KILLS):
        child = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.alerts.house_child", str(tmp_path), url, cwd=ROOT, stdout=asyncio.subprocess.PIPE
        )
        for _ in range(rng.randrange(5, 25)):
            recorded.append((await child.stdout.readline()).decode().strip())
        await asyncio.sleep(rng.random() * 0.02)
        child.kill()
        recorded += (await child.stdout.read()).decode().split()
        await child.wait()
    house = House(tmp_path, SystemClock())
    await house.start()
    hook = WebhookChannel(WebhookOptions(url=url), "")
    house.outbox.routes.set({"webhook": hook.parts})
    courier = Courier(hook, house.outbox, clock=house.clock, health=house.health, zone=BERLIN)
    while await courier.step_text() is not None:
        pass
    await hook.close()
    await sink.stop()
    house.close()
    posts = [json.loads(body) for _, body in sink.got]
    arrived = Counter(post["title"] for post in posts)
    assert all(recorded)
    assert set(recorded) <= set(arrived)
    assert sum(arrived.values()) - len(arrived) <= KILLS
    repeats = [post["title"] for post in posts if post["repeat"]]
    assert {title for title, number in arrived.items() if number > 1} <= set(repeats)
    firsts = list(dict.fromkeys(post["title"] for post in posts))
    assert firsts == sorted(firsts), "in order"
