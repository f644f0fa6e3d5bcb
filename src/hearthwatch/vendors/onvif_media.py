"""The streams and pictures of an ONVIF camera: media profiles of both generations of the media service, and their addresses.

Wire facts: reference notes 1.5, recorded replies in the tests.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hearthwatch.kit.errors import BadReply, Unsupported
from hearthwatch.vendors.device import VideoStream
from hearthwatch.vendors.onvif_reply import number
from hearthwatch.vendors.onvif_services import split, uri
from hearthwatch.vendors.onvif_soap import Ns
from hearthwatch.vendors.onvif_xml import Element, quoted

_MAX_PROFILES = 32
_MAX_CHARS = 200
_RTSP_PORT = 554


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """What the camera sends together. `source` is the token of its lens, `config` of its settings; alarms name either."""

    token: str
    name: str
    source: str
    config: str
    codec: str
    width_px: int
    height_px: int
    can_move: bool


def profiles(content: Element) -> tuple[Profile, ...]:
    """`GetProfiles` of either media service; those without a picture are left out."""
    if content.name != "GetProfilesResponse":
        raise BadReply("the streams: the answer has no profiles")
    found = []
    for one in content.all("Profiles")[:_MAX_PROFILES]:
        parts = one.find("Configurations") or one
        video = parts.find("VideoEncoderConfiguration") or parts.find("VideoEncoder")
        source = parts.find("VideoSourceConfiguration") or parts.find("VideoSource")
        token = one.attribute("token")[:_MAX_CHARS]
        if not token or video is None:
            continue
        found.append(
            Profile(
                token=token,
                name=one.said("Name")[:_MAX_CHARS],
                source=source.said("SourceToken")[:_MAX_CHARS] if source else "",
                config=source.attribute("token")[:_MAX_CHARS] if source else "",
                codec=video.said("Encoding")[:_MAX_CHARS],
                width_px=max(0, number(video.said("Resolution", "Width"), 0)),
                height_px=max(0, number(video.said("Resolution", "Height"), 0)),
                can_move=(parts.find("PTZConfiguration") or parts.find("PTZ")) is not None,
            )
        )
    return tuple(found)


def lenses(found: Sequence[Profile]) -> tuple[str, ...]:
    """Return the source tokens in the camera's order: the place of one is its channel."""
    return tuple(dict.fromkeys(one.source for one in found))


def of_channel(found: Sequence[Profile], channel: int) -> tuple[Profile, ...]:
    """Return the profiles of `channel`, from 0; those in a video codec before JPEG, else in the camera's order."""
    sources = lenses(found)
    if not 0 <= channel < len(sources):
        raise Unsupported(f"the camera has no channel {channel}")
    own = [one for one in found if one.source == sources[channel]]
    return tuple(sorted(own, key=lambda one: one.codec.upper() == "JPEG"))


def stream_request(service: Ns, token: str) -> str:
    """Return what `GetStreamUri` wants to hear: RTP inside of RTSP."""
    if service is Ns.MEDIA2:
        return f"<Protocol>RTSP</Protocol><ProfileToken>{quoted(token)}</ProfileToken>"
    setup = "<tt:Stream>RTP-Unicast</tt:Stream><tt:Transport><tt:Protocol>RTSP</tt:Protocol></tt:Transport>"
    return f"<StreamSetup>{setup}</StreamSetup><ProfileToken>{quoted(token)}</ProfileToken>"


def media_uri(content: Element) -> str:
    """`GetStreamUri` and `GetSnapshotUri` of either media service."""
    if content.name not in {"GetStreamUriResponse", "GetSnapshotUriResponse"}:
        raise BadReply(f"the answer is a {content.name[:60]} in place of an address")
    found = uri(content.said("MediaUri", "Uri") or content.said("Uri"))
    if not found:
        raise BadReply("the camera gives no address of its stream or picture")
    return found


def stream(profile: Profile, place: int, address: str, host: str) -> VideoStream:
    """Return the stream of `profile`. Of its address the host is replaced by the one we reach the camera at: cameras name
    addresses that are wrong from here."""
    parts = split(address)
    if parts is None or parts[0] not in {"rtsp", "rtsps"}:
        raise BadReply("the camera gives an address of its stream that is not RTSP")
    scheme, _, port, path = parts
    bracketed = f"[{host}]" if ":" in host else host
    return VideoStream(
        name="main" if place == 0 else "sub" if place == 1 else f"sub{place}",
        url=f"{scheme}://{bracketed}:{port or _RTSP_PORT}{path}",
        codec=profile.codec,
        width_px=profile.width_px,
        height_px=profile.height_px,
        is_enabled=True,
    )
