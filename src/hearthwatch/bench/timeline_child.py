"""A process that serves the page's API over a folder with `index.db` and `house.db`, with the timeline's door and no other."""

from __future__ import annotations

import asyncio
import json
import sys
from dataclasses import fields
from pathlib import Path
from typing import Any, cast

from hearthwatch.arming.machine import first
from hearthwatch.kit.clock import SystemClock
from hearthwatch.kit.db import open_reader, open_writer
from hearthwatch.kit.dbthread import DbThread
from hearthwatch.kit.secrets import Secrets
from hearthwatch.kit.units import CameraId, WallUs
from hearthwatch.run.config import parse
from hearthwatch.run.house_doors import Footage
from hearthwatch.run.thumbs import Thumbs
from hearthwatch.run.timeline_desk import TimelineDesk
from hearthwatch.web.app import create_app
from hearthwatch.web.auth import Auth
from hearthwatch.web.changes import Changes
from hearthwatch.web.claim import ClaimCode
from hearthwatch.web.doors import CameraNow, CameraState, Doors
from hearthwatch.web.options import WebOptions
from hearthwatch.web.passwords import Hasher
from hearthwatch.web.serve import serve


class _Cameras:
    """Implements CameraDoor."""

    def __init__(self, names: list[str]) -> None:
        self._all = tuple(
            CameraNow(id=CameraId(name), name=name, state=CameraState.LIVE, cause="", since_us=WallUs(0), streams=())
            for name in names
        )

    def all(self) -> tuple[CameraNow, ...]:
        return self._all


def _say(said: dict[str, object]) -> None:
    print(json.dumps(said), flush=True)  # noqa: T201 this is how a child tells the benchmark


async def _main(folder: Path, names: list[str]) -> None:
    clock, config = SystemClock(), parse("", "nowhere")
    db = DbThread(open_writer(folder / "house.db"))
    footage = Footage(folder / "index.db", folder / "footage")
    timeline = TimelineDesk(
        folder / "index.db",
        footage.folder,
        Thumbs(folder / "thumbs", footage),
        reader=open_reader(folder / "house.db"),
        armed=lambda: first(clock.wall_us()),
        config=lambda: config,
        clock=clock,
    )
    absent: dict[str, Any] = {field.name: None for field in fields(Doors)}
    doors = Doors(**cast("Any", absent | {"cameras": _Cameras(names), "timeline": timeline}))
    options = WebOptions(port=0, https_port=0)
    claim = ClaimCode(clock, lambda code: _say({"code": code}))
    auth = Auth(db, clock, claim, Hasher(memory_kib=64, passes=1), sealer=Secrets(folder))
    app = create_app(doors, options, auth=auth, clock=clock, changes=Changes(), clip_folder=folder / "clips")
    await serve(
        app,
        options,
        auth=auth,
        clock=clock,
        data_folder=folder,
        say=lambda _line: None,
        announce_port=lambda port: _say({"port": port}),
    )


if __name__ == "__main__":
    asyncio.run(_main(Path(sys.argv[1]), sys.argv[2:]))
