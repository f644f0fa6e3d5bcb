"""Pictures of an emulated camera: real JPEGs that change with time."""

from __future__ import annotations

import zlib

import numpy as np
import simplejpeg


def picture(seed: str = "", width_px: int = 320, height_px: int = 240) -> bytes:
    """Return a JPEG of a slope with a bar where `seed` puts it."""
    column = np.linspace(32, 224, width_px, dtype=np.uint8)
    image = np.repeat(np.tile(column, (height_px, 1))[:, :, None], 3, axis=2)
    at = zlib.crc32(seed.encode()) % max(1, width_px - 16)
    image[:, at : at + 16] = (32, 64, 224)
    return bytes(simplejpeg.encode_jpeg(np.ascontiguousarray(image), quality=80, colorspace="BGR"))
