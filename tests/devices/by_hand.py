"""Starting an emulated camera by hand: a line per request on the terminal, scripted by `/_emulator/…` from another one."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import datetime as dt
import ssl
from collections.abc import Callable, Sequence
from pathlib import Path

from hearthwatch.bench.rtsp_server import Mount
from tests.devices.camera_control import VERBS
from tests.devices.camera_state import Fault, Recording
from tests.devices.camera_video import CameraVideo
from tests.devices.camera_web import EmulatedCamera


def main(camera: Callable[[], EmulatedCamera], rtsp_paths: Sequence[str] = ()) -> None:
    """Serve until Ctrl-C. `rtsp_paths` are where the family has its video."""
    parser = argparse.ArgumentParser(epilog="Scripted by GET http://HOST:PORT/_emulator/VERB: " + "  ".join(VERBS))
    parser.add_argument("--port", type=int, default=8081)
    parser.add_argument("--fault", action="append", default=[], type=Fault, choices=list(Fault), metavar="|".join(Fault))
    parser.add_argument("--tls", type=Path, help="speak HTTPS with the certificate and key of this PEM file")
    parser.add_argument("--card", type=Path, help="a clip on the camera's card, recorded in the last hour")
    parser.add_argument("--boot", action="store_true", help="just started: the clock stands at 1970 until NTP")
    if rtsp_paths:
        parser.add_argument("--rtsp", type=Path, help="serve this clip by RTSP, by the account of --rtsp-user")
        parser.add_argument("--rtsp-port", type=int, default=0)
        parser.add_argument("--rtsp-user", default="watch")
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_serve(camera(), parser.parse_args(), rtsp_paths))


async def _serve(camera: EmulatedCamera, said: argparse.Namespace, rtsp_paths: Sequence[str]) -> None:
    camera.port = said.port
    camera.say = lambda line: print(line, flush=True)
    if said.tls is not None:
        camera.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        camera.tls.load_cert_chain(said.tls)
    if said.card is not None:
        end = camera.state.clock.local()
        camera.state.card.append(Recording(start=end - dt.timedelta(hours=1), end=end, clip=said.card))
    if said.boot:
        camera.state.start()
        camera.after_start()
    async with contextlib.AsyncExitStack() as stack:
        await stack.enter_async_context(camera.running())
        for fault in said.fault:
            await camera.cause(fault)
        print(f"{camera.family} camera at http{'s' if camera.tls else ''}://{camera.host}:{camera.port}", flush=True)
        for account in camera.state.accounts:
            print(f"  account {account.name} password {account.password!r} ({account.group})", flush=True)
        if rtsp_paths and said.rtsp is not None:
            mounts = [Mount(path=path, clip=said.rtsp) for path in rtsp_paths]
            video = CameraVideo(camera=camera, user=said.rtsp_user, mounts=mounts, port=said.rtsp_port)
            await stack.enter_async_context(video.running())
            print(f"  video {video.url(rtsp_paths[0])} by {said.rtsp_user} and its password of the moment", flush=True)
        await asyncio.Event().wait()
