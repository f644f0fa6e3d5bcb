"""Starts, watches and restarts the processes, and makes every socket between them."""

from __future__ import annotations

import contextlib
import logging
import os
import selectors
import signal
import socket
import subprocess
import sys
from dataclasses import dataclass, field

import msgspec

from hearthwatch.kit import logs
from hearthwatch.kit.channel import Channel
from hearthwatch.kit.clock import Clock, SystemClock
from hearthwatch.kit.errors import BadReply, Unreachable
from hearthwatch.kit.retry import Backoff
from hearthwatch.kit.units import NS_PER_S, CameraId, MonoNs
from hearthwatch.run.messages import (
    VERSION,
    Beat,
    FromChild,
    Link,
    NewPlan,
    Quit,
    Ready,
    Renew,
    Replace,
    Restarted,
    Role,
    Start,
)
from hearthwatch.run.notify import notify, watchdog_every_s
from hearthwatch.run.patience import Patience, used_s
from hearthwatch.run.plan import ChildPlan, GuestPlan, Plan, PorchPlan, ScoutPlan
from hearthwatch.run.quarantine import Quarantine

log = logging.getLogger(__name__)

_ENVIRONMENT = {"MALLOC_ARENA_MAX": "2", "MALLOC_TRIM_THRESHOLD_": "131072", "OMP_NUM_THREADS": "1"}
"""glibc otherwise raises its thresholds with the size of the pictures and keeps tens of MB it no longer needs (measured: looker
154 -> 132 MB, guest 150 -> 109 MB)."""
_MODULE = {
    Role.RECORDER: "hearthwatch.run.recorder",
    Role.LOOKER: "hearthwatch.run.looker",
    Role.HOUSE: "hearthwatch.run.house",
    Role.GUEST: "hearthwatch.run.guest",
    Role.PORCH: "hearthwatch.run.porch",
    Role.SCOUT: "hearthwatch.run.scout",
}
_OPTIONAL = (Role.PORCH, Role.SCOUT)
_REPLACED = frozenset({Role.GUEST, *_OPTIONAL})
_END_LIMIT_S = 10.0
_TICK_S = 0.25
_HEALTHY_S = 5.0
"""A process that lived so long was not killed by how it starts: the next one comes at once, so that little is missed."""
_HEAD_START_S = 2.0
"""What the recorder gets to itself at most: on a small machine the start of the others would cost footage."""
_PROGRESS_S = 5.0
"""A recorder that was silent for longer is not said to record; it says each second that it does."""


@dataclass(slots=True)
class _Process:
    role: Role
    name: str
    plan: GuestPlan | PorchPlan | ScoutPlan | None = None
    """Of those that are not always there."""
    backoff: Backoff = field(default_factory=lambda: Backoff(first_s=0.05, factor=4.0, cap_s=30.0, healthy_s=_HEALTHY_S))
    popen: subprocess.Popen[bytes] | None = None
    control: Channel[FromChild] | None = None
    patience: Patience = field(default_factory=lambda: Patience(0))
    start_at_ns: int = 0
    ending: bool = False

    @property
    def title(self) -> str:
        return f"{self.role} {self.name}".strip()


class Supervisor:
    """One thread, no locks. The looker's crashes are charged to the cameras whose mark it left set."""

    def __init__(self, plan: Plan, clock: Clock) -> None:
        self._plan = plan
        self._clock = clock
        self._selector = selectors.DefaultSelector()
        self._processes: dict[tuple[Role, str], _Process] = {}
        self._quarantine = Quarantine(clock)
        self._wake_read, self._wake_write = socket.socketpair()
        self._ending = False
        self._told_ready = False
        self._told_alive_ns = 0
        self._watchdog_every_s = watchdog_every_s()

    def run(self) -> None:
        """Run until SIGTERM or SIGINT."""
        for sock in (self._wake_read, self._wake_write):
            sock.setblocking(False)
        signal.set_wakeup_fd(self._wake_write.fileno(), warn_on_full_buffer=False)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._end)
        # a closed terminal ends the house in order; elsewhere this asks for a reload, which happens by itself
        signal.signal(signal.SIGHUP, self._end if os.isatty(0) else signal.SIG_IGN)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        self._selector.register(self._wake_read, selectors.EVENT_READ)
        for role in (Role.HOUSE,) if self._plan.house.alone else (Role.RECORDER, Role.LOOKER, Role.HOUSE):
            self._processes[role, ""] = _Process(role, "")
        self._follow_guests()
        self._follow_optional()
        while not self._ending:
            self._step()
        self._shut_down()

    def _end(self, *_: object) -> None:
        self._ending = True

    def _step(self) -> None:
        now_ns = self._clock.mono_ns()
        for process in list(self._processes.values()):
            if process.popen is None and now_ns >= process.start_at_ns and not process.ending and self._has_turn(process):
                self._try_to_start(process)
        self._selector.select(_TICK_S)
        now_ns = self._clock.mono_ns()  # if we were stopped ourselves, what they said meanwhile is still to be heard
        for key, _events in self._selector.select(0):
            if key.fileobj is self._wake_read:
                self._drain_wakeups()
            elif isinstance(key.data, _Process):
                self._hear(key.data)
        for process in list(self._processes.values()):
            self._look_after(process, now_ns)
        self._watchdog()

    def _has_turn(self, process: _Process) -> bool:
        first = next(iter(self._processes.values()))
        if process is first or first.patience.is_ready:
            return True
        return self._clock.mono_ns() - first.patience.started_ns > _HEAD_START_S * NS_PER_S

    def _drain_wakeups(self) -> None:
        try:
            while self._wake_read.recv(4096):
                pass
        except BlockingIOError:
            pass

    def _try_to_start(self, process: _Process) -> None:
        """A machine without room for another process or socket is asked again later; what runs goes on."""
        try:
            self._start(process)
        except OSError as error:
            if process.popen is not None:
                process.popen.kill()
                process.popen.wait()
            self._forget_control(process)
            process.popen = None
            wait_s = process.backoff.wait_s(error, 0.0)
            process.start_at_ns = self._clock.mono_ns() + round(wait_s * NS_PER_S)
            log.warning("%s cannot be started (%s); trying again in %.1f s", process.title, error.strerror, wait_s)

    def _start(self, process: _Process) -> None:
        ours, theirs = socket.socketpair()
        environment = {**os.environ, **_ENVIRONMENT}
        with theirs, contextlib.ExitStack() as undo:
            undo.callback(ours.close)
            process.popen = subprocess.Popen(  # noqa: S603 our own module, as a list, without any outside text
                [sys.executable, "-m", _MODULE[process.role], str(theirs.fileno())],
                pass_fds=(theirs.fileno(),),
                stdin=subprocess.DEVNULL,
                env=environment,
            )
            undo.pop_all()
        process.control = Channel(ours, FromChild)
        process.patience = Patience(self._clock.mono_ns())
        self._selector.register(ours, selectors.EVENT_READ, process)
        fds = (self._quarantine.fd,) if process.role is Role.LOOKER else ()
        if process.role is Role.LOOKER:
            self._quarantine.begin()
        self._tell(
            process,
            Start(version=VERSION, debug=self._plan.debug, plan=self._plan_of(process), mark_slots=self._slots_now()),
            fds,
        )
        for other in self._processes.values():
            if other is not process and other.control is not None and _are_peers(process.role, other.role):
                self._link(process, other)
        log.debug("started %s as pid %d", process.title, process.popen.pid)

    def _plan_of(self, process: _Process) -> ChildPlan:
        match process.role:
            case Role.RECORDER:
                return self._plan.recorder
            case Role.LOOKER:
                looker = self._plan.looker
                left_out = self._quarantine.cameras
                eyes = {camera: options for camera, options in looker.eyes.items() if camera not in left_out}
                return msgspec.structs.replace(looker, eyes=eyes, quarantined=tuple(sorted(left_out)))
            case Role.HOUSE:
                return self._plan.house
            case _:
                assert process.plan is not None
                return process.plan

    def _slots_now(self) -> dict[CameraId, int]:
        return self._quarantine.slots(self._plan.looker.eyes)

    def _link(self, one: _Process, other: _Process) -> None:
        ours, theirs = socket.socketpair()
        with ours, theirs:
            self._tell(one, Link(peer=other.role, name=other.name), (ours.fileno(),))
            self._tell(other, Link(peer=one.role, name=one.name), (theirs.fileno(),))

    def _tell(self, process: _Process, message: object, fds: tuple[int, ...] = ()) -> None:
        if process.control is None:
            return
        try:
            process.control.send(message, fds)
        except Unreachable:
            log.debug("%s does not listen any more", process.title)

    def _hear(self, process: _Process) -> None:
        if process.control is None:  # stopped by what another one said in the same moment
            return
        try:
            message = process.control.receive()
        except (Unreachable, BadReply) as error:
            log.debug("%s: %s", process.title, error)
            self._forget_control(process)
            return
        process.patience.hear(self._clock.mono_ns())
        match message:
            case Ready():
                process.patience.is_ready = True
                log.debug("%s is ready", process.title)
                self._maybe_ready()
            case NewPlan(plan=plan):
                self._renew(plan)
            case Replace(role=role):
                if (role, "") in self._processes:
                    self._replace(self._processes[role, ""])
            case Beat():
                pass

    def _maybe_ready(self) -> None:
        if not self._told_ready and all(
            each.patience.is_ready for each in self._processes.values() if each.role not in _OPTIONAL
        ):
            self._told_ready = True
            notify("READY=1\nSTATUS=recording")
            log.info("Hearthwatch is running")

    def _renew(self, plan: Plan) -> None:
        self._plan = plan
        self._quarantine.forgive()
        self._follow_guests()
        self._follow_optional()
        for process in self._processes.values():
            if process.role not in _REPLACED:
                self._tell(process, Renew(plan=self._plan_of(process), mark_slots=self._slots_now()))

    def _replace(self, process: _Process) -> None:
        self._stop(process)
        process.ending = False
        process.start_at_ns = self._clock.mono_ns()

    def _follow_guests(self) -> None:
        """A changed source is a changed guest, which holds nothing worth keeping; the others must not miss a picture."""
        wanted = self._plan.guests
        for (role, name), process in list(self._processes.items()):
            if role is Role.GUEST and wanted.get(CameraId(name)) != process.plan:
                self._stop(process)
                del self._processes[role, name]
        for camera, plan in wanted.items():
            if (Role.GUEST, camera) not in self._processes:
                self._processes[Role.GUEST, camera] = _Process(Role.GUEST, camera, plan=plan)

    def _follow_optional(self) -> None:
        """Other accounts or ports make another porch, other devices another scout: behind its walls neither could take them
        over."""
        for role, wanted in zip(_OPTIONAL, (self._plan.porch, self._plan.scout), strict=True):
            now = self._processes.get((role, ""))
            if now is not None and now.plan != wanted:
                self._stop(now)
                del self._processes[role, ""]
            if wanted is not None and (role, "") not in self._processes:
                self._processes[role, ""] = _Process(role, "", plan=wanted)

    def _look_after(self, process: _Process, now_ns: MonoNs) -> None:
        if process.popen is None:
            return
        status = process.popen.poll()
        if status is None:
            patience = process.patience
            if not patience.is_ready:
                patience.look(now_ns, used_s(process.popen.pid))
            if patience.is_over(now_ns):
                silent_s = patience.silent_s(now_ns)
                log.error("%s does not work, silent for %.0f s, and is started anew", process.title, silent_s)
                process.popen.kill()
                process.popen.wait()
                status = process.popen.returncode
            else:
                return
        reason = f"ended with status {status}" if status >= 0 else f"was ended by {signal.Signals(-status).name}"
        ran_s = (now_ns - process.patience.started_ns) / NS_PER_S
        self._forget_control(process)
        process.popen = None
        if process.role is Role.LOOKER and self._quarantine.charge():
            process.backoff.tries = 0  # what made it crash is out of its sight: the other cameras need not wait
        wait_s = process.backoff.wait_s(Unreachable(reason), ran_s)
        process.start_at_ns = now_ns + round(wait_s * NS_PER_S)
        log.warning("%s %s after %.1f s; starting it again in %.1f s", process.title, reason, ran_s, wait_s)
        self._tell(
            self._processes[Role.HOUSE, ""],
            Restarted(role=process.role, name=process.name, reason=reason),
        )

    def _forget_control(self, process: _Process) -> None:
        if process.control is None:
            return
        self._selector.unregister(process.control.fileno())
        process.control.close()
        process.control = None

    def _watchdog(self) -> None:
        first = next(iter(self._processes.values()))  # the recorder, wherever there is one
        now_ns = self._clock.mono_ns()
        is_due = now_ns - self._told_alive_ns >= self._watchdog_every_s * NS_PER_S
        if is_due and first.patience.is_ready and first.patience.silent_s(now_ns) < _PROGRESS_S:
            self._told_alive_ns = now_ns
            notify("WATCHDOG=1")

    def _stop(self, process: _Process) -> None:
        process.ending = True
        self._tell(process, Quit())
        if process.popen is not None:
            try:
                process.popen.wait(_END_LIMIT_S)
            except subprocess.TimeoutExpired:
                log.warning("%s does not end and is killed", process.title)
                process.popen.kill()
                process.popen.wait()
        self._forget_control(process)
        process.popen = None

    def _shut_down(self) -> None:
        notify("STOPPING=1")
        log.info("Hearthwatch is ending")
        order = [Role.LOOKER, *_OPTIONAL, Role.HOUSE, Role.RECORDER, Role.GUEST]
        for process in sorted(self._processes.values(), key=lambda each: order.index(each.role)):
            self._stop(process)
        log.info("Hearthwatch has ended")


def _are_peers(one: Role, other: Role) -> bool:
    return {one, other} in (
        {Role.RECORDER, Role.LOOKER},
        {Role.RECORDER, Role.HOUSE},
        {Role.LOOKER, Role.HOUSE},
        {Role.RECORDER, Role.GUEST},
        {Role.HOUSE, Role.GUEST},
        {Role.HOUSE, Role.PORCH},
        {Role.HOUSE, Role.SCOUT},
    )


def main() -> None:
    """Read the Plan from the inherited file descriptor `argv[1]` (never argv: it holds passwords) and run."""
    with open(int(sys.argv[1]), "rb") as file:  # noqa: PTH123 a descriptor, not a path
        file.seek(0)
        plan = msgspec.msgpack.decode(file.read(), type=Plan)
    logs.set_up("supervisor", debug=plan.debug)
    accounts = plan.porch.accounts if plan.porch else ()
    for password in [source.password for source in plan.recorder.sources] + [account.password for account in accounts]:
        logs.hide(password)
    for device in plan.scout.devices if plan.scout else ():
        for address in (device.mac, device.ble):
            logs.hide(address.hex(":"))
    Supervisor(plan, SystemClock()).run()


if __name__ == "__main__":
    main()
