"""The box around the decoder, tried from inside: what must still work works, and every way out is shut."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

PRISONER = """
import ctypes, json, os, socket, subprocess, sys, threading
import av, cv2, numpy
from hearthwatch.run import sandbox

ours, theirs = socket.socketpair()
walls = sandbox.enter()
libc = ctypes.CDLL(None, use_errno=True)


def raw(number, *arguments):
    if libc.syscall(number, *arguments) < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


WAYS_OUT = {
    "read a file": lambda: open("/etc/hostname"),
    "write a file": lambda: open("/tmp/escaped", "w"),
    "list a folder": lambda: os.listdir("/"),
    "remove a file": lambda: os.unlink("/tmp/escaped"),
    "open a socket": lambda: socket.socket(),
    "connect": lambda: ours.connect("/run/x"),
    "start a program": lambda: subprocess.run(["/bin/true"]),
    "replace itself": lambda: os.execv("/bin/true", ["true"]),
    "fork": os.fork,
    "signal its parent": lambda: os.kill(os.getppid(), 0),
    "signal a group": lambda: os.killpg(1, 0),
    "become root": lambda: os.setuid(0),
    "trace": lambda: raw(101 if sys.maxsize and os.uname().machine == "x86_64" else 117, 16, os.getppid(), 0, 0),
    "read another's memory": lambda: raw(310 if os.uname().machine == "x86_64" else 270, os.getppid(), 0, 0, 0, 0, 0),
    "make an io_uring": lambda: raw(425, 1, 0),
    "make a namespace": lambda: raw(272 if os.uname().machine == "x86_64" else 97, 0x10000000),
    "make an anonymous file": lambda: os.memfd_create("x"),
    "load BPF": lambda: raw(321 if os.uname().machine == "x86_64" else 280, 0, 0, 0),
}
escaped = []
for name, way in WAYS_OUT.items():
    try:
        way()
    except OSError:
        continue
    escaped.append(name)

sums = []
thread = threading.Thread(target=lambda: sums.append(int(cv2.blur(numpy.ones((64, 64), numpy.uint8), (3, 3)).sum())))
thread.start()
thread.join()
codec = av.CodecContext.create("h264", "r")
codec.thread_count = 1
codec.open()
theirs.sendall(b"x")
print(json.dumps({
    "escaped": escaped, "blurred": sums, "heard": ours.recv(1).decode(), "seccomp": walls.seccomp, "user": os.geteuid(),
    "tried": len(WAYS_OUT),
}))
"""


@pytest.mark.wired
def test_nothing_gets_out_of_the_box_and_decoding_still_works() -> None:
    done = subprocess.run([sys.executable, "-c", PRISONER], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["escaped"] == []
    assert told["tried"] >= 18
    assert told["seccomp"] is True
    assert told["blurred"] == [64 * 64]
    assert told["heard"] == "x"
    assert told["user"] != 0


@pytest.mark.wired
def test_a_prisoner_that_wants_too_much_memory_is_told_no() -> None:
    script = (
        "from hearthwatch.run import sandbox\n"
        "sandbox.enter(memory_bytes=1 << 30)\n"
        "try:\n"
        "    bytearray(2 << 30)\n"
        "except MemoryError:\n"
        "    print('refused')\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False)
    assert done.stdout.strip() == "refused", done.stderr
