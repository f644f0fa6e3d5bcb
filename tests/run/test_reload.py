"""A changed configuration counts by itself; a mistake is told and leaves the old one in force."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from tests.alerts.house import Health
from tests.run.leaping_loop import leap

from hearthwatch.arming.arming import Mode
from hearthwatch.feeds.packet import GapReason
from hearthwatch.health.outage import Fault
from hearthwatch.kit.secrets import Secrets
from hearthwatch.kit.units import CameraId, WallUs
from hearthwatch.run.config import Config
from hearthwatch.run.messages import NewPlan
from hearthwatch.run.plan import HousePlan
from hearthwatch.run.reload import Reloader

CONFIG = """
[home]
name = "Home"
[camera.front]
main = "rtsp://192.168.1.9/main"
user = "admin"
"""
WRONG = (Fault.CONFIG_WRONG, "configuration")


class Watched:
    """A reloader, its file, and what it sent and renewed; `look` lets it look often enough to see a change."""

    def __init__(self, folder: Path, text: str | None = CONFIG) -> None:
        self.path = folder / "hearthwatch.toml"
        if text is not None:
            self.path.write_text(text)
        self.folder = folder
        self.secrets = Secrets(folder)
        self.health = Health()
        self.order: list[str] = []
        self.plans: list[NewPlan] = []
        self.configs: list[Config] = []
        plan = HousePlan(
            config_path=str(self.path),
            data_folder=str(folder),
            port=8123,
            footage_folder=str(folder),
            index_path=str(folder / "index.db"),
            started_us=WallUs(7),
        )
        self.strangers: frozenset[CameraId] = frozenset()
        self.mode = Mode.AWAY
        self.reloader = Reloader(
            plan,
            self.secrets,
            self.health,
            self._send,
            self._renew,
            strangers=lambda: self.strangers,
            mode=lambda: self.mode,
        )

    def _send(self, message: Any) -> None:
        self.order.append("plan")
        self.plans.append(message)

    async def _renew(self, config: Config) -> None:
        self.order.append("renew")
        self.configs.append(config)

    def write(self, text: str) -> None:
        fresh = self.path.with_suffix(".new")
        fresh.write_text(text)
        fresh.rename(self.path)

    async def look(self) -> None:
        await asyncio.sleep(5)


def watching(work: Callable[[Watched], Awaitable[None]], watched: Watched) -> Watched:
    """Do `work` while the reloader watches."""

    async def both() -> None:
        task = asyncio.create_task(watched.reloader.run())
        await work(watched)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    leap(both())
    return watched


def test_a_file_that_stays_the_same_is_left_alone(tmp_path: Path) -> None:
    found = watching(Watched.look, Watched(tmp_path))
    assert found.order == []


def test_a_changed_file_becomes_a_plan_for_the_processes_and_then_the_houses(tmp_path: Path) -> None:
    async def work(watched: Watched) -> None:
        watched.write(CONFIG.replace('"Home"', '"Castle"') + '[camera.yard]\nmain = "rtsp://192.168.1.10/x"\n')
        await watched.look()

    found = watching(work, Watched(tmp_path))
    assert found.order == ["plan", "renew"]
    plan = found.plans[0].plan
    assert {source.camera for source in plan.recorder.sources} == {"front", "yard"}
    assert (plan.house.port, plan.house.started_us) == (8123, 7)
    assert found.configs[0].home.name == "Castle"
    assert found.health.log == []


def test_where_a_stranger_answers_no_log_in_is_in_the_plan(tmp_path: Path) -> None:
    async def work(watched: Watched) -> None:
        watched.strangers = frozenset({CameraId("front")})
        await watched.look()
        watched.strangers = frozenset()
        await watched.look()

    watched = Watched(tmp_path)
    watched.secrets.set("camera.front.password", "hunter22")
    found = watching(work, watched)
    logins = [(source.user, source.password) for plan in found.plans for source in plan.plan.recorder.sources]
    assert logins[-2:] == [("", ""), ("admin", "hunter22")]


def test_a_mistake_is_told_and_the_old_configuration_stays(tmp_path: Path) -> None:
    async def work(watched: Watched) -> None:
        watched.write(CONFIG.replace("[home]", "[hoem]"))
        await watched.look()
        assert "hoem" in watched.health.open[WRONG]
        assert watched.order == []
        watched.write(CONFIG.replace('"Home"', '"Castle"'))
        await watched.look()

    found = watching(work, Watched(tmp_path))
    assert found.health.log == [("failed", *WRONG), ("recovered", *WRONG)]
    assert [config.home.name for config in found.configs] == ["Castle"]


def test_a_mistake_taken_back_is_over(tmp_path: Path) -> None:
    async def work(watched: Watched) -> None:
        watched.write("nonsense")
        await watched.look()
        watched.write(CONFIG)
        await watched.look()

    assert watching(work, Watched(tmp_path)).health.open == {}


def test_a_file_that_is_gone_is_a_mistake_and_no_demo_camera(tmp_path: Path) -> None:
    """Some editors move the old file away before they write the new one."""

    async def work(watched: Watched) -> None:
        watched.path.unlink()
        await watched.look()
        assert watched.order == []
        assert "is gone" in watched.health.open[WRONG]
        watched.write(CONFIG)
        await watched.look()

    assert watching(work, Watched(tmp_path)).health.open == {}


def test_a_house_without_a_file_takes_over_its_first(tmp_path: Path) -> None:
    async def work(watched: Watched) -> None:
        await watched.look()
        assert watched.order == []
        watched.write(CONFIG)
        await watched.look()

    found = watching(work, Watched(tmp_path, None))
    assert [list(config.cameras) for config in found.configs] == [["front"]]


def test_a_file_still_being_written_is_waited_for(tmp_path: Path) -> None:
    """Half a file may be a configuration without half the cameras."""

    async def work(watched: Watched) -> None:
        whole = CONFIG + '[camera.yard]\nmain = "rtsp://192.168.1.10/x"\n'
        for length in range(0, len(whole), 8):
            watched.path.write_text(whole[:length])
            await asyncio.sleep(0.5)
        watched.path.write_text(whole)
        await watched.look()

    found = watching(work, Watched(tmp_path))
    assert [list(config.cameras) for config in found.configs] == [["front", "yard"]]
    assert found.health.log == []


def test_a_changed_secret_reaches_the_processes(tmp_path: Path) -> None:
    async def work(watched: Watched) -> None:
        watched.secrets.set("camera.front.password", "plum kettle")
        await watched.look()

    found = watching(work, Watched(tmp_path))
    assert found.order == ["plan", "renew"]
    assert [source.password for source in found.plans[0].plan.recorder.sources] == ["plum kettle"]


def test_secrets_that_cannot_be_opened_leave_the_old_configuration(tmp_path: Path) -> None:
    async def work(watched: Watched) -> None:
        (watched.folder / "secrets.sealed").write_bytes(b"no secrets")
        await watched.look()

    found = watching(work, Watched(tmp_path))
    assert found.order == []
    assert "damaged" in found.health.open[WRONG]


PRIVATE = CONFIG + "modes.home.private = true\n"


def test_a_mode_that_means_something_to_the_recorder_is_told_at_once_and_once(tmp_path: Path) -> None:
    async def work(watched: Watched) -> None:
        await watched.look()
        watched.mode = Mode.HOME
        watched.reloader.mode_changed()
        await asyncio.sleep(0.1)
        assert len(watched.plans) == 2, "at once"
        watched.mode = Mode.DISARMED
        await watched.look()
        watched.mode = Mode.AWAY
        await watched.look()

    found = watching(work, Watched(tmp_path, PRIVATE))
    held = [dict(plan.plan.recorder.held) for plan in found.plans]
    assert held == [{}, {"front": GapReason.PRIVATE}, {}], "first what the supervisor may not know: a former house set it"
    assert found.configs == [], "the house itself is as it was"


def test_a_mode_that_means_nothing_to_the_recorder_is_not_told(tmp_path: Path) -> None:
    async def work(watched: Watched) -> None:
        watched.mode = Mode.HOME
        await watched.look()

    assert watching(work, Watched(tmp_path)).plans == []


def test_what_the_looker_cannot_take_over_has_it_started_anew_with_the_new_plan(tmp_path: Path) -> None:
    async def work(watched: Watched) -> None:
        watched.write(CONFIG + "[detect]\nmax_per_s = 5\n")
        await watched.look()
        watched.write(CONFIG + '[detect]\nmax_per_s = 5\nwhere = "hub"\n')
        await watched.look()

    found = watching(work, Watched(tmp_path))
    assert [type(message).__name__ for message in found.plans] == ["NewPlan", "NewPlan", "Replace"]
    assert found.plans[1].plan.looker.detect.where == "hub"
