"""What recorder and looker say each second, made by hand."""

from __future__ import annotations

from typing import Any

from hearthwatch.feeds.packet import Codec, GapReason, Stream
from hearthwatch.feeds.pump import PumpState, Trouble
from hearthwatch.kit.units import CameraId, WallUs
from hearthwatch.run.messages import EyeState, LookerState, RecorderState, StreamState


def pump(*, connected: bool = True, reason: GapReason | None = None, error: str = "", **fields: Any) -> PumpState:
    video = {"codec": Codec.H264, "width_px": 1280, "height_px": 720, "fps": 10.0, "bits_per_s": 900_000.0}
    return PumpState(
        connected=connected, since_us=WallUs(5), reason=reason, last_error=error, **((video if connected else {}) | fields)
    )


def lost(trouble: Trouble = Trouble.UNREACHABLE, error: str = "no answer") -> PumpState:
    reason = GapReason.REFUSED if trouble is Trouble.REFUSED else GapReason.CAMERA
    return pump(connected=False, reason=reason, trouble=trouble, error=error)


def recorder(disk_error: str = "", boxes: tuple[Any, ...] = (), **cameras: PumpState) -> RecorderState:
    """`front=pump()` is its main stream, `front_sub=…` its sub stream."""
    streams = tuple(
        StreamState(
            camera=CameraId(name.removesuffix("_sub")),
            stream=Stream.SUB if name.endswith("_sub") else Stream.MAIN,
            pump=state,
        )
        for name, state in cameras.items()
    )
    return RecorderState(streams=streams, boxes=boxes, confirmed_us={}, disk_error=disk_error)


def looker(
    detector_error: str = "", boxes: tuple[Any, ...] = (), quarantined: tuple[CameraId, ...] = (), **errors: int
) -> LookerState:
    """`front=3` is an eye that could not decode three pictures so far."""
    eyes = tuple(
        EyeState(
            camera=CameraId(name),
            frames=100,
            fps=9.5,
            decode_errors=count,
            motion_frac=0.02,
            settled=True,
            last_frame_us=WallUs(7),
        )
        for name, count in errors.items()
    )
    return LookerState(
        eyes=eyes,
        quarantined=quarantined,
        boxes=boxes,
        model="tiny",
        asked=1,
        looked=1,
        took_ms_p50=1.0,
        took_ms_p95=2.0,
        detector_error=detector_error,
    )
