"""The processes that are measured do answer, with real streams and models."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from hearthwatch.bench.contender import Child
from hearthwatch.bench.rtsp_server import Mount, RtspServer
from hearthwatch.bench.step_child import LOOKS

pytestmark = pytest.mark.wired


def answers(child: Child, key: str, wanted: int) -> dict:
    """Ask until `key` counts `wanted`; each answer is an event of its own that the child's pipe brings."""
    until = time.monotonic() + 120
    while time.monotonic() < until:
        answer: dict = child.ask()
        found = answer[key] if isinstance(answer[key], int) else len(answer[key])
        if found >= wanted:
            return answer
        time.sleep(0.1)  # asking without a break takes the time of who is to answer
    raise AssertionError(f"no {wanted} {key} within 120 s")


@pytest.mark.parametrize("kind", ["ours", "opencv", "ffmpeg"])
def test_every_way_in_brings_pictures(kind: str) -> None:
    with RtspServer([Mount(path="/cam")]) as camera:
        settings = {"kind": kind, "urls": [camera.url("/cam")], "models": "/nowhere", "model": "hog"}
        with Child("looking_child", **settings) as child:
            answer = answers(child, "pictures", 5)
    assert answer["dropped"] == 0


@pytest.mark.parametrize("kind", ["ours", "pyav"])
def test_a_first_picture_is_noted(kind: str) -> None:
    with RtspServer([Mount(path="/cam")]) as camera, Child("connecting_child", kind=kind, url=camera.url("/cam")) as child:
        answer = answers(child, "first_ns", 1)
    assert answer["first_ns"][0] > answer["began_ns"]


@pytest.mark.parametrize(
    ("kind", "model"), [("ours", "nanodet_plus_m_416"), ("ncnn2", "nanodet_plus_m_416"), ("opencv", "nanodet_m_416")]
)
def test_every_way_to_step_is_timed(kind: str, model: str, test_data: Path) -> None:
    with Child("step_child", kind=kind, model=model, models=str(test_data / "models")) as child:
        took: list = child.ask()["took_ms"]  # type: ignore[assignment]
    assert len(took) == LOOKS
    assert min(took) > 0
