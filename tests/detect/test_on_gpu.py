"""What goes between a box and the graphics processor is taken for no more than it is."""

from __future__ import annotations

import socket
import threading
from pathlib import Path
from typing import Self

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from hearthwatch.detect.on_gpu import (
    Block,
    Failed,
    FromGpu,
    GpuEngine,
    GpuReady,
    NoGpu,
    Numbers,
    OpenGpu,
    Pixels,
    ToGpu,
    array_of,
    block_of,
    picture_of,
)
from hearthwatch.detect.store import Store
from hearthwatch.kit.channel import Channel
from hearthwatch.kit.errors import BadReply, ConfigFault, Unreachable, Unsupported

WISH = OpenGpu(model="nanodet_plus_m_416", models_folder="/nowhere")
PICTURE = np.arange(2 * 4 * 3, dtype=np.uint8).reshape(2, 4, 3)


class Peer:
    """The other end: says its answers, one each time it is asked, and then is gone."""

    def __init__(self, *answers: object) -> None:
        near, far = socket.socketpair()
        self.near: Channel[FromGpu] = Channel(near, FromGpu)
        self._far: Channel[ToGpu] = Channel(far, ToGpu)
        self._answers = answers
        self.asked: list[object] = []
        self._thread = threading.Thread(target=self._serve)

    def _serve(self) -> None:
        for answer in self._answers:
            self.asked.append(self._far.receive())
            self._far.send(answer)
        self._far.close()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.near.close()
        self._thread.join()


@given(arrays(np.float32, array_shapes(max_dims=4, max_side=6)))
def test_numbers_come_as_they_went(output: np.ndarray) -> None:
    assert array_of(block_of(output)).tobytes() == output.tobytes()
    assert array_of(block_of(output)).shape == output.shape


@given(st.lists(st.integers(-3, 9), max_size=6), st.binary(max_size=64))
def test_an_array_is_whole_or_refused(shape: list[int], values: bytes) -> None:
    try:
        array = array_of(Block(shape=tuple(shape), values=values))
    except BadReply:
        return
    assert array.nbytes == len(values)
    assert list(array.shape) == shape


@given(st.integers(-9, 5000), st.integers(-9, 5000), st.binary(max_size=64))
def test_a_picture_is_whole_or_refused(wide: int, high: int, bgr: bytes) -> None:
    try:
        picture = picture_of(Pixels(wide=wide, high=high, bgr=bgr))
    except BadReply:
        return
    assert picture.shape == (high, wide, 3)


def test_an_engine_asks_with_pixels_and_gives_the_networks_numbers() -> None:
    output = np.array([[1.5, -2], [3, 4]], np.float32)
    with Peer(GpuReady(device="Card"), Numbers(outputs=(block_of(output),)), Failed(error="too hot")) as peer:
        engine = GpuEngine(peer.near, WISH)
        assert engine.device == "Card"
        (came,) = engine.run(PICTURE)
        assert np.array_equal(came, output)
        assert peer.asked == [WISH, Pixels(wide=4, high=2, bgr=PICTURE.tobytes())]
        with pytest.raises(BadReply, match="too hot"):
            engine.run(PICTURE)
        with pytest.raises(Unreachable):
            engine.run(PICTURE)


@pytest.mark.parametrize("answer", [GpuReady(device="again"), Numbers(outputs=(Block(shape=(9, 9), values=b"few"),))])
def test_a_peer_gone_bad_gives_an_error_of_ours(answer: object) -> None:
    with Peer(GpuReady(device="Card"), answer) as peer:
        engine = GpuEngine(peer.near, WISH)
        with pytest.raises(BadReply):
            engine.run(PICTURE)
    with Peer(Numbers(outputs=())) as peer, pytest.raises(BadReply):
        GpuEngine(peer.near, WISH)


def test_no_gpu_is_said_in_its_words() -> None:
    with Peer(NoGpu(error="no driver")) as peer, pytest.raises(Unsupported, match="no driver"):
        GpuEngine(peer.near, WISH)


def test_which_model_a_gpu_runs(tmp_path: Path) -> None:
    store = Store(folder=tmp_path)
    assert store.choose_for_gpu("nanodet_plus_m_640").name == "nanodet_plus_m_640"
    for name, why in (("auto", "models fetch"), ("hog", "cannot run on a graphics processor"), ("nanodet", "did you mean")):
        with pytest.raises(ConfigFault, match=why):
            store.choose_for_gpu(name)
