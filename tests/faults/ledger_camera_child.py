"""The process behind `ledger_camera.LedgerCamera`; runs under the Python that has `gi`, as bench/gst_rtsp_child.py does.

Arguments: the folder of that module. First line in: the configuration as JSON. First line out: `READY port`. End of standard
input ends the process. The clip's access units lie in one file, ten a second, every tenth a key frame.
"""

from __future__ import annotations

import json
import sys
import threading
import time

sys.path.append(sys.argv[1])

from gst_rtsp_child import GLib, Gst, GstRtspServer, authenticated, load

LAUNCH = (
    "( appsrc name=video is-live=true format=time block=false max-bytes=8000000 "
    "caps=video/x-h264,stream-format=byte-stream,alignment=au ! h264parse ! rtph264pay name=pay0 pt=96 config-interval=-1 )"
)


class Camera:
    def __init__(self, config: dict) -> None:
        self.units = [unit[3] for unit in load(config["units"])]
        self.step_ns = 1_000_000_000 // config["fps"]
        self.gop = config["gop"]
        self.zero_ns = config["zero_ns"]
        self.ledger = open(config["ledger"], "a", buffering=1)  # noqa: PTH123, SIM115 until the end

    def push(self, source: Gst.Element, gone: threading.Event) -> None:
        """Send every picture at its time, from the next key frame on."""
        # the clock comes a moment before the base time; stamps counted from no base would never be sent
        while source.get_clock() is None or not source.get_base_time():
            if gone.wait(0.005):
                return
        clock, base = source.get_clock(), source.get_base_time()
        age_ns = time.monotonic_ns() - self.zero_ns
        zero_ns = clock.get_time() - base - age_ns
        number = -(-age_ns // (self.step_ns * self.gop)) * self.gop
        while True:
            target = zero_ns + number * self.step_ns
            early_ns = target - (clock.get_time() - base)
            if early_ns > 0 and gone.wait(early_ns / 1e9):
                return
            buffer = Gst.Buffer.new_wrapped(self.units[number % len(self.units)])
            buffer.pts = buffer.dts = target
            buffer.duration = self.step_ns
            if source.emit("push-buffer", buffer) != Gst.FlowReturn.OK:
                return
            self.ledger.write(f"{number} {time.time_ns() // 1000}\n")
            number += 1


class Factory(GstRtspServer.RTSPMediaFactory):
    def __init__(self, camera: Camera) -> None:
        super().__init__()
        self.set_launch(LAUNCH)
        self.set_shared(True)
        self.set_latency(0)
        self.camera = camera
        self.connect("media-configure", self.configure)

    def configure(self, _factory: object, media: GstRtspServer.RTSPMedia) -> None:
        gone = threading.Event()
        source = media.get_element().get_by_name("video")
        threading.Thread(target=self.camera.push, args=(source, gone), daemon=True).start()
        media.connect("unprepared", lambda _media: gone.set())


def main() -> None:
    Gst.init(None)
    config = json.loads(sys.stdin.readline())
    server = GstRtspServer.RTSPServer()
    server.set_address(config["address"])
    server.set_service(str(config["port"]))
    factory = Factory(Camera(config))
    if config["user"]:
        authenticated(server, config["user"], config["password"], basic=False)
        role = "viewer, media.factory.access=(boolean)true, media.factory.construct=(boolean)true"
        factory.add_role_from_structure(Gst.Structure.new_from_string(role))
    server.get_mount_points().add_factory("/main", factory)
    loop = GLib.MainLoop()
    GLib.timeout_add_seconds(1, lambda: server.get_session_pool().cleanup() or True)
    GLib.io_add_watch(sys.stdin.fileno(), GLib.PRIORITY_DEFAULT, GLib.IO_HUP | GLib.IO_ERR, lambda *_: loop.quit())
    server.attach(None)
    print("READY", server.get_bound_port(), flush=True)
    loop.run()


if __name__ == "__main__":
    main()
