"""Whether a Vulkan driver is here: that of mesa-vulkan-drivers (llvmpipe) computes on the processor, and is a driver like any other."""

from __future__ import annotations

import functools
import subprocess
import sys


@functools.cache
def is_here() -> bool:
    """Ask ncnn in a process of its own: the driver stays in whoever asked."""
    asked = "import ncnn, sys; sys.exit(ncnn.get_gpu_count() == 0)"
    return subprocess.run([sys.executable, "-c", asked], capture_output=True, check=False, timeout=100).returncode == 0


WHY_NOT = "no Vulkan driver: make setup-dev installs mesa-vulkan-drivers"
