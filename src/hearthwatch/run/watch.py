"""From the processes' reports to outages: which camera is away, which disk takes nothing, which process does not stay up."""

from __future__ import annotations

from collections import deque
from collections.abc import Set as AbstractSet

from hearthwatch.feeds.packet import Stream
from hearthwatch.feeds.pump import Trouble
from hearthwatch.health.outage import Fault, HealthSink
from hearthwatch.kit.clock import Clock
from hearthwatch.kit.units import NS_PER_S, CameraId, MonoNs
from hearthwatch.motion.motion import Sight
from hearthwatch.run.messages import EyeState, LookerState, RecorderState, Restarted, Role

_FAULT_OF = {
    Trouble.UNREACHABLE: Fault.CAMERA_UNREACHABLE,
    Trouble.REFUSED: Fault.CAMERA_REFUSED,
    Trouble.BAD_REPLY: Fault.CAMERA_BAD_REPLY,
    Trouble.UNSUPPORTED: Fault.CAMERA_UNSUPPORTED,
}
_FAULT_OF_SIGHT = {
    Sight.COVERED: (
        Fault.CAMERA_COVERED,
        (
            "From one moment to the next its picture shows nothing any more. Somebody or something is before the lens, or all "
            "light went out. Go and look, or look at its recording of that moment."
        ),
    ),
    Sight.BLURRED: (
        Fault.CAMERA_BLURRED,
        "Its picture has lost its sharpness: dirt, water, a spider's web, spray on the lens, or the focus was moved. Wipe it.",
    ),
    Sight.TURNED: (
        Fault.CAMERA_TURNED,
        "It looks somewhere else than usual. If that was you: in half an hour it is taken for its usual view.",
    ),
    Sight.FROZEN: (
        Fault.CAMERA_FROZEN,
        (
            "It sends the same picture again and again, although a real one is never quite the same. Restart the camera. If "
            "that does not help, somebody may be playing a recording to it."
        ),
    ),
    Sight.DARK: (
        Fault.CAMERA_DARK,
        "It is too dark for this camera. Switch its infrared light on, or leave a lamp on.",
    ),
}
_SILENT_NS = 15 * NS_PER_S
_NONE_WENT_NS = 600 * NS_PER_S
_DISK = "footage"
_DETECTOR = "detector"
_DAMAGE_REPORTS = 10
_DAMAGE_ERRORS = 6
"""More than a decoder meets until it takes a stream that always breaks the rules for what it is."""
_WHOLE_REPORTS = 30
"""So many reports, one a second, without a new error mean that the pictures are whole again."""


class StateWatch:
    """Reports what changed to the board; a camera's main stream stands for the camera."""

    def __init__(self, board: HealthSink, clock: Clock) -> None:
        self._board = board
        self._clock = clock
        self._recorder_ns: MonoNs | None = None
        self._disk_error = ""
        self._errors: dict[CameraId, deque[int]] = {}
        self._sacrificed = 0
        self._sacrificed_ns: MonoNs | None = MonoNs(clock.mono_ns())

    def recorder(self, state: RecorderState, enabled: AbstractSet[CameraId]) -> None:
        """Take the recorder's report of the second."""
        self._recorder_ns, self._disk_error = self._clock.mono_ns(), state.disk_error
        for stream in state.streams:
            if stream.stream is not Stream.MAIN or stream.camera not in enabled:
                continue
            pump = stream.pump
            now = None if pump.connected or pump.trouble is None else _FAULT_OF[pump.trouble]
            if pump.connected or now is not None:
                for fault in _FAULT_OF.values():
                    if fault is not now:
                        self._board.recovered(fault, stream.camera)
            if now is not None:
                self._board.failed(now, stream.camera, pump.last_error, camera=stream.camera, since_ns=pump.last_packet_ns)
        full = "no space" in state.disk_error.lower()
        for fault, holds in ((Fault.DISK_FULL, full), (Fault.DISK_BROKEN, bool(state.disk_error) and not full)):
            if holds:
                self._board.failed(fault, _DISK, state.disk_error)
            else:
                self._board.recovered(fault, _DISK)
        self._board.recovered(Fault.PROCESS_RESTARTED, Role.RECORDER)
        self._sacrifice(state.sacrificed)

    def _sacrifice(self, count: int) -> None:
        """Footage without a copy that a full disk took: told when it begins, over when none went for ten minutes."""
        now_ns = self._clock.mono_ns()
        if count > self._sacrificed:
            self._sacrificed_ns = now_ns
            detail = (
                f"{count} files of footage were deleted before their copy was proved to be elsewhere, the oldest first, so "
                "that recording goes on. Free space on the disk, or have less recorded or sent."
            )
            self._board.failed(Fault.FOOTAGE_SACRIFICED, _DISK, detail)
        elif self._sacrificed_ns is not None and now_ns - self._sacrificed_ns > _NONE_WENT_NS:
            self._sacrificed_ns = None
            self._board.recovered(Fault.FOOTAGE_SACRIFICED, _DISK)
        self._sacrificed = count

    def is_well(self) -> bool:
        """Tell whether the box does its work: the recorder reports, and its disk takes what it writes."""
        since_ns = self._recorder_ns
        silent = since_ns is None or self._clock.mono_ns() - since_ns > _SILENT_NS
        return not silent and not self._disk_error

    def looker(self, state: LookerState) -> None:
        """Take the looker's report of the second."""
        self._board.recovered(Fault.PROCESS_RESTARTED, Role.LOOKER)
        if state.detector_error:
            self._board.failed(Fault.DETECTOR_BASIC, _DETECTOR, state.detector_error)
        else:
            self._board.recovered(Fault.DETECTOR_BASIC, _DETECTOR)

        for camera in state.quarantined:
            self._board.failed(
                Fault.CAMERA_QUARANTINED,
                camera,
                "Its pictures crashed the decoder 5 times in a minute. Restart Hearthwatch to try again.",
                camera=camera,
            )
        for eye in state.eyes:
            self._board.recovered(Fault.CAMERA_QUARANTINED, eye.camera)
            self._damage(eye)
            self._sight(eye)

    def _sight(self, eye: EyeState) -> None:
        if eye.sight is None:
            return
        for sight, (fault, detail) in _FAULT_OF_SIGHT.items():
            if eye.sight is sight:
                self._board.failed(fault, eye.camera, detail, camera=eye.camera)
            else:
                self._board.recovered(fault, eye.camera)

    def _damage(self, eye: EyeState) -> None:
        """A picture that cannot be decoded now and then is the network's way; many in ten seconds are told."""
        counts = self._errors.setdefault(eye.camera, deque(maxlen=_WHOLE_REPORTS + 1))
        if counts and eye.decode_errors < counts[-1]:
            counts.clear()
        counts.append(eye.decode_errors)
        recent = counts[-1] - counts[max(0, len(counts) - 1 - _DAMAGE_REPORTS)]
        if eye.lenient:
            counts.clear()
        if eye.lenient or recent >= _DAMAGE_ERRORS:
            self._board.failed(
                Fault.CAMERA_DAMAGED,
                eye.camera,
                "Its pictures arrive damaged again and again. They are recorded as they come, and looked at as far as they "
                "can be. Check its cable or Wi-Fi, restart the camera, or choose another codec in its settings.",
                camera=eye.camera,
            )
        elif len(counts) == counts.maxlen and counts[-1] == counts[0]:
            self._board.recovered(Fault.CAMERA_DAMAGED, eye.camera)

    def restarted(self, message: Restarted) -> None:
        """A process had to be started again."""
        subject = f"{message.role} {message.name}".strip()
        self._board.failed(Fault.PROCESS_RESTARTED, subject, f"It {message.reason} and was started again.")
        if message.role is Role.GUEST:
            self._board.recovered(Fault.PROCESS_RESTARTED, subject)
