"""F02: kill -9 before, and in the middle of, every call by which something changes on the disk."""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.faults.disk_shim import Shim
from tests.faults.fault import Fault, Outcome, Terms
from tests.faults.running import ROOT
from tests.faults.steps import SCENES, Scene, fresh

_STEPS = 24
"""So many steps, one after the other, are a trial; the next trial of a scene goes on behind them."""
_KILLED = -9


@dataclass(slots=True)
class Doer:
    """The process that does scenes, and what steers it."""

    folder: Path
    shim: Shim
    log: Path
    process: asyncio.subprocess.Process

    async def do(self, number: int, *, kill_at: int, tear: bool) -> int:
        """Do a scene in `folder`; return how it ended."""
        self.shim.set(steps=0, kill_at=kill_at, tear=int(tear))
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(f"{number} {self.folder / 'here'}\n".encode())
        return int(await self.process.stdout.readline())


@asynccontextmanager
async def doer() -> AsyncIterator[Doer]:
    with tempfile.TemporaryDirectory(prefix="hearthwatch-f02-") as name:
        folder = Path(name)
        log = folder / "steps"
        with Shim(folder / "shim", folder / "here", log=log) as shim:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "tests.faults.step_child",
                cwd=ROOT,
                env={**os.environ, "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}", **shim.environ},
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
            )
            assert process.stdin is not None
            assert process.stdout is not None
            await process.stdout.readline()
            for scene in SCENES:
                await asyncio.to_thread(_prepare, scene, folder)
            try:
                yield Doer(folder=folder, shim=shim, log=log, process=process)
            finally:
                process.stdin.close()
                await process.wait()


def _prepare(scene: Scene, folder: Path) -> None:
    where = folder / f"prepared {scene.name}"
    where.mkdir()
    scene.prepare(where)


async def run(terms: Terms) -> Outcome:
    """The next steps of one scene, each in a fresh folder."""
    number = (terms.number - 1) % len(SCENES)
    scene, turn = SCENES[number], (terms.number - 1) // len(SCENES)
    made = await terms.shared.once(doer)
    prepared, here = made.folder / f"prepared {scene.name}", made.folder / "here"
    await asyncio.to_thread(fresh, prepared, here)
    made.log.write_bytes(b"")
    ended = await made.do(number, kill_at=0, tear=False)
    steps = made.shim.get("steps")
    names = [line.split(maxsplit=1)[1] for line in made.log.read_text().splitlines()]
    broken = [f"{scene.name} ended with {ended} without a kill"] if ended else []
    wrong = await asyncio.to_thread(scene.look, here)
    broken += [f"without a kill: {one}" for one in wrong]
    passed = killed = 0
    first = turn * _STEPS
    for at in range(first, first + _STEPS):
        step = at % steps + 1
        tear = (turn + at // steps) % 2 == 1
        await asyncio.to_thread(fresh, prepared, here)
        ended = await made.do(number, kill_at=step, tear=tear)
        killed += ended == _KILLED
        wrong = await asyncio.to_thread(scene.look, here)
        passed += not wrong
        how = "in the middle of" if tear else "before"
        broken += [f"{scene.name}, killed {how} step {step} ({names[step - 1]}): {one}" for one in wrong[:2]]
    figures = {"steps_of_scene": steps, "tried": _STEPS, "killed": killed, "failed": _STEPS - passed}
    return Outcome(figures=figures, broken=tuple(broken), notes={"scene": scene.name})


FAULT = Fault(
    id="F02",
    what="kill -9 before and in every call that changes the disk: create, close, delete, migrate, copy, rescue, restore, export",
    promise="P1 P3",
    short=1,
    full=48,
    trial=run,
)
