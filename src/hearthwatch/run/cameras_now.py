"""What each camera does at this moment, put together from what recorder and looker last said."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from hearthwatch.arming.arming import Mode
from hearthwatch.feeds.packet import Stream
from hearthwatch.feeds.pump import PumpState, Trouble
from hearthwatch.kit.clock import Clock
from hearthwatch.kit.units import NS_PER_S, US_PER_S, CameraId, WallUs
from hearthwatch.run.config import Config, Record
from hearthwatch.run.footage_now import FootageNow
from hearthwatch.run.messages import EyeState, LookerState, RecorderState
from hearthwatch.run.mode_meaning import meaning
from hearthwatch.web.doors import CameraNow, CameraState, StreamNow

_STALE_S = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class StillNow:
    """A camera without a stream, as its last picture, or the lack of one, shows it."""

    state: CameraState
    cause: str
    at_us: WallUs


_NO_STILL = StillNow(state=CameraState.CONNECTING, cause="its first picture has not come yet", at_us=WallUs(0))


class CamerasNow:
    """Implements CameraDoor; used on the house's loop."""

    def __init__(self, config: Config, footage: FootageNow, clock: Clock, mode: Callable[[], Mode]) -> None:
        self._footage = footage
        self._mode = mode
        self._config = config
        self._clock = clock
        self._recorder: RecorderState | None = None
        self._recorder_ns = 0
        self._looker: LookerState | None = None
        self._stills: dict[CameraId, StillNow] = {}

    def renew(self, config: Config) -> None:
        self._config = config

    def hear_recorder(self, state: RecorderState) -> None:
        self._recorder = state
        self._recorder_ns = self._clock.mono_ns()

    def hear_still(self, camera: CameraId, now: StillNow) -> None:
        """Take what came of asking a camera without a stream for a picture."""
        before = self._stills.get(camera)
        since_us = before.at_us if before is not None and before.state is now.state else now.at_us
        self._stills[camera] = replace(now, at_us=since_us)

    def hear_looker(self, state: LookerState) -> None:
        self._looker = state

    @property
    def recorder(self) -> RecorderState | None:
        """The recorder's last word, None when it is too old to mean anything."""
        if self._clock.mono_ns() - self._recorder_ns > _STALE_S * NS_PER_S:
            return None
        return self._recorder

    @property
    def looker(self) -> LookerState | None:
        return self._looker

    def pump(self, camera: CameraId, stream: Stream) -> PumpState | None:
        state = self.recorder
        if state is None:
            return None
        return next((each.pump for each in state.streams if each.camera == camera and each.stream is stream), None)

    def is_private(self, camera: CameraId) -> bool:
        """Tell whether people are left in private by that camera now."""
        options = self._config.cameras.get(camera)
        return options is not None and meaning(options, self._mode()).private

    def all(self) -> tuple[CameraNow, ...]:
        """See CameraDoor."""
        eyes = {eye.camera: eye for eye in self._looker.eyes} if self._looker else {}
        return tuple(self._camera(camera, eyes.get(camera)) for camera in self._config.cameras)

    def _camera(self, camera: CameraId, eye: EyeState | None) -> CameraNow:
        options = self._config.cameras[camera]
        footage = self._footage.cameras.get(camera)
        streams = tuple(
            self._stream(camera, stream, self.pump(camera, stream))
            for stream, url in ((Stream.MAIN, options.main), (Stream.SUB, options.sub))
            if url
        )
        main = self.pump(camera, Stream.MAIN)
        still = self._stills.get(camera, _NO_STILL)
        state, cause = (streams[0].state, _cause(main)) if streams else (still.state, still.cause)
        means = meaning(options, self._mode())
        if means.private and options.enabled:
            state, trouble, eye = CameraState.PRIVATE, cause, None
            cause = f"private in mode {self._mode()}: not recorded, not looked at" + (f" ({trouble})" if trouble else "")
        elif not options.enabled:
            cause = f"switched off in the configuration (camera.{camera}.enabled)"
        elif self._looker is not None and camera in self._looker.quarantined:
            state = CameraState.QUARANTINED
            cause = (
                "its pictures crashed the decoder again and again: it is recorded, but not looked at until its settings change"
            )
        return CameraNow(
            id=camera,
            name=options.name or camera,
            state=state,
            cause=cause,
            since_us=main.since_us if main else still.at_us or self._clock.wall_us(),
            streams=streams,
            motion_frac=eye.motion_frac if eye else 0.0,
            motion_limit_frac=options.motion.sensitivity_frac,
            looked_per_s=eye.fps if eye else 0.0,
            recorded=bool(streams) and means.record is not Record.NEVER,
            only_events=means.record is Record.EVENTS,
            kept_from_us=footage.oldest_us if footage else None,
            bytes_per_day=footage.bytes_per_day if footage else 0,
        )

    def _stream(self, camera: CameraId, stream: Stream, pump: PumpState | None) -> StreamNow:
        recorder, looker = self.recorder, self._looker
        boxes = (*(recorder.boxes if recorder else ()), *(looker.boxes if looker else ()))
        return StreamNow(
            stream=stream,
            state=_state(pump),
            codec=pump.codec if pump else None,
            width_px=pump.width_px if pump else 0,
            height_px=pump.height_px if pump else 0,
            fps=pump.fps if pump else 0.0,
            kbit_per_s=pump.bits_per_s / 1000 if pump else 0.0,
            last_us=self._last_us(pump),
            has_audio=bool(pump and pump.audio),
            boxes=tuple(box for box in boxes if f"{camera}/{stream}" in box.name or box.name == f"looker/{camera}"),
        )

    def _last_us(self, pump: PumpState | None) -> WallUs | None:
        if pump is None or pump.last_packet_ns is None:
            return None
        age_ns = self._clock.mono_ns() - pump.last_packet_ns
        return WallUs(self._clock.wall_us() - age_ns * US_PER_S // NS_PER_S)


def _state(pump: PumpState | None) -> CameraState:
    if pump is None:
        return CameraState.CONNECTING
    if pump.connected:
        return CameraState.LIVE
    match pump.trouble:
        case Trouble.REFUSED:
            return CameraState.REFUSED
        case Trouble.UNSUPPORTED:
            return CameraState.UNSUPPORTED
        case None:
            return CameraState.CONNECTING
        case _:
            return CameraState.LOST


def _cause(pump: PumpState | None) -> str:
    if pump is None:
        return "the recorder is starting"
    return "" if pump.connected else pump.last_error or "connecting"
