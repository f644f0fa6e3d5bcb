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
    unwritten: set[str] = set()
    kills = 0
    while kills < KILLS:
        child = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "tests.alerts.house_child",
            str(tmp_path),
            url,
            cwd=ROOT,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        own = [(await child.stdout.readline()).decode().strip() for _ in range(rng.randrange(5, 25))]
        await asyncio.sleep(rng.random() * 0.02)
        child.kill()
        rest, complaints = await child.communicate()
        own += rest.decode().split()
        if b"alerts go out from memory" in complaints:  # the disk took too long: what is promised then is another matter
            unwritten.update(recorded, own)  # it also sent what those before it left, and could not say so
        else:
            recorded += own
            kills += 1
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
    twice = {title for title, number in arrived.items() if number > 1} - unwritten
    assert sum(arrived[title] - 1 for title in twice) <= KILLS
    assert twice <= {post["title"] for post in posts if post["repeat"]}
    firsts = list(dict.fromkeys(post["title"] for post in posts))
    assert firsts == sorted(firsts), "in order"
