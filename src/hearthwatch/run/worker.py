"""A worker: takes glances of nodes from their hub, has them looked at in a box, answers. It decodes nothing itself."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import socket
import sys
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from hearthwatch.detect.glance import Answer, Glance, answer_fault
from hearthwatch.fleet.work import Task, Work
from hearthwatch.kit.channel import Channel
from hearthwatch.kit.clock import Clock
from hearthwatch.kit.errors import BadReply, ConfigFault, Unreachable, Unsupported
from hearthwatch.kit.retry import Backoff, keep_running_async
from hearthwatch.run.glance_messages import FromBox, Look, NotPrepared, Prepare, Prepared, Saw

log = logging.getLogger(__name__)

LOOK_S = 5.0
"""A look takes a tenth of a second; longer is a loop without end."""
_START_S = 60.0
_END_S = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Models:
    """Which model looks, as `[detect] model`, where models lie, and whether the graphics processor computes."""

    name: str
    folder: Path
    hand_placed: Path | None
    on_gpu: bool = False


class Looks(Protocol):
    """Whatever looks, one glance at a time."""

    @property
    def told(self) -> str:
        """Return what looks and how it is kept, for the log."""
        ...

    async def look(self, glance: Glance) -> Answer:
        """Raises Unsupported when this glance cannot be looked at, Unreachable when whatever looks broke over it."""
        ...

    async def close(self) -> None: ...


class Box:
    """Implements Looks: a detector in a process of its own, behind the looker's walls; the graphics processor, which no call
    leads to from in there, has another."""

    def __init__(
        self, process: asyncio.subprocess.Process, gpu: asyncio.subprocess.Process | None, channel: Channel[FromBox]
    ) -> None:
        self._process = process
        self._gpu = gpu
        self._channel = channel
        self._thread = ThreadPoolExecutor(1, "box")
        self.told = ""

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def gpu_pid(self) -> int | None:
        return self._gpu.pid if self._gpu else None

    @classmethod
    async def begin(cls, models: Models) -> Box:
        """Raises ConfigFault for a model or a graphics processor that cannot be had, Unreachable when no process comes up."""
        box = await cls._started(models.on_gpu)
        hand_placed = str(models.hand_placed) if models.hand_placed else ""
        wish = Prepare(model=models.name, models_folder=str(models.folder), hand_placed=hand_placed)
        try:
            match await box._ask(wish, _START_S):
                case Prepared(model=model, walls=walls):
                    box.told = f"{model}; {walls}"
                    return box
                case NotPrepared(error=error):
                    raise ConfigFault(error)
                case _:
                    raise Unreachable("the detector's process answers out of turn")
        except BaseException:
            await box.close()
            raise

    @classmethod
    async def _started(cls, on_gpu: bool) -> Box:
        with contextlib.ExitStack() as theirs, contextlib.ExitStack() as undo:
            ours, end = socket.socketpair()
            undo.callback(ours.close)
            ends = [theirs.enter_context(end)]
            gpu = None
            if on_gpu:
                far, near = socket.socketpair()
                ends.append(theirs.enter_context(near))
                gpu = await _spawned("hearthwatch.run.gpu_job", [theirs.enter_context(far)])
            process = await _spawned("hearthwatch.run.detect_job", ends)
            undo.pop_all()
        return cls(process, gpu, Channel(ours, FromBox))

    async def look(self, glance: Glance) -> Answer:
        """See Looks."""
        said = await self._ask(Look(glance=glance), LOOK_S)
        if not isinstance(said, Saw):
            raise Unreachable("the detector's process answers out of turn")
        if said.answer is None:
            raise Unsupported(said.why)
        if fault := answer_fault(said.answer, len(glance.pieces)):
            raise Unreachable(f"the detector's process answers what cannot be: {fault}")
        return said.answer

    async def _ask(self, message: object, within_s: float) -> FromBox:
        def speak() -> FromBox:
            self._channel.send(message)
            return self._channel.receive()

        asked = asyncio.get_running_loop().run_in_executor(self._thread, speak)
        asked.add_done_callback(lambda done: done.cancelled() or done.exception())
        try:
            async with asyncio.timeout(within_s):
                return await asyncio.shield(asked)
        except TimeoutError as error:
            raise Unreachable("the detector's process does not answer") from error
        except BadReply as error:
            raise Unreachable("the detector's process answers what is no answer") from error

    async def close(self) -> None:
        """End the processes: each ends with its line."""
        self._channel.close()
        await _ended(self._process)
        if self._gpu is not None:
            await _ended(self._gpu)
        self._thread.shutdown(wait=False)


async def _spawned(module: str, lines: Sequence[socket.socket]) -> asyncio.subprocess.Process:
    numbers = [line.fileno() for line in lines]
    try:
        return await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            module,
            *map(str, numbers),
            pass_fds=numbers,
            stdin=asyncio.subprocess.DEVNULL,
            env={**os.environ, "MALLOC_ARENA_MAX": "2", "OMP_NUM_THREADS": "1"},
        )
    except OSError as error:
        raise Unreachable("this machine has no room for another process at the moment") from error


async def _ended(process: asyncio.subprocess.Process) -> None:
    try:
        async with asyncio.timeout(_END_S):
            await process.wait()
    except TimeoutError:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


class Worker:
    """One box and whatever it is given to look at. What the box breaks over is given up, and the box built anew."""

    def __init__(self, work: Work, begin: Callable[[], Awaitable[Looks]], clock: Clock) -> None:
        self._work = work
        self._begin = begin
        self._clock = clock
        self._looks: Looks | None = None
        self.looked = 0
        self.given_up = 0

    async def run(self) -> None:
        """Work until cancelled; a hub that is away is waited for."""
        try:
            await keep_running_async("worker", self._run_once, clock=self._clock, backoff=Backoff(cap_s=10.0, refused_s=10.0))
        finally:
            if self._looks is not None:
                await self._looks.close()

    async def _run_once(self) -> None:
        if self._looks is None:
            self._looks = await self._begin()
            log.info("looking with %s", self._looks.told)
        while True:
            task = await self._work.take()
            try:
                answer = await self._looks.look(task.glance)
            except Unsupported as error:
                log.warning("a picture of node %s cannot be looked at: %s", task.node, error)
                await self._give_up(task)
            except Unreachable:
                broken, self._looks = self._looks, None
                await broken.close()
                await self._give_up(task)
                raise
            else:
                await self._work.answer(task, answer)
                self.looked += 1

    async def _give_up(self, task: Task) -> None:
        self.given_up += 1
        await self._work.give_up(task)
