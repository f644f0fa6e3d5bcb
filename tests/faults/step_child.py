"""Does scenes that may kill it: `python -m tests.faults.step_child`, a line `number folder` for each, answered by how it ended.

Each is done by a fork, whose group the shim kills; nothing here has threads before that.
"""

from __future__ import annotations

import os
import sys
import traceback
from pathlib import Path

from tests.faults.steps import SCENES
from tests.recording.conftest import empty_index
from tests.recording.packet_maker import make


def main() -> None:
    make()
    empty_index()
    print("ready", flush=True)
    for line in sys.stdin:
        number, folder = line.split(maxsplit=1)
        child = os.fork()
        if child == 0:
            os.setpgid(0, 0)
            status = 1
            try:
                SCENES[int(number)].act(Path(folder.strip()))
                status = 0
            except BaseException:
                traceback.print_exc()
            finally:
                os._exit(status)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


if __name__ == "__main__":
    main()
