"""BM6: everything a camera costs, recording, motion and names together, beside Frigate's way of doing the same."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import msgspec

from hearthwatch.bench import footage
from hearthwatch.bench.contender import Child, Contender, compete, scratch
from hearthwatch.bench.keeping import Recording, coded
from hearthwatch.bench.row import Guard, Row
from hearthwatch.bench.rtsp_server import RtspServer
from hearthwatch.bench.seeing import Looking
from hearthwatch.bench.terms import Bench, Terms
from hearthwatch.detect.store import AUTO, Store

_OURS, _FRIGATE = "Hearthwatch", "Frigate"
_CAMERAS = 4
_LIMIT = 0.40
_LEAST_KEPT_FRAC = 0.98
"""Of a copy's pictures; the newest fragment is cut by the end."""


class _Counts(msgspec.Struct, frozen=True):
    looked: int
    found: int
    pids: tuple[int, ...]


class _Ours:
    """The recorder on the main streams, pumps and looker on the sub-streams."""

    def __init__(self, recording: Recording, looking: Looking) -> None:
        self._recording = recording
        self._looking = looking

    @property
    def pids(self) -> tuple[int, ...]:
        return *self._recording.pids, *self._looking.pids

    def pictures(self) -> int:
        return self._looking.pictures()


class _Frigate(Child):
    """The loop and the ffmpeg processes it started."""

    @property
    def pids(self) -> tuple[int, ...]:
        return *super().pids, *self.counts().pids

    def counts(self) -> _Counts:
        return msgspec.convert(self.ask(), _Counts)

    def pictures(self) -> None:
        """It takes five a second by its own settings, ours all ten: what it found is looked at instead."""


def measure(terms: Terms) -> tuple[Row, ...]:
    """BM6."""
    models = terms.data / "models"
    model = Store(folder=models).choose(AUTO).name
    main, sub = footage.five_megapixels(terms), footage.sub(terms, path="/sub160", kbps=160)
    with ExitStack() as stack:
        folder = stack.enter_context(scratch())
        server = stack.enter_context(RtspServer([main, sub]))
        main_url, sub_url = server.url(main.path), server.url(sub.path)
        names = [f"cam-{index}" for index in range(_CAMERAS)]
        with ExitStack() as contending:
            recording = contending.enter_context(
                Recording("recording_child", cameras=dict.fromkeys(names, main_url), folder=str(folder / "footage"))
            )
            looking = contending.enter_context(
                Looking("looking_child", kind="ours", urls=[sub_url] * _CAMERAS, models=str(models), model=model)
            )
            frigate = contending.enter_context(
                _Frigate(
                    "frigate_child",
                    cameras=dict.fromkeys(names, (main_url, sub_url)),
                    folder=str(folder / "frigate"),
                    models=str(models),
                    model=model,
                )
            )
            ours = _Ours(recording, looking)
            contenders: dict[str, Contender] = {_OURS: ours, _FRIGATE: frigate}
            result = compete(contenders, rounds=terms.rounds, round_s=terms.round_s, pictures_per_s=footage.FPS * _CAMERAS)
            theirs = frigate.counts()
            recording.kill()
        kept = [_kept(folder / "footage" / name / "main") for name in names]
        copied = [_kept(folder / "frigate" / name) for name in names]
    visits = int(terms.rounds * terms.round_s // footage.LOOP_S) * _CAMERAS
    return (
        Row(
            bench="BM6",
            what=f"all in, {_CAMERAS} cameras: record 2560x1920@15, see and name 640x480@10, {model}",
            ours=result.cpu_frac(_OURS) * 100 / _CAMERAS,
            peer=result.cpu_frac(_FRIGATE) * 100 / _CAMERAS,
            peer_name="Frigate's loop at 5 pictures a second + segment recording",
            unit="% core a camera",
            judged=result.cpu_ratio(_OURS, _FRIGATE),
            target=f"ratio <= {_LIMIT:.2f}",
            limit=_LIMIT,
            rounds=len(result.rounds),
            note=f"{looking.looked} looks of ours, {theirs.looked} of theirs; memory "
            f"{result.resident_bytes(_OURS) / 1e6:.0f} MB, peer {result.resident_bytes(_FRIGATE) / 1e6:.0f} MB",
            guards=(
                Guard(what=f"{looking.alerts} alerts for {visits} visits", held=looking.alerts >= visits > 0),
                Guard(what=f"theirs found a person {theirs.found} times", held=theirs.found > 0),
                Guard(
                    what=f"{min(kept)} pictures kept of each camera at least (peer {min(copied)})",
                    held=min(kept) >= min(copied) * _LEAST_KEPT_FRAC > 0,
                ),
            ),
        ),
    )


def _kept(folder: Path) -> int:
    return len(coded(sorted(folder.glob("*.mp4"))))


BM6 = Bench(name="bm6", what="record, see and name, beside Frigate's loop", measure=measure)
