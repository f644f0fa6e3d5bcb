"""From the processes' reports to outages: which camera is away, which disk takes nothing, which process does not stay up."""

from __future__ import annotations

from collections.abc import Set as AbstractSet

from hearthwatch.feeds.packet import GapReason, Stream
from hearthwatch.health.board import Board
from hearthwatch.health.outage import Fault
from hearthwatch.kit.units import CameraId
from hearthwatch.run.messages import LookerState, RecorderState, Restarted, Role

_CAMERA_FAULTS = (
    Fault.CAMERA_UNREACHABLE,
    Fault.CAMERA_REFUSED,
    Fault.CAMERA_BAD_REPLY,
    Fault.CAMERA_UNSUPPORTED,
)
_FAULT_OF = {GapReason.REFUSED: Fault.CAMERA_REFUSED}
_DISK = "footage"
_DETECTOR = "detector"


class StateWatch:
    """Reports what changed to the board; a camera's main stream stands for the camera."""

    def __init__(self, board: Board) -> None:
        self._board = board

    def recorder(self, state: RecorderState, enabled: AbstractSet[CameraId]) -> None:
        """Take the recorder's report of the second."""
        for stream in state.streams:
            if stream.stream is not Stream.MAIN or stream.camera not in enabled:
                continue
            pump = stream.pump
            now = None if pump.connected or pump.reason is None else _FAULT_OF.get(pump.reason, Fault.CAMERA_UNREACHABLE)
            if pump.connected or now is not None:
                for fault in _CAMERA_FAULTS:
                    if fault is not now:
                        self._board.recovered(fault, stream.camera)
            if now is not None:
                self._board.failed(now, stream.camera, pump.last_error, camera=stream.camera)
        if state.disk_error:
            fault = Fault.DISK_FULL if "no space" in state.disk_error.lower() else Fault.DISK_BROKEN
            self._board.failed(fault, _DISK, state.disk_error)
        else:
            self._board.recovered(Fault.DISK_FULL, _DISK)
            self._board.recovered(Fault.DISK_BROKEN, _DISK)
        self._board.recovered(Fault.PROCESS_RESTARTED, Role.RECORDER)

    def looker(self, state: LookerState) -> None:
        """Take the looker's report of the second."""
        self._board.recovered(Fault.PROCESS_RESTARTED, Role.LOOKER)
        if state.detector_error:
            self._board.failed(Fault.DETECTOR_BASIC, _DETECTOR, state.detector_error)
        else:
            self._board.recovered(Fault.DETECTOR_BASIC, _DETECTOR)

    def restarted(self, message: Restarted) -> None:
        """A process had to be started again."""
        subject = f"{message.role} {message.name}".strip()
        self._board.failed(Fault.PROCESS_RESTARTED, subject, f"It {message.reason} and was started again.")
        if message.role is Role.GUEST:
            self._board.recovered(Fault.PROCESS_RESTARTED, subject)
        for camera in message.quarantined:
            self._board.failed(
                Fault.CAMERA_QUARANTINED,
                camera,
                "Its pictures crashed the decoder 5 times in a minute. Restart Hearthwatch to try again.",
                camera=camera,
            )
