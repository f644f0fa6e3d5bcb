"""The one door to ncnn: a network on exactly one thread, with memory of its own."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hearthwatch.detect.families import RECIPES, Floats
from hearthwatch.detect.model import Model
from hearthwatch.kit.errors import BadReply, StorageFailed, StorageFault, Unsupported

try:
    import ncnn
except ImportError as error:
    raise Unsupported(f"ncnn cannot be loaded on this machine ({error})") from error

_INPUT, _OUTPUT = "data", "output"
_SOFTWARE = 3
"""ncnn's number for a Vulkan device that is the processor itself."""


def _multiplies_bf16() -> bool:
    """Tell whether this is an x86 core with bfloat16 arithmetic: a fifth less time at the same accuracy; others would lose."""
    try:
        return "avx512_bf16" in Path("/proc/cpuinfo").read_text()
    except OSError:
        return False


def _gpu() -> int:
    """Return the number of the graphics processor to use. Raises Unsupported."""
    if ncnn.get_gpu_count() == 0:
        raise Unsupported(
            "no graphics processor can be used here: it needs a driver for Vulkan (Debian: mesa-vulkan-drivers for Intel and "
            "AMD, nvidia-vulkan-icd for NVIDIA), and a user who is in the group render; without --gpu the processor looks"
        )
    return int(ncnn.get_default_gpu_index())


def gpu_name() -> str:
    """Return what its driver calls the graphics processor that is used; one that is only played by a program says so."""
    info = ncnn.get_gpu_info(_gpu())
    return f"{info.device_name()}, a program in place of a GPU" if info.type() == _SOFTWARE else info.device_name()


class NcnnEngine:
    """An Engine from the `.param` and `.bin` of `model`, given as bytes that were checked already."""

    def __init__(self, model: Model, param: bytes, weights: bytes, *, on_gpu: bool = False) -> None:
        """`on_gpu` has the graphics processor compute (Vulkan; of several the one ncnn thinks most of). Raises StorageFailed,
        Unsupported where there is none."""
        recipe = RECIPES[model.family]
        self._mean = list(recipe.mean)
        self._norm = [1 / std for std in recipe.std]
        self._net = ncnn.Net()
        self._net.opt.num_threads = 1
        self._net.opt.use_vulkan_compute = on_gpu
        self._net.opt.use_bf16_storage = not on_gpu and _multiplies_bf16()
        if on_gpu:
            self._net.set_vulkan_device(_gpu())
        self._pools = (ncnn.UnlockedPoolAllocator(), ncnn.UnlockedPoolAllocator())
        self._net.opt.blob_allocator, self._net.opt.workspace_allocator = self._pools
        # ncnn loads from paths only; a file in memory is the very bytes whose hash was checked.
        for data, load in ((param, self._net.load_param), (weights, self._net.load_model)):
            fd = os.memfd_create(model.name, os.MFD_CLOEXEC)
            with os.fdopen(fd, "wb") as file:
                file.write(data)
                file.flush()
                if load(f"/proc/self/fd/{fd}") != 0:
                    raise StorageFailed(StorageFault.BROKEN, f"the files of model {model.name} are none that ncnn can read")

    def run(self, bgr: NDArray[np.uint8]) -> Sequence[Floats]:
        high, wide = bgr.shape[:2]
        # from_pixels copies: a Mat made of an ndarray borrows memory that may be gone before the network reads it.
        picture = ncnn.Mat.from_pixels(bgr, ncnn.Mat.PixelType.PIXEL_BGR, wide, high)
        picture.substract_mean_normalize(self._mean, self._norm)
        extractor = self._net.create_extractor()
        if extractor.input(_INPUT, picture) != 0:
            raise BadReply(f"ncnn did not take a picture of {wide}x{high} as '{_INPUT}': is it the right model?")
        status, output = extractor.extract(_OUTPUT)
        if status != 0:
            raise BadReply(f"ncnn gave no '{_OUTPUT}' for a picture of {wide}x{high} (status {status})")
        found = np.array(output, np.float32)
        # each shape of input leaves blocks in the pools, up to 25 MB; making new ones costs no time we could measure
        del picture, extractor, output
        for pool in self._pools:
            pool.clear()
        return (found,)

    def close(self) -> None:
        self._net.clear()
