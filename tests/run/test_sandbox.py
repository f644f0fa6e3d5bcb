"""The box around the decoder, tried from inside: what must still work works, and every way out is shut."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

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
def test_sec_19_nothing_gets_out_of_the_box_and_decoding_still_works() -> None:
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
def test_sec_19_a_prisoner_that_wants_too_much_memory_is_told_no() -> None:
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


SERVER = """
import ctypes, encodings.idna, json, os, socket, subprocess, sys
from hearthwatch.run import sandbox

inbox, outside = sys.argv[1], sys.argv[2]
os.chown(inbox, sandbox.NOBODY, sandbox.NOBODY) if os.geteuid() == 0 else None
camera = os.open(inbox, os.O_RDONLY | os.O_DIRECTORY)
listener = socket.create_server(("127.0.0.1", 0))
walls = sandbox.enter(memory_bytes=1 << 30, folder=os.open(inbox, os.O_PATH | os.O_DIRECTORY))

WAYS_OUT = {
    "read a file": lambda: open("/etc/hostname"),
    "write a file": lambda: open(outside + "/escaped", "w"),
    "write up": lambda: os.open("../escaped", os.O_WRONLY | os.O_CREAT, dir_fd=camera),
    "list a folder": lambda: os.listdir("/"),
    "make a folder": lambda: os.mkdir("x", dir_fd=camera),
    "make a link": lambda: os.symlink("/etc/passwd", "x", dir_fd=camera),
    "link": lambda: os.link("/etc/passwd", "x", dst_dir_fd=camera),
    "rename out": lambda: os.rename("kept", outside + "/kept", src_dir_fd=camera),
    "start a program": lambda: subprocess.run(["/bin/true"]),
    "replace itself": lambda: os.execv("/bin/true", ["true"]),
    "fork": os.fork,
    "signal its parent": lambda: os.kill(os.getppid(), 0),
    "become root": lambda: os.setuid(0),
    "change a mode": lambda: os.fchmod(camera, 0o777),
    "steal a terminal": lambda: __import__("fcntl").ioctl(0, 0x5412, b"x"),
    "make a namespace": lambda: os.unshare(0x10000000) if hasattr(os, "unshare") else ctypes.CDLL(None).unshare(0x10000000) and 1 / 0,
}
fd = os.open("kept", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600, dir_fd=camera)
os.write(fd, b"x")
os.fsync(fd)
os.rename("kept", "named", src_dir_fd=camera, dst_dir_fd=camera)
open_names = os.listdir(camera)
os.unlink("named", dir_fd=camera)
os.close(os.open("kept", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600, dir_fd=camera))
client = socket.create_connection(listener.getsockname())
taken, _ = listener.accept()
taken.setblocking(False)
client.sendall(b"hello")
escaped = []
for name, way in WAYS_OUT.items():
    try:
        way()
    except (OSError, ArithmeticError):
        continue
    escaped.append(name)
print(json.dumps({"escaped": escaped, "names": open_names, "landlock": walls.landlock, "user": os.geteuid()}))
"""


@pytest.mark.wired
def test_a_server_listens_and_writes_to_its_folder_and_nothing_else(tmp_path: Path) -> None:
    inbox, outside = tmp_path / "inbox", tmp_path / "outside"
    for folder in (inbox, outside):
        folder.mkdir(mode=0o777)
        folder.chmod(0o777)
    for folder in (tmp_path, *tmp_path.parents[:2]):
        folder.chmod(0o755)
    command = [sys.executable, "-c", SERVER, str(inbox), str(outside)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    if not told["landlock"]:
        pytest.skip("this kernel has no landlock: files are kept by the user alone")
    assert told["escaped"] == []
    assert told["names"] == ["named"]
    assert told["user"] != 0
    assert list(outside.iterdir()) == []
