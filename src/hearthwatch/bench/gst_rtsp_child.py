"""The process behind `rtsp_server.RtspServer`; runs under the Python that has `gi`, takes orders from standard input.

First line in: the configuration as JSON. First line out: `READY port`. End of standard input ends the process.
Access units come from files written by `rtsp_server`: u64 decode time, u64 shown this much later, u64 duration (all ns),
u32 length, bytes; big endian. They are pushed at their time, over and over, with stamps that keep rising; in the order of the
mount's ranges of units where it has any. A mount's ledger gets one row for each unit pushed: u64 monotonic time, u64 wall time
(ns), u64 which unit.
"""

from __future__ import annotations

import json
import struct
import sys
import threading
import time
from collections.abc import Iterator
from functools import cache
from typing import Any, BinaryIO

import gi  # type: ignore[import-not-found]  # Debian's python3 has it, our environment never does

gi.require_version("Gst", "1.0")
gi.require_version("GstApp", "1.0")
gi.require_version("GstRtsp", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtsp, GstRtspServer  # type: ignore[import-not-found]  # noqa: E402

HEAD = struct.Struct("!QQQI")
SENT = struct.Struct("!QQQ")


@cache
def load(path: str) -> list[tuple[int, int, int, bytes]]:
    units = []
    with open(path, "rb") as file:  # noqa: PTH123
        while head := file.read(HEAD.size):
            *times, length = HEAD.unpack(head)
            units.append((*times, file.read(length)))
    return units


def in_order(units: list[tuple[int, int, int, bytes]], ranges: list[list[int]]) -> Iterator[tuple[int, int]]:
    """Yield which unit comes next and when, in ns from the first one, for ever."""
    start = 0
    while True:
        for first, end in ranges or [[0, len(units)]]:
            base = units[first][0]
            for number in range(first, end):
                yield number, start + units[number][0] - base
            start += units[end - 1][0] + units[end - 1][2] - base


def push(
    source: Gst.Element,
    units: list[tuple[int, int, int, bytes]],
    gone: threading.Event,
    ranges: list[list[int]],
    ledger: BinaryIO | None,
) -> None:
    # the clock comes a moment before the base time; stamps counted from no base would lie hours ahead and never be sent
    while source.get_clock() is None or not source.get_base_time():
        if gone.wait(0.005):
            return
    clock, base = source.get_clock(), source.get_base_time()
    start = clock.get_time() - base
    for number, dts in in_order(units, ranges):
        _, shown_later, duration, data = units[number]
        target = start + dts
        late = (clock.get_time() - base) - target
        if late < 0 and gone.wait(-late / 1e9):
            return
        buffer = Gst.Buffer.new_wrapped(data)
        buffer.pts, buffer.dts = target + shown_later, target
        buffer.duration = duration
        if ledger is not None:
            ledger.write(SENT.pack(time.monotonic_ns(), time.time_ns(), number))
        if source.emit("push-buffer", buffer) != Gst.FlowReturn.OK:
            return


class Factory(GstRtspServer.RTSPMediaFactory):  # type: ignore[misc]
    def __init__(self, mount: dict[str, Any]) -> None:
        super().__init__()
        self.set_launch(mount["launch"])
        self.set_shared(True)
        self.set_latency(0)
        self.files: dict[str, str] = mount["files"]
        self.ranges: list[list[int]] = mount["ranges"]
        self.ledger: str = mount["ledger"]
        self.connect("media-configure", self.configure)

    def configure(self, _factory: object, media: GstRtspServer.RTSPMedia) -> None:
        gone = threading.Event()
        for name, path in self.files.items():
            source = media.get_element().get_by_name(name)
            is_video = name == "video"
            # unbuffered: the rows of a server that is killed count, too
            ledger = open(self.ledger, "ab", buffering=0) if self.ledger and is_video else None  # noqa: PTH123, SIM115
            ranges = self.ranges if is_video else []
            threading.Thread(target=push, args=(source, load(path), gone, ranges, ledger), daemon=True).start()
        media.connect("unprepared", lambda _media: gone.set())


def authenticated(server: GstRtspServer.RTSPServer, user: str, password: str, basic: bool) -> None:
    auth = GstRtspServer.RTSPAuth()
    token = GstRtspServer.RTSPToken()
    token.set_string("media.factory.role", "viewer")
    if basic:
        auth.set_supported_methods(GstRtsp.RTSPAuthMethod.BASIC)
        auth.add_basic(GstRtspServer.RTSPAuth.make_basic(user, password), token)
    else:
        auth.set_supported_methods(GstRtsp.RTSPAuthMethod.DIGEST)
        auth.add_digest(user, password, token)
    server.set_auth(auth)


def main() -> None:
    Gst.init(None)
    config = json.loads(sys.stdin.readline())
    server = GstRtspServer.RTSPServer()
    server.set_address(config["address"])
    server.set_service(str(config["port"]))
    if config["user"]:
        authenticated(server, config["user"], config["password"], config["basic"])
    for mount in config["mounts"]:
        factory = Factory(mount)
        if config["user"]:
            role = "viewer, media.factory.access=(boolean)true, media.factory.construct=(boolean)true"
            factory.add_role_from_structure(Gst.Structure.new_from_string(role))
        server.get_mount_points().add_factory(mount["path"], factory)
    loop = GLib.MainLoop()
    if config["session_timeout_s"]:
        seconds = config["session_timeout_s"]
        server.connect(
            "client-connected", lambda _s, client: client.connect("new-session", lambda _c, s: s.set_timeout(seconds))
        )
    GLib.timeout_add_seconds(1, lambda: server.get_session_pool().cleanup() or True)
    GLib.io_add_watch(sys.stdin.fileno(), GLib.PRIORITY_DEFAULT, GLib.IO_HUP | GLib.IO_ERR, lambda *_: loop.quit())
    server.attach(None)
    print("READY", server.get_bound_port(), flush=True)  # noqa: T201 the parent reads it
    loop.run()


if __name__ == "__main__":
    main()
