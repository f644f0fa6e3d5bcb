"""`python -m tests.runs.break_out [--rounds N] [--json FILE]`: tries to get out of each box of Hearthwatch, from inside the real
process, by raw system calls; exit code 1 when one way led out, or a box did not do its work afterwards.

As root every box is tried twice: begun as root, which changes to nobody, and begun as an ordinary user, who owns the house's
files and processes, so that the walls alone keep them.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import ctypes
import datetime as dt
import json
import os
import platform
import resource
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from hearthwatch.detect.catalog import drawn_picture
from hearthwatch.detect.detection import DetectOptions
from hearthwatch.detect.on_gpu import FromGpu, GpuReady, Numbers, OpenGpu, Pixels
from hearthwatch.feeds.packet import Packet, Run, RunId, Stream, StreamInfo
from hearthwatch.feeds.source import Source, SourceKind
from hearthwatch.frames.geometry import WHOLE
from hearthwatch.ingest.drop import Account
from hearthwatch.kit.channel import Channel
from hearthwatch.kit.errors import HearthwatchError, Unreachable
from hearthwatch.kit.units import CameraId, WallUs
from hearthwatch.run import burning, imports, jobs, landlock, worker
from hearthwatch.run.job_messages import Burn, Import, NotImported
from hearthwatch.run.messages import (
    VERSION,
    Begin,
    FromChild,
    FromGuest,
    GuestMedia,
    Link,
    Media,
    Opened,
    OpenStream,
    Quit,
    Ready,
    Role,
    Start,
)
from hearthwatch.run.pieces import cut
from hearthwatch.run.plan import ChildPlan, GuestPlan, LookerPlan, PorchPlan, ScoutPlan
from tests.corpora.frame import data_folder
from tests.devices.free_port import free_ports
from tests.frames.clip_maker import clip, pictures
from tests.runs.inside.ways_out import MARK, Facts

ROOT = Path(__file__).resolve().parents[2]
INSIDE = ROOT / "tests" / "runs" / "inside"
EVIDENCE = ROOT / "docs" / "evidence" / "box.json"
_USER = 1000
_ROUNDS = 20
_START_S = 120.0


@dataclass(slots=True)
class World:
    """What is outside: a house's files, listeners, this process. `signs` tells what a prisoner did to them."""

    folder: Path
    facts: Facts
    listeners: list[socket.socket]
    canary: ctypes.Array[ctypes.c_char]
    signals: list[int] = field(default_factory=list)

    def signs(self) -> list[str]:
        found = []
        for sock in self.listeners:
            with contextlib.suppress(BlockingIOError):
                if sock.type == socket.SOCK_DGRAM:
                    sock.recv(16)
                else:
                    sock.accept()[0].close()
                found.append(f"somebody came to {sock.getsockname()}")
        if self.canary.value != b"canary":
            found.append("the parent's memory was written")
        if self.signals:
            found.append("the parent got a signal")
        if _contents(self.folder) != _FILES:
            found.append("files were changed")
        if (resource.getrlimit(resource.RLIMIT_NOFILE), os.nice(0), os.sched_getaffinity(0)) != _ITSELF:
            found.append("the parent was limited")
        self.signals.clear()
        return found


_LEFT_BEHIND = (Path("/dev/shm/escaped-from-a-box"), Path("/tmp/escaped-from-a-box"))
_ITSELF = (resource.getrlimit(resource.RLIMIT_NOFILE), os.nice(0), os.sched_getaffinity(0))
_FILES = {"data/house.db": "a database", "data/secrets.key": "a key", "data/secrets.sealed": "secrets", "outside/kept": "kept"}


def _contents(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): path.read_text()
        for name in ("data", "outside")
        for path in sorted((folder / name).rglob("*"))
        if path.is_file() and "footage" not in path.parts
    }


@contextlib.contextmanager
def world(*, rounds: int, seed: int, without_landlock: bool) -> Iterator[World]:
    """Make what a prisoner might want, and remove it."""
    with tempfile.TemporaryDirectory(prefix="box-") as name, contextlib.ExitStack() as stack:
        folder = Path(name)
        folder.chmod(0o755)
        for part in ("data", "data/footage", "outside", "work"):
            (folder / part).mkdir(mode=0o700)
        for path, text in _FILES.items():
            (folder / path).write_text(text)
            (folder / path).chmod(0o600)
        listeners = []
        for family, kind, address in (
            (socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", 0)),
            (socket.AF_INET6, socket.SOCK_STREAM, ("::1", 0)),
            (socket.AF_INET, socket.SOCK_DGRAM, ("127.0.0.1", 0)),
            (socket.AF_UNIX, socket.SOCK_STREAM, str(folder / "door")),
            (socket.AF_UNIX, socket.SOCK_STREAM, f"\0hearthwatch-{os.getpid()}"),
        ):
            sock = stack.enter_context(socket.socket(family, kind))
            try:
                sock.bind(address)
            except OSError:  # no IPv6 here
                listeners.append(sock)
                continue
            sock.setblocking(False)
            if kind == socket.SOCK_STREAM:
                sock.listen(64)
            listeners.append(sock)
        (folder / "door").chmod(0o777)
        canary = ctypes.create_string_buffer(b"canary")
        facts = Facts(
            parent=os.getpid(),
            canary=ctypes.addressof(canary),
            tcp_port=listeners[0].getsockname()[1],
            tcp6_port=listeners[1].getsockname()[1] if listeners[1].getsockname() else 9,
            udp_port=listeners[2].getsockname()[1],
            unix_path=str(folder / "door"),
            abstract=f"hearthwatch-{os.getpid()}",
            data=str(folder / "data"),
            outside=str(folder / "outside"),
            serves=False,
            rounds=rounds,
            seed=seed,
            mode="try",
            without_landlock=without_landlock,
        )
        made = World(folder=folder, facts=facts, listeners=[one for one in listeners if one.getsockname()], canary=canary)
        before = signal.signal(signal.SIGURG, lambda number, _frame: made.signals.append(number))
        try:
            yield made
        finally:
            signal.signal(signal.SIGURG, before)
            for path in _LEFT_BEHIND:
                path.unlink(missing_ok=True)


@contextlib.contextmanager
def prisoners(facts: Facts, folder: Path) -> Iterator[Path]:
    """Have every process that is started from here and enters a box try to leave it; yield where its report stands."""
    said = folder / "work" / "said"
    told = folder / "work" / "facts.json"
    facts.write(told)
    told.chmod(0o644)
    (folder / "work").chmod(0o711)
    before = {name: os.environ.get(name) for name in ("PYTHONPATH", "HEARTHWATCH_BREAK_OUT")}
    os.environ["PYTHONPATH"] = os.pathsep.join([str(INSIDE), str(ROOT)])
    os.environ["HEARTHWATCH_BREAK_OUT"] = str(told)
    sys.stderr.flush()
    keep = os.dup(2)
    with said.open("wb") as file:
        os.dup2(file.fileno(), 2)
    try:
        yield said
    finally:
        os.dup2(keep, 2)
        os.close(keep)
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def film() -> tuple[Run, StreamInfo, list[Packet]]:
    """Return six pictures as a camera sends them."""
    info, packets = clip(pictures(6))
    return (
        Run(id=RunId("r"), camera=packets[0].camera, stream=packets[0].stream, start_us=WallUs(0)),
        StreamInfo(video=info),
        packets,
    )


def job(folder: Path) -> bool:
    """See `Box.work`: one picture out of a stream."""
    run, info, packets = film()
    return asyncio.run(jobs.still(run, info, packets)).startswith(b"\xff\xd8")


def burn(folder: Path) -> bool:
    """Date and time drawn into a clip."""
    run, info, packets = film()
    with tempfile.TemporaryFile() as kept:
        stream = [Begin(run=run, info=info), *(Media(packet=packet) for packet in packets)]
        found, shown = burning.encoded(Burn(offset_s=0, from_us=WallUs(0)), stream, kept)
    return found is not None and len(shown) == len(packets)


def bring(folder: Path) -> bool:
    """A clip that is none is read and refused in words."""
    path = folder / "work" / "clip"
    path.write_bytes(b"no clip at all" * 100)

    async def ask() -> bool:
        async with imports._job(os.open(path, os.O_RDONLY)) as channel:
            await asyncio.to_thread(channel.send, Import(camera=CameraId("gate")))
            return isinstance(await asyncio.to_thread(channel.receive), NotImported)

    return asyncio.run(ask())


def detector(folder: Path) -> bool:
    """A person is found in a picture of a node's camera."""

    async def ask() -> bool:
        box = await worker.Box.begin(worker.Models(name="hog", folder=folder / "work", hand_placed=None))
        try:
            return bool((await box.look(cut(drawn_picture(), (WHOLE,)))).found[0])
        finally:
            await box.close()

    return asyncio.run(ask())


def gpu(folder: Path) -> bool:
    """A network at the graphics processor puts out numbers; Debian's mesa-vulkan-drivers have one that is a program."""
    ours, theirs = socket.socketpair()
    with theirs:
        process = subprocess.Popen(
            [sys.executable, "-m", "hearthwatch.run.gpu_job", str(theirs.fileno())],
            pass_fds=(theirs.fileno(),),
            stdin=subprocess.DEVNULL,
            cwd=ROOT,
        )
    ours.settimeout(_START_S)
    line: Channel[object] = Channel(ours, FromGpu)
    try:
        line.send(OpenGpu(model="nanodet_plus_m_416", models_folder=str(models_folder())))
        if not isinstance(line.receive(), GpuReady):
            return False
        line.send(Pixels(wide=416, high=256, bgr=bytes(416 * 256 * 3)))
        return isinstance(line.receive(), Numbers)
    finally:
        line.close()
        process.wait(_START_S)


def models_folder() -> Path:
    return (data_folder() or Path("/nonexistent")) / "models"


def looker(folder: Path) -> bool:
    """All pixels of a house without cameras: it comes up, beats and ends when told."""
    plan = LookerPlan(eyes={}, detect=DetectOptions(model="hog"), models_folder=str(folder / "work"))
    marks = os.memfd_create("marks")
    os.ftruncate(marks, 4096)
    try:
        return _child("looker", plan, (marks,))
    finally:
        os.close(marks)


def porch(folder: Path) -> bool:
    """Mail and files of cameras: it opens both doors."""
    account = Account(
        camera=CameraId("gate"), user="gate", password="x", networks=("127.0.0.0/8",), waiting_bytes=1 << 20, max_per_minute=9
    )
    (folder / "data" / "inbox").mkdir(exist_ok=True, mode=0o711)
    mail, files = free_ports(2)
    plan = PorchPlan(
        address="127.0.0.1",
        smtp_port=mail,
        ftp_port=files,
        passive_ports=(52_900, 52_903),
        max_bytes=1 << 20,
        accounts=(account,),
        inbox=str(folder / "data" / "inbox"),
    )

    def answers(_control: Channel[object]) -> bool:
        for port in (mail, files):
            with socket.create_connection(("127.0.0.1", port), timeout=30) as sock:
                if not sock.recv(4).startswith(b"220"):
                    return False
        return True

    folder.chmod(0o711)
    (folder / "data").chmod(0o711)
    try:
        return _child("porch", plan, then=answers)
    finally:
        shutil.rmtree(folder / "data" / "inbox")


def scout(folder: Path) -> bool:
    """Looks for phones; here it has nobody to look for."""
    return _child("scout", ScoutPlan(arp_interface="", monitor_interface="", ble=False, devices=()))


def _child(
    name: str, plan: ChildPlan, fds: tuple[int, ...] = (), then: Callable[[Channel[object]], bool] = lambda _control: True
) -> bool:
    """Start one of the house's processes as the supervisor does, wait until it works, and end it."""
    ours, theirs = socket.socketpair()
    with theirs:
        process = subprocess.Popen(
            [sys.executable, "-m", f"hearthwatch.run.{name}", str(theirs.fileno())],
            pass_fds=(theirs.fileno(),),
            stdin=subprocess.DEVNULL,
            cwd=ROOT,
        )
    ours.settimeout(_START_S)
    control: Channel[object] = Channel(ours, FromChild)
    try:
        control.send(Start(version=VERSION, debug=False, plan=plan), fds)
        works = isinstance(control.receive(), Ready) and then(control)
        control.send(Quit())
        return process.wait(_START_S) == 0 and works
    except (Unreachable, subprocess.TimeoutExpired):
        return False
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
        control.close()


def guest(folder: Path) -> bool:
    """A camera only libav can read: the stream of a camera that is drawn comes through."""
    return comes_through(Source(camera=CameraId("drawn"), stream=Stream.MAIN, kind=SourceKind.DEMO, url="demo://street?seed=1"))


def comes_through(source: Source) -> bool:
    """Start a guest for a source, and tell whether it opens the stream and gives packets."""
    ours, theirs = socket.socketpair()
    channel: Channel[object] = Channel(ours, FromGuest)
    ours.settimeout(_START_S)

    def link(control: Channel[object]) -> bool:
        with theirs:
            control.send(Link(peer=Role.RECORDER), (theirs.fileno(),))
        channel.send(OpenStream(stream=Stream.MAIN, token=1))
        return isinstance(channel.receive(), Opened) and all(isinstance(channel.receive(), GuestMedia) for _ in range(20))

    try:
        return _child("guest", GuestPlan(sources=(source,)), then=link)
    finally:
        channel.close()


LEFT_TO_A_GUEST = (
    "connect TCP",
    "connect TCP without blocking",
    "connect TCP over IPv6",
    "connect MPTCP",
    "connect SCTP",
    "TCP fast open",
    "send UDP",
    "send UDP over IPv6",
    "ask a name server",
    "ping",
    "connect a descriptor it has",
    "many messages at once",
    "any socket",
    "a pair of sockets",
    "a door of its own",
    "a packet filter on a descriptor",
    "hand a descriptor over",
    "read /etc/hostname",
    "read by an open folder",
    "look at a file",
    "look where a link leads",
    "go to another folder",
    "watch a folder",
    "an anonymous file",
    "secret memory",
    "memory to run",
    "code out of a descriptor",
    "ask a descriptor",
    "change its name",
    "be dumpable",
    "another filter",
    "a timer",
)
"""The network, the system's files to read, and itself: it connects to cameras and loads libraries as it goes."""

LEFT_TO_A_GPU = (
    "read /etc/hostname",
    "read by an open folder",
    "look at a file",
    "look where a link leads",
    "go to another folder",
    "watch a folder",
    "an anonymous file",
    "secret memory",
    "memory to run",
    "a stack to run",
    "memory to write and run",
    "written memory becomes code",
    "written memory becomes code and stays",
    "the same by a protection key",
    "code out of a descriptor",
    "raise its own limits",
    "raise its own limits, the other way",
    "change its name",
    "be dumpable",
    "a timer",
)
"""The system's files to read, and itself: a driver writes code and runs it, reserves addresses without limit, and looks up files
late."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """`work` starts it in the way of the house, has it do something, and tells whether that came out."""

    name: str
    work: Callable[[Path], bool]
    serves: bool = False
    left: tuple[str, ...] = ()
    has_list: bool = True

    def facts(self, facts: Facts, mode: str = "try") -> Facts:
        return replace(facts, serves=self.serves, left=self.left, has_list=self.has_list, mode=mode)


BOXES = (
    Box(name="looker", work=looker),
    Box(name="job: pictures", work=job),
    Box(name="job: burning", work=burn),
    Box(name="job: import", work=bring),
    Box(name="detector", work=detector),
    Box(name="porch", work=porch, serves=True),
    Box(name="scout", work=scout),
    Box(name="guest", work=guest, left=LEFT_TO_A_GUEST, has_list=False),
    Box(name="gpu", work=gpu, left=LEFT_TO_A_GPU, has_list=False),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """What became of one box."""

    box: str
    user: str
    landlock: int
    attempts: int
    ways: int
    swept: int
    escaped: tuple[str, ...]
    works: bool


def try_box(box: Box, *, rounds: int, seed: int = 1, without_landlock: bool = False) -> Tried:
    """Put a prisoner into one box, and see whether the box works on."""
    with world(rounds=rounds, seed=seed, without_landlock=without_landlock) as outside:
        with prisoners(box.facts(outside.facts), outside.folder) as said:
            try:
                works = box.work(outside.folder)
            except HearthwatchError:
                works = False
        reports = [json.loads(line.partition(MARK)[2]) for line in said.read_text().splitlines() if MARK in line]
        signs = outside.signs()
        if len(reports) != 1:
            raise AssertionError(f"{box.name} gave {len(reports)} reports; it said:\n{said.read_text()}")
    return Tried(
        box=box.name,
        user="root" if os.geteuid() == 0 else "an ordinary user",
        landlock=0 if without_landlock else landlock.version(),
        attempts=reports[0]["tried"],
        ways=reports[0]["ways"],
        swept=reports[0]["swept"],
        escaped=(*reports[0]["escaped"], *signs),
        works=works,
    )


def is_ended_for_an_old_call(box: Box) -> bool:
    """Have a prisoner make a 32-bit call; tell whether the kernel ended it for that."""
    with world(rounds=1, seed=1, without_landlock=False) as outside:
        with prisoners(box.facts(outside.facts, "compat"), outside.folder) as said, contextlib.suppress(HearthwatchError):
            box.work(outside.folder)
        return MARK not in said.read_text()


def children() -> set[int]:
    """Return the processes that were started from here and have not ended, or of whose end nobody took notice."""
    return {int(word) for task in Path("/proc/self/task").iterdir() for word in (task / "children").read_text().split()}


def try_outside() -> tuple[int, int]:
    """Try the harmless ways without any box; return how many of them led somewhere, and how many were tried."""
    with world(rounds=1, seed=1, without_landlock=False) as outside:
        path = outside.folder / "work" / "facts.json"
        outside.facts.write(path)
        command = [sys.executable, str(INSIDE / "ways_out.py"), str(path)]
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
        found = json.loads(done.stderr.partition(MARK)[2])
    return len(found["led"]), found["tried"]


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Tries to get out of each box, from inside.")
    parser.add_argument("--rounds", type=int, default=_ROUNDS, help="how often each way is tried in each box")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", type=Path, default=EVIDENCE)
    parser.add_argument("--lines", action="store_true", help=argparse.SUPPRESS)
    words = parser.parse_args(argv)
    tried = [try_box(box, rounds=words.rounds, seed=words.seed) for box in BOXES]
    lost = [try_box(box, rounds=1, seed=words.seed, without_landlock=True) for box in BOXES]
    if words.lines:
        for one in (*tried, *lost):
            print(json.dumps({name: getattr(one, name) for name in one.__slots__}))
        return 0
    if os.geteuid() == 0:
        for one in _as_a_user(words.rounds, words.seed):
            (tried if one.landlock else lost).append(one)
    led, outside = try_outside()
    old = {box.name: is_ended_for_an_old_call(box) for box in BOXES} if platform.machine() == "x86_64" else {}
    _print(tried, lost, led, outside)
    escapes = sum(len(one.escaped) for one in tried)
    idle = [one.box for one in (*tried, *lost) if not one.works]
    words.json.parent.mkdir(parents=True, exist_ok=True)
    words.json.write_text(
        json.dumps(
            {
                "what": "ways out of each box, tried from inside the real process by raw system calls",
                "command": f"python -m tests.runs.break_out --rounds {words.rounds} --seed {words.seed}",
                "at": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
                "commit": _git("rev-parse", "HEAD"),
                "dirty": bool(_git("status", "--porcelain", "--", "src", "tests/runs")),
                "kernel": platform.release(),
                "machine": platform.machine(),
                "attempts": sum(one.attempts + one.swept for one in tried),
                "escapes": escapes,
                "boxes": [_row(one) for one in tried],
                "on_a_kernel_without_landlock": [_row(one) for one in lost],
                "killed_for_a_32_bit_call": old,
                "the_same_without_a_box": {"tried": outside, "led_out": led},
            },
            indent=1,
        )
        + "\n"
    )
    print(f"{escapes} escapes; {words.json}")
    return 1 if escapes or idle or not all(old.values()) else 0


def _as_a_user(rounds: int, seed: int) -> list[Tried]:
    """Do all again as a user without rights."""
    command = [*_with_python_for_all(), "setpriv", f"--reuid={_USER}", f"--regid={_USER}", "--clear-groups"]
    command += ["--inh-caps=-all", "--ambient-caps=-all", "--bounding-set=-all"]
    command += [sys.executable, "-m", "tests.runs.break_out", "--lines", "--rounds", str(rounds), "--seed", str(seed)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, cwd=ROOT)
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    return [Tried(**{**row, "escaped": tuple(row["escaped"])}) for row in rows]


def _with_python_for_all() -> list[str]:
    """Return what makes Python readable for others in a mount namespace of its own, where it lies in somebody's home."""
    prefix = Path(sys.base_prefix)
    shut = next((folder for folder in reversed(prefix.parents) if not folder.stat().st_mode & 0o001), None)
    if shut is None:
        return []
    script = (
        'kept=$(mktemp -d); mount --bind "$1" "$kept"; mount -t tmpfs -o mode=755 none "$2"; mkdir -p "$1"; '
        'mount --bind "$kept" "$1"; shift 2; exec "$@"'
    )
    return ["unshare", "--mount", "sh", "-ec", script, "sh", str(prefix), str(shut)]


def _row(one: Tried) -> dict[str, object]:
    return {
        "box": one.box,
        "begun_as": one.user,
        "landlock": one.landlock,
        "ways": one.ways,
        "attempts": one.attempts,
        "calls_swept": one.swept,
        "escaped": list(one.escaped),
        "works_on": one.works,
    }


def _print(tried: list[Tried], lost: list[Tried], led: int, outside: int) -> None:
    for one in (*tried, *lost):
        print(
            f"{one.box:14} {one.user:16} landlock {one.landlock or '-'}  {one.attempts:5} attempts of {one.ways} ways, "
            f"{one.swept} calls swept, {len(one.escaped)} escapes{'' if one.works else ', WORKS NO MORE'}"
        )
        if one.escaped:
            print(f"    {', '.join(one.escaped)}")
    print(f"without a box {led} of {outside} ways lead out")


def _git(*words: str) -> str:
    return subprocess.run(["git", *words], capture_output=True, text=True, check=False, cwd=ROOT).stdout.strip()


if __name__ == "__main__":
    sys.exit(main())
