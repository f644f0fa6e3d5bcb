"""Two small clips drawn and read before a job's box closes: what libav's binding imports late must be there by then."""

from __future__ import annotations

import io

import av
import av.subtitles.stream
from av.audio.stream import AudioStream
from av.video.stream import VideoStream

from hearthwatch.feeds.clip_file import ClipFile
from hearthwatch.kit.units import CameraId

_CAMERA = CameraId("rehearsal")
_SIDE_PX = 64
_PICTURES = 3
_RATE_HZ = 8000
_CLIPS = (("mpeg4", "mov"), ("flv1", "avi"))
"""One that is kept as it is, and one that is encoded anew."""


def rehearse() -> None:
    """Read both, pictures and sound, to their ends."""
    for codec, container in _CLIPS:
        for _packet in ClipFile(_CAMERA, _drawn(codec, container)):
            pass


def _drawn(codec: str, container: str) -> io.BytesIO:
    file = io.BytesIO()
    with av.open(file, "w", format=container) as out:
        video = out.add_stream(codec, rate=10)
        sound = out.add_stream("pcm_alaw", rate=_RATE_HZ)
        assert isinstance(video, VideoStream)
        assert isinstance(sound, AudioStream)
        video.width = video.height = _SIDE_PX
        video.pix_fmt = "yuv420p"
        sound.layout = "mono"
        frame, silence = av.VideoFrame(_SIDE_PX, _SIDE_PX, "yuv420p"), av.AudioFrame("s16", "mono", 1024)
        silence.sample_rate = _RATE_HZ
        for plane in silence.planes:
            plane.update(bytes(plane.buffer_size))
        for at in range(_PICTURES):
            frame.pts, silence.pts = at, at * 1024
            out.mux(video.encode(frame))
            out.mux(sound.encode(silence))
        out.mux(video.encode(None))
        out.mux(sound.encode(None))
    file.seek(0)
    return file
