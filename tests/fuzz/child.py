"""One target's own process: `NAME ENGINE SECONDS SEED LEARNT ARTIFACTS MAX_BYTES INPUT_S MEMORY_MIB`."""

from __future__ import annotations

import hashlib
import random
import resource
import sys
import time
from pathlib import Path

MAX_CPU_S = 3.0
"""One input of 32 KiB may take a hundredth of this."""


class TooSlow(Exception):
    """An input cost more time than a camera may take from the others."""


def _by_atheris(name: str, options: list[str]) -> None:
    import atheris

    with atheris.instrument_imports(include=["hearthwatch"]):
        from tests.fuzz.targets import try_one

    def one(data: bytes) -> None:
        began_s = time.process_time()
        try_one(name, data)
        if time.process_time() - began_s > MAX_CPU_S:
            raise TooSlow(f"{time.process_time() - began_s:.1f} s of CPU")

    seconds, seed, learnt, artifacts, max_bytes, input_s, memory_mib = options
    atheris.Setup(
        [
            "fuzz",
            f"-max_total_time={seconds}",
            f"-seed={seed}",
            f"-max_len={max_bytes}",
            f"-timeout={input_s}",
            f"-rss_limit_mb={memory_mib}",
            f"-artifact_prefix={artifacts}/",
            "-print_final_stats=1",
            learnt,
        ],
        one,
    )
    atheris.Fuzz()


def _by_hypothesis(name: str, options: list[str]) -> None:
    from hypothesis import HealthCheck, given, settings
    from hypothesis import strategies as st

    from tests.fuzz.targets import try_one
    from tests.vendors.fuzz import mutated

    seconds, seed, learnt, artifacts, _, _, memory_mib = options
    resource.setrlimit(resource.RLIMIT_AS, (4 * int(memory_mib) << 20,) * 2)
    given_seeds = tuple(path.read_bytes() for path in sorted(Path(learnt).iterdir()))
    rng = random.Random(int(seed) or None)
    last = b""
    runs = 0

    @settings(database=None, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.binary(max_size=60))
    def one(script: bytes) -> None:
        nonlocal last, runs
        runs += 1
        last = mutated(given_seeds, script or b"\0")
        began_s = time.process_time()
        try_one(name, last)
        if time.process_time() - began_s > MAX_CPU_S:
            raise TooSlow

    until_s = time.monotonic() + int(seconds)
    try:
        while time.monotonic() < until_s:
            one.hypothesis.fuzz_one_input(rng.randbytes(rng.randrange(8, 120)))  # type: ignore[attr-defined]
    except Exception:
        (Path(artifacts) / f"crash-{hashlib.sha256(last).hexdigest()[:16]}").write_bytes(last)
        raise
    finally:
        print(f"Done {runs} runs", file=sys.stderr)


if __name__ == "__main__":
    if sys.argv[2] == "atheris":
        _by_atheris(sys.argv[1], sys.argv[3:])
    else:
        _by_hypothesis(sys.argv[1], sys.argv[3:])
