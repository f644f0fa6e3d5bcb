"""The one door to ONNX Runtime, an extra: a network on exactly one thread that does not spin while it waits."""

from __future__ import annotations

import os
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from hearthwatch.detect.families import RECIPES, Floats
from hearthwatch.detect.model import Model
from hearthwatch.kit.errors import BadReply, StorageFailed, StorageFault, Unsupported

# As it comes, it keeps an id and a diary of the machine in ~/.cache, and sends them to its maker (see its Privacy.md).
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
try:
    import onnxruntime
    from onnxruntime.capi import onnxruntime_pybind11_state as _errors
except ImportError as error:
    raise Unsupported(
        "onnxruntime is not installed: install Hearthwatch with its extra 'onnx', or choose an ncnn model"
    ) from error

_FAILURES = (_errors.Fail, _errors.InvalidArgument, _errors.InvalidGraph, _errors.InvalidProtobuf, _errors.NotImplemented)


class OnnxEngine:
    """An Engine from the `.onnx` of `model`, given as bytes that were checked already."""

    def __init__(self, model: Model, graph: bytes) -> None:
        recipe = RECIPES[model.family]
        self._rgb = recipe.rgb
        self._mean = np.array(recipe.mean, np.float32)
        self._norm = 1 / np.array(recipe.std, np.float32)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        options.log_severity_level = 3  # some of the graphs warn 400 times while they load
        try:
            self._session = onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
        except _FAILURES as error:
            raise StorageFailed(StorageFault.BROKEN, f"the file of model {model.name} is none ONNX Runtime can read") from error
        self._input = self._session.get_inputs()[0].name

    def run(self, bgr: NDArray[np.uint8]) -> Sequence[Floats]:
        channels = bgr[..., ::-1] if self._rgb else bgr
        planes = np.empty((1, 3, *bgr.shape[:2]), np.float32)
        for index in range(3):
            np.subtract(channels[..., index], self._mean[index], out=planes[0, index])
            planes[0, index] *= self._norm[index]
        try:
            answers: list[Floats] = self._session.run(None, {self._input: planes})
        except _FAILURES as error:
            raise BadReply(
                f"ONNX Runtime did not take a picture of {bgr.shape[1]}x{bgr.shape[0]}: is it the right model?"
            ) from error
        return answers

    def close(self) -> None:
        del self._session
