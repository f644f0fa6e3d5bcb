"""Custody: which footage waits for the proof of its off-site copy before retention may take it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy import ColumnElement, and_, false, not_, or_

from hearthwatch.kit.units import US_PER_S, CameraId, WallUs
from hearthwatch.recording.schema import segments
from hearthwatch.recording.segment import Backup, Segment, SegmentState

NO_BACKUP: Mapping[CameraId, Backup] = {}
DONE_AFTER_US = 120 * US_PER_S
"""What is deleted once it is backed up stays for so long after its end: the clips of alerts are cut from it."""


@dataclass(slots=True, kw_only=True)
class Custody:
    """Which cameras are backed up, and how many files went before their copy was proved: the disk was full."""

    backup: Mapping[CameraId, Backup] = field(default_factory=dict)
    sacrificed: int = 0

    def owed(self, segment: Segment) -> bool:
        """Tell whether a proof of the segment's copy is still to come."""
        backup = self.backup.get(segment.camera)
        return backup is not None and segment.proved_us is None and segment.footage_class in backup.classes

    def done_with(self, segment: Segment, now_us: WallUs) -> bool:
        """Tell whether the owner wants the segment gone: its copy is proved, and alerts have cut their clips from it."""
        backup = self.backup.get(segment.camera)
        if backup is None or not backup.delete_proved or segment.proved_us is None:
            return False
        return segment.end_us < now_us - DONE_AFTER_US


NOBODY = Custody()


def loose(backup: Mapping[CameraId, Backup], *, owed: bool = False) -> ColumnElement[bool]:
    """Finished, unpinned segments whose off-site copy is still to be proved (`owed`), or is not."""
    finished = and_(segments.c.state.in_((SegmentState.COMPLETE, SegmentState.SUSPECT)), segments.c.pinned.is_(False))
    classes = [and_(segments.c.camera == name, segments.c.footage_class.in_(one.classes)) for name, one in backup.items()]
    owing = and_(segments.c.proved_us.is_(None), or_(false(), *classes))
    return and_(finished, owing if owed else not_(owing))
