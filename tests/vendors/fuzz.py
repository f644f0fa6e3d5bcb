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
from concurrent.futures import ProcessPoolExecutor
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


_STEP_BYTES = 6
_MAX_STEPS = 8
_TURNS = 10
"""Mutations of one draw: its script, and the same begun later."""
_SCRIPTS = st.binary(min_size=1 + _STEP_BYTES, max_size=1 + _STEP_BYTES * _MAX_STEPS)
"""One draw says whole mutations: drawing each part of each takes ten times as long as all the parsers together."""


def mutated(seeds: tuple[bytes, ...], script: bytes) -> bytes:
    """Return one of `seeds` with the cuts, copies, swaps and insertions that `script` says: the seed, then for each step what,
    where (two bytes), how much, and with what (two bytes). A shorter script is a smaller mutation."""
    data = bytearray(seeds[script[0] % len(seeds)])
    for begin in range(1, len(script) - _STEP_BYTES + 1, _STEP_BYTES):
        what, where_high, where_low, size, high, low = script[begin : begin + _STEP_BYTES]
        at = _place(where_high, where_low, len(data))
        size %= 41
        match what % 6:
            case 0:
                del data[at : at + size]
            case 1:
                data[at:at] = _TOKENS[low % len(_TOKENS)]
            case 2:
                data[at : at + 1] = bytes([low])
            case 3:
                data[at:at] = data[at : at + size] * (1 + low % 30)
            case 4:
                data[at : at + size] = _TOKENS[low % len(_TOKENS)]
            case _:
                other = seeds[size % len(seeds)]
                data[at:] = other[_place(high, low, len(other)) :]
    return bytes(data)


def _place(high: int, low: int, length: int) -> int:
    return (high << 8 | low) * (length + 1) >> 16


def hold(target: Target, examples: int) -> int:
    """Run at least `examples` mutations and return how many were run; an exception that is not ours, or a noun that cannot be
    written down, comes out with the bytes that caused it."""
    ran = 0
    turns = min(_TURNS, examples)

    @settings(max_examples=-(-examples // turns), deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(_SCRIPTS)
    def run(script: bytes) -> None:
        nonlocal ran
        for turn in range(turns):
            ran += 1
            _try(target, mutated(target.seeds, script[turn:] + script[:turn]))

    while ran < examples:  # a space that was searched through ends early
        run()
    return ran


def _try(target: Target, data: bytes) -> None:
    try:
        try:
            found = target.parse(data)
        except HearthwatchError as error:
            str(error).encode()
        else:
            msgspec.json.encode(found)
    except Exception as error:
        error.add_note(repr(data))
        raise


def _targets(family: str) -> tuple[Target, ...]:
    root = Path(__file__).resolve().parents[2]
    tapes = Path(os.environ.get("HEARTHWATCH_TEST_DATA", root.parent / "shared" / "data")) / "tapes"
    return tuple(importlib.import_module(f"tests.vendors.test_{family}_fuzz").targets(tapes))


def _hold(family: str, number: int, examples: int) -> int:
    return hold(_targets(family)[number], examples)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mutations", type=int, default=10_000, help="for each parser")
    arguments = parser.parse_args()
    jobs = [(family, number, target.name) for family in FAMILIES for number, target in enumerate(_targets(family))]
    total = failed = 0
    with ProcessPoolExecutor() as pool:
        running = [(family, name, pool.submit(_hold, family, number, arguments.mutations)) for family, number, name in jobs]
        for family, name, future in running:
            try:
                ran = future.result()
            except Exception as error:
                failed += 1
                print(
                    f"{family} {name}: {type(error).__name__}: {error}", *getattr(error, "__notes__", ()), sep="\n", flush=True
                )
                continue
            total += ran
            print(f"{family} {name}: {ran} mutations, only our own errors", flush=True)
    print(f"{len(jobs)} parsers, {total} mutations in all, {failed} parsers let out what is not ours")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
