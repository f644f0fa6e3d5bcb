"""A model's name and its checked bytes in, a Detector in memory out."""

from __future__ import annotations

from hearthwatch.detect.detection import Detector
from hearthwatch.detect.model import Runtime
from hearthwatch.detect.store import Store
from hearthwatch.kit.clock import Clock


def load_detector(name: str, store: Store, *, clock: Clock) -> Detector:
    """Return the detector `name` (`auto`: the best present), loaded and warmed up: nothing is imported or opened later.

    Raises ConfigFault for a name nobody knows, StorageFailed for files missing or with a wrong hash, Unsupported when the
    model's runtime is not installed.
    """
    from hearthwatch.detect.network import NetworkDetector

    model = store.choose(name)
    if model.runtime is Runtime.NCNN:
        from hearthwatch.detect.ncnn_runtime import NcnnEngine

        param, weights = store.read(model)
        return NetworkDetector(model, NcnnEngine(model, param, weights), clock=clock)
    if model.runtime is Runtime.ONNX:
        from hearthwatch.detect.onnx_runtime import OnnxEngine

        (graph,) = store.read(model)
        return NetworkDetector(model, OnnxEngine(model, graph), clock=clock)
    from hearthwatch.detect.hog import HogDetector

    return HogDetector(clock=clock)
