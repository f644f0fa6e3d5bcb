"""Python runs this at the start of each process that finds this folder on its path: a box then holds somebody who wants out.

With HEARTHWATCH_BREAK_OUT set to a file of facts (see ways_out.Facts), whoever calls `sandbox.enter` goes through it as always
and then, inside, tries every way out. The report is a line on standard error; afterwards the process goes on with its work.

With HEARTHWATCH_CRASHING_CAMERA set to a camera's name, the decoder in each box has a hole that this camera's packets go through:
it reads from address 0, as a native library with such a hole would.
"""

from __future__ import annotations

import ctypes
import functools
import os
import sys

if "HEARTHWATCH_CRASHING_CAMERA" in os.environ:
    from hearthwatch.run import sandbox

    def _enter_with_a_hole(enter, camera, **named):  # type: ignore[no-untyped-def]
        decoder = sys.modules["hearthwatch.frames.decode"].Decoder if "hearthwatch.frames.decode" in sys.modules else None
        if decoder is not None:
            whole = decoder.decode

            def decode(self, packet):  # type: ignore[no-untyped-def]
                return ctypes.string_at(0) if packet.camera == camera else whole(self, packet)

            decoder.decode = decode
        return enter(**named)

    sandbox.enter = functools.partial(_enter_with_a_hole, sandbox.enter, os.environ["HEARTHWATCH_CRASHING_CAMERA"])

if "HEARTHWATCH_BREAK_OUT" in os.environ:
    import ways_out

    from hearthwatch.run import sandbox

    facts = ways_out.Facts.read(os.environ["HEARTHWATCH_BREAK_OUT"])
    if facts.without_landlock:
        from hearthwatch.run import landlock

        landlock.version = lambda: 0

    def _enter_and_try(enter, **named):  # type: ignore[no-untyped-def]
        trial = ways_out.Trial(facts)
        walls = enter(**named)
        trial.run()
        return walls

    from hearthwatch.run import gpu_walls, guest_walls

    for module in (sandbox, guest_walls, gpu_walls):
        module.enter = functools.partial(_enter_and_try, module.enter)
    sys.path.remove(os.path.dirname(__file__))  # noqa: PTH120 what is started from here is nobody's box
