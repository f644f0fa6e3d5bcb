"""A model's name and its checked bytes in, a Detector in memory out."""

from __future__ import annotations

import logging

from hearthwatch.detect.detection import Detector
from hearthwatch.detect.model import Model, Runtime
from hearthwatch.detect.on_gpu import FromGpu, GpuEngine, OpenGpu
from hearthwatch.detect.store import AUTO, Store, model_named
from hearthwatch.kit.channel import Channel
from hearthwatch.kit.clock import Clock
from hearthwatch.kit.errors import BadReply, StorageFailed, Unsupported

log = logging.getLogger(__name__)


def load_detector(name: str, store: Store, *, clock: Clock) -> Detector:
    """Return the detector `name`, loaded and warmed up: nothing is imported or opened later.

    `auto` takes the best present that works here, the built-in one at the least. Raises ConfigFault for a name nobody
    knows, StorageFailed for files missing or with a wrong hash, Unsupported when the model's runtime is not installed.
    """
    if name != AUTO:
        return _load(model_named(name), store, clock)
    for model in store.fit_for_alerts():
        try:
            return _load(model, store, clock)
        except (Unsupported, StorageFailed, BadReply) as error:
            log.warning("the model %s does not work here, taking the next best: %s", model.name, error)
    raise Unsupported("no detector works on this machine, not even OpenCV's own")


def load_on_gpu(name: str, store: Store, line: Channel[FromGpu], *, clock: Clock) -> tuple[Detector, str]:
    """Return the detector `name` whose network runs at the other end of `line`, and the name of the device there.

    Raises ConfigFault for a name nobody knows or that cannot run there, StorageFailed, Unsupported where there is no graphics
    processor, Unreachable when the process there is gone.
    """
    from hearthwatch.detect.network import NetworkDetector

    model = store.choose_for_gpu(name)
    hand_placed = str(store.hand_placed) if store.hand_placed else ""
    engine = GpuEngine(line, OpenGpu(model=model.name, models_folder=str(store.folder), hand_placed=hand_placed))
    return NetworkDetector(model, engine, clock=clock), engine.device


def _load(model: Model, store: Store, clock: Clock) -> Detector:
    """Import only the runtime that is needed: each costs tens of MB."""
    if model.runtime is Runtime.HOG:
        from hearthwatch.detect.hog import HogDetector

        return HogDetector(clock=clock)
    from hearthwatch.detect.network import NetworkDetector

    if model.runtime is Runtime.NCNN:
        from hearthwatch.detect.ncnn_runtime import NcnnEngine

        param, weights = store.read(model)
        return NetworkDetector(model, NcnnEngine(model, param, weights), clock=clock)
    from hearthwatch.detect.onnx_runtime import OnnxEngine

    (graph,) = store.read(model)
    return NetworkDetector(model, OnnxEngine(model, graph), clock=clock)
