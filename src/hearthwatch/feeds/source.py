"""The Source: where one stream of one camera comes from, parsed and checked, as the configuration hands it to a feed."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from hearthwatch.feeds.packet import Stream
from hearthwatch.kit.units import CameraId


class SourceKind(StrEnum):
    """RTSP, MJPEG and JPEG are read by the recorder itself; the rest needs libav and lives in a guest process."""

    RTSP = "rtsp"
    MJPEG = "mjpeg"
    JPEG = "jpeg"
    LIBAV = "libav"
    V4L2 = "v4l2"
    FILE = "file"
    DEMO = "demo"
    PICAMERA = "picamera"

    @property
    def in_guest(self) -> bool:
        return self not in {SourceKind.RTSP, SourceKind.MJPEG, SourceKind.JPEG}


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """`url` never holds credentials: rtsp://host:554/path, http://host/video.cgi, v4l2:///dev/video0, file:///clip.mp4,
    demo://street?seed=1, picamera://0?width=1920. `speed` is for files (1.0 real time, 0 as fast as possible); `poll_s` for
    JPEG polling."""

    camera: CameraId
    stream: Stream
    kind: SourceKind
    url: str
    user: str = ""
    password: str = field(default="", repr=False)
    transport: str = "tcp"
    poll_s: float = 1.0
    speed: float = 1.0
    loop: bool = True
    allow_loopback: bool = False
