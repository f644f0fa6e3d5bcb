"""Cases behind the page: a zip of the fake house's footage."""

from __future__ import annotations

import zipfile

from hearthwatch.feeds.packet import Stream


class FakeCases:
    """Implements CaseDoor."""

    def __init__(self, footage):
        self._footage = footage

    def write(self, cameras, start_us, end_us, target):
        with zipfile.ZipFile(target, "w") as box:
            for camera in cameras:
                if self._footage.segments(camera, Stream.MAIN, start_us, end_us):
                    box.writestr(f"{camera}.mp4", b"".join(self._footage.fragments(camera, Stream.SUB, start_us, end_us)))
            box.writestr("SHA256SUMS", "")
