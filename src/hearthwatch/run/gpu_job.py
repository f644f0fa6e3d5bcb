"""A job at the graphics processor: pixels in, a network's numbers out; ends with its line. What it loads it checked by hash."""

from __future__ import annotations

import signal
import sys
from pathlib import Path

import numpy as np

from hearthwatch.detect.ncnn_runtime import NcnnEngine, gpu_name
from hearthwatch.detect.on_gpu import Failed, GpuReady, NoGpu, Numbers, OpenGpu, Pixels, ToGpu, block_of, picture_of
from hearthwatch.detect.store import Store, model_named
from hearthwatch.kit import logs
from hearthwatch.kit.channel import Channel, inherited
from hearthwatch.kit.errors import BadReply, ConfigFault, StorageFailed, Unreachable, Unsupported
from hearthwatch.run import gpu_walls
from hearthwatch.run.child import leave


def _opened(line: Channel[ToGpu]) -> NcnnEngine | None:
    wish = line.receive()
    assert isinstance(wish, OpenGpu)
    try:
        store = Store(folder=Path(wish.models_folder), hand_placed=Path(wish.hand_placed) if wish.hand_placed else None)
        model = model_named(wish.model)
        param, weights = store.read(model)
        gpu_walls.shut_files()
        engine = NcnnEngine(model, param, weights, on_gpu=True)
        side = model.long_side_px
        engine.run(np.full((side, side, 3), 114, np.uint8))  # drivers open files and build programs with the first picture
        device = gpu_name()
    except (BadReply, ConfigFault, StorageFailed, Unsupported) as error:
        line.send(NoGpu(error=str(error)))
        return None
    gpu_walls.enter()
    line.send(GpuReady(device=device))
    return engine


def _serve(line: Channel[ToGpu], engine: NcnnEngine) -> None:
    while True:
        match line.receive():
            case Pixels() as pixels:
                try:
                    line.send(Numbers(outputs=tuple(map(block_of, engine.run(picture_of(pixels))))))
                except BadReply as error:
                    line.send(Failed(error=str(error)))
            case _:
                pass


def main() -> None:
    logs.set_up("gpu")
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; who began this ends it by its line
    line: Channel[ToGpu] = Channel(inherited(int(sys.argv[1])), ToGpu)
    try:
        engine = _opened(line)
        if engine is not None:
            _serve(line, engine)
    except (Unreachable, BadReply):
        pass
    leave()


if __name__ == "__main__":
    main()
