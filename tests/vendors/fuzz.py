"""Mutations of recorded replies against the parsers: whatever comes, only our own errors go out.

`python -m tests.vendors.fuzz --mutations 10000` is the long run, that many for every parser; the test suite runs a few of each.
A family's test module `test_FAMILY_fuzz` holds its `targets(folder of tapes)`.
"""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hearthwatch.kit.errors import HearthwatchError

FAMILIES = ("dahua", "foscam", "onvif", "reolink", "house", "audit")
_TOKENS = (b"", b"\r\n", b"\n", b"=", b"[", b"]", b"{", b"}", b'"', b"\x00", b"\xff\xfe", b"<", b"&", b"%", b"-1", b"1e999",
           b"99999999999999999999", b"NaN", b"null", b"Error\r\n", b"--", b";", b"\\ud800", b"\xc3", b"A" * 300)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Target:
    """`parse` gets a mutation of one of `seeds`."""

    name: str
    parse: Callable[[bytes], object]
    seeds: tuple[bytes, ...]


@st.composite
def mutations(draw: st.DrawFn, seeds: tuple[bytes, ...]) -> bytes:
    """Up to eight cuts, copies, swaps and insertions in one of `seeds`."""
    data = bytearray(draw(st.sampled_from(seeds)))
    for _ in range(draw(st.integers(1, 8))):
        at = draw(st.integers(0, len(data)))
        size = draw(st.integers(0, 40))
        match draw(st.integers(0, 5)):
            case 0:
                del data[at : at + size]
            case 1:
                data[at:at] = draw(st.sampled_from(_TOKENS))
            case 2:
                data[at : at + 1] = bytes([draw(st.integers(0, 255))])
            case 3:
                data[at:at] = data[at : at + size] * draw(st.integers(1, 30))
            case 4:
                data[at : at + size] = draw(st.sampled_from(_TOKENS))
            case _:
                other = draw(st.sampled_from(seeds))
                data[at:] = other[draw(st.integers(0, len(other))) :]
    return bytes(data)


def hold(target: Target, examples: int) -> int:
    """Run `examples` mutations and return how many were run; an exception that is not ours, or a noun that cannot be written
    down, comes out with the bytes that caused it."""
    ran = 0

    @settings(max_examples=examples, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(mutations(target.seeds))
    def run(data: bytes) -> None:
        nonlocal ran
        ran += 1
        try:
            found = target.parse(data)
        except HearthwatchError as error:
            str(error).encode()
        else:
            msgspec.json.encode(found)

    run()
    return ran


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mutations", type=int, default=10_000, help="for each parser")
    arguments = parser.parse_args()
    root = Path(__file__).resolve().parents[2]
    tapes = Path(os.environ.get("HEARTHWATCH_TEST_DATA", root.parent / "shared" / "data")) / "tapes"
    total = 0
    for family in FAMILIES:
        module = importlib.import_module(f"tests.vendors.test_{family}_fuzz")
        for target in module.targets(tapes):
            ran = hold(target, arguments.mutations)
            total += ran
            print(f"{family} {target.name}: {ran} mutations, only our own errors", flush=True)
    print(f"{total} mutations in all")


if __name__ == "__main__":
    sys.exit(main())
