"""An address with a log-in, as the libav reader builds it, says the same to whoever takes it apart again."""

from __future__ import annotations

from urllib.parse import unquote, urlsplit

from hypothesis import given
from hypothesis import strategies as st

from hearthwatch.feeds.libav import _target
from hearthwatch.feeds.packet import Stream
from hearthwatch.feeds.source import Source, SourceKind
from hearthwatch.kit.units import CameraId
from hearthwatch.run.taking_over import Address, address_of

WORDS = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=20)
PATHS = st.lists(st.text("abcXYZ019-._~!$&()*+,;=:@", max_size=8), max_size=4).map(lambda parts: "/" + "/".join(parts))


@given(
    user=WORDS.filter(lambda text: text and text.isprintable() and ":" not in text),
    password=WORDS.filter(bool),
    host=st.sampled_from(["192.168.1.20", "[fd00::7]"]),
    port=st.integers(1, 65_535),
    path=PATHS,
    query=st.text("abc=&1_", max_size=10),
)
def test_what_is_built_of_an_address_is_read_back(
    user: str, password: str, host: str, port: int, path: str, query: str
) -> None:
    plain = f"rtsp://{host}:{port}{path}" + (f"?{query}" if query else "")
    source = Source(
        camera=CameraId("front"), stream=Stream.MAIN, kind=SourceKind.LIBAV, url=plain, user=user, password=password
    )  # fmt: skip
    built, demuxer, _ = _target(source)
    assert demuxer == "rtsp"
    parts = urlsplit(built)
    assert (unquote(parts.username or ""), unquote(parts.password or "")) == (user, password)
    assert (parts.scheme, parts.hostname, parts.port, parts.path, parts.query) == ("rtsp", host.strip("[]"), port, path, query)
    assert address_of(built, {}) == Address(url=plain, user=user, password=password)
