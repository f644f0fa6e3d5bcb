"""Which FFmpeg decodes here: the one that came with PyAV."""

from __future__ import annotations

import av
from av._core import library_meta


def ffmpeg() -> tuple[str, str]:
    """Return its version and how it was built."""
    return av.ffmpeg_version_info, library_meta["libavcodec"]["configuration"]
