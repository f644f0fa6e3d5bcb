"""COR1: replies of RTSP cameras, hurt; and RTSP servers that lie, loop, flood and fall silent."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from hearthwatch.kit.clock import Stop
from hearthwatch.kit.errors import HearthwatchError
from tests.corpora.frame import CANARY, Case, Corpus, Skip, Terms, mutations
from tests.devices.hostile_rtsp import Hostile, Script
from tests.feeds.rtsp_viewer import feed
from tests.feeds.test_rtsp_hostile import OPENING, STREAMING
from tests.fuzz import seeds
from tests.fuzz.targets import try_one


def cases(terms: Terms) -> Iterator[Case | Skip]:
    for target in ("rtsp", "sdp"):
        given = [*seeds.made(target), *seeds.taped(target, terms.data)]
        for name, data in mutations(terms, f"{target} reply", given):
            yield Case(name=name, play=lambda target=target, data=data: try_one(target, data), cpu_s=0.5)
    if terms.data is None:
        yield Skip(why="recorded replies: no data folder")
    for name, (script, error, *_) in {**OPENING, **STREAMING}.items():
        if not terms.brief:
            yield Case(name=f"server: {name}", play=lambda script=script, error=error: _watch(script, error), cpu_s=10.0)
    for name in ("retina testdata", "aflnet live555", "webrtc SDP"):
        yield Skip(why=f"{name}: not among the data here")


def _watch(script: Script, error: type[HearthwatchError]) -> str:
    """A camera with this script is an error of that kind, in bounded connections, and hears no password in clear."""
    with Hostile(script) as camera:
        with pytest.raises(error) as caught:
            _until_it_ends(camera.url)
        assert camera.connections == 1
        assert len(camera.requests) <= 200
        assert not any(CANARY in request for request in camera.requests)
    return str(caught.value)


def _until_it_ends(url: str) -> None:
    opened = feed(url, user="admin", password=CANARY, read_timeout_s=1.0).open(Stop())
    try:
        for _ in opened:
            pass
    finally:
        opened.close()


CORPUS = Corpus(id="COR1", what="RTSP and SDP: replies hurt, hostile servers", cases=cases)
