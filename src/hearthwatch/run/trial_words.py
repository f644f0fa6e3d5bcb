"""What the owner reads about a camera that is tried: costs, remarks on its streams, and what went wrong. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from hearthwatch.kit.errors import BadReply, HearthwatchError, Refused, Unreachable, Unsupported
from hearthwatch.vendors.device import Vendor
from hearthwatch.web.camera_setup_doors import StreamTried, TrialFailed, TrialFault

_HEVC = frozenset({"h265", "hevc"})
_NAMES = {"h264": "H.264", "h265": "H.265", "hevc": "H.265", "mjpeg": "MJPEG", "jpeg": "single pictures", "mpeg4": "MPEG-4"}
_EASY_PX = 1280 * 720
_ADMINS = frozenset({"admin", "root", "administrator"})
_SEVERAL = "It was tried once, and is not tried again by itself: many cameras lock an account after a few wrong passwords."


def codec_name(codec: str) -> str:
    """Return a codec as people write it."""
    plain = codec.lower().replace(".", "").replace("-", "")
    return _NAMES.get(plain, codec)


def is_hevc(codec: str) -> bool:
    return codec.lower().replace(".", "") in _HEVC


def cost(bytes_per_day: int) -> str:
    """Return how much disk a stream takes, as "about 9 GB a day"; "" while nobody knows."""
    if bytes_per_day <= 0:
        return ""
    gigabytes = bytes_per_day / 1e9
    if gigabytes >= 9.5:
        return f"about {gigabytes:.0f} GB a day"
    if gigabytes >= 0.95:
        return f"about {gigabytes:.1f} GB a day".replace(".0 GB", " GB")
    return f"about {max(1, round(bytes_per_day / 1e6)):d} MB a day"


def in_words(codec: str, width_px: int, height_px: int, fps: float, bytes_per_day: int) -> str:
    """Return a stream as one line a person reads."""
    parts = [
        codec_name(codec),
        f"{width_px} x {height_px}" if width_px and height_px else "",
        f"{fps:.0f} pictures a second" if fps >= 1 else "",
        cost(bytes_per_day),
    ]
    return ", ".join(part for part in parts if part)


def remarks(streams: Sequence[StreamTried], main: str, sub: str, *, user: str, vendor: Vendor | None) -> Iterator[str]:
    """Yield what the owner should know before the camera is added."""
    by_url = {one.url: one for one in streams}
    large, small = by_url.get(main), by_url.get(sub)
    if large is not None and large.trouble:
        yield f"The large stream gave no picture: {large.trouble}."
    if small is not None and small.trouble:
        yield f"The small stream gave no picture: {small.trouble}."
    if large is not None and small is None and large.width_px * large.height_px > _EASY_PX:
        times = round(large.width_px * large.height_px / (640 * 360))
        yield (
            f"There is no small stream beside the large one, so the large one has to be looked at: about {times} times the "
            "work. If the camera's own menu offers a second stream, switch it on and try again."
        )
    if large is not None and is_hevc(large.codec):
        if small is not None and not is_hevc(small.codec):
            yield (
                "The large stream is H.265, which saves disk; many browsers cannot play it, so live pictures come from the "
                "small one. Recordings are complete and play in any player."
            )
        else:
            yield (
                "The camera sends H.265 only, which many browsers cannot play. Set the small stream to H.264 in the camera's "
                "own menu, and live pictures work everywhere."
            )
    elif small is not None and is_hevc(small.codec):
        yield "The small stream is H.265: set it to H.264 in the camera's own menu, it is lighter to look at."
    if vendor is not None and vendor is not Vendor.FOSCAM_MJPEG and user.lower() in _ADMINS:
        yield (
            f"You logged in as {user}. Better make an account for Hearthwatch alone in the camera: then its own visits can be "
            "told apart from everybody else's."
        )


def failed(error: HearthwatchError, host: str) -> TrialFailed:
    """Return what to tell of an error while a camera was tried."""
    if isinstance(error, Refused):
        return TrialFailed(TrialFault.PASSWORD, "The camera does not accept this name and password.", _SEVERAL)
    if isinstance(error, Unreachable):
        return TrialFailed(
            TrialFault.UNREACHABLE,
            f"Nothing answers at {host}." if host else "The camera does not answer.",
            f"Is it on, and in this network? ({error})",
        )
    if isinstance(error, Unsupported):
        return TrialFailed(TrialFault.NO_CAMERA, str(error))
    if isinstance(error, BadReply):
        return TrialFailed(TrialFault.NO_PICTURE, "The camera answers in a way that is not understood.", str(error))
    return TrialFailed(TrialFault.NO_PICTURE, str(error))


def refused_lately() -> TrialFailed:
    """Return what to tell when the very same password was refused a moment ago."""
    return TrialFailed(
        TrialFault.PASSWORD,
        "The camera refused this very name and password a moment ago; it was not asked again.",
        "Many cameras lock an account after a few wrong passwords. Check capital letters, or try it in the maker's app.",
    )
