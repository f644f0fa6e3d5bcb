"""SEAL: how fast one core seals what leaves the house, beside the stock `age` tool on the same bytes."""

from __future__ import annotations

import hashlib
import os
import resource
import shutil
import statistics
import subprocess
from collections.abc import Iterator
from pathlib import Path

from hearthwatch.bench.contender import scratch
from hearthwatch.bench.cpu import cpu_ns
from hearthwatch.bench.row import Guard, Row
from hearthwatch.bench.terms import Bench, Terms
from hearthwatch.kit.units import NS_PER_S
from hearthwatch.offsite.seal import CHUNK_BYTES, KeyPair, new_pair, seal, unseal

_PIECE_BYTES = 64 << 20
"""A minute of a good main stream and then some: what the owner's keys cost once a file does not count."""
_LEAST_MB_PER_S = 150.0


class _Nowhere:
    """Takes bytes and keeps none: the disk is another row's."""

    def write(self, data: bytes, /) -> int:
        return len(data)


class _Counted:
    """The hash of what was written."""

    def __init__(self) -> None:
        self.hash = hashlib.sha256()

    def write(self, data: bytes, /) -> int:
        self.hash.update(data)
        return len(data)


def chunks(piece: bytes) -> Iterator[bytes]:
    view = memoryview(piece)
    for at in range(0, len(piece), CHUNK_BYTES):
        yield bytes(view[at : at + CHUNK_BYTES])


def ours(piece: bytes, keys: KeyPair, seconds: float) -> float:
    """Return the bytes sealed in a second of processor time, of all threads, measured over about so many of them."""
    before_ns, sealed = cpu_ns(os.getpid()), 0
    while (used_ns := cpu_ns(os.getpid()) - before_ns) < seconds * NS_PER_S:
        seal(chunks(piece), _Nowhere(), [keys.recipient])
        sealed += len(piece)
    return sealed * NS_PER_S / used_ns


def peers(age: str, file: Path, keys: KeyPair, seconds: float) -> float:
    """Return the same of the `age` tool: user and system time of its processes."""
    used_s, sealed = 0.0, 0
    while used_s < seconds:
        before_s = _children_s()
        subprocess.run([age, "-r", keys.recipient, str(file)], stdout=subprocess.DEVNULL, check=True)  # noqa: S603
        used_s += _children_s() - before_s
        sealed += file.stat().st_size
    return sealed / used_s


def _children_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def guards(piece: bytes, keys: KeyPair, folder: Path, age: str | None) -> tuple[Guard, ...]:
    """Return whether what is sealed opens again to the same bytes: by ourselves, and by the stock tool where there is one."""
    sealed = folder / "piece.age"
    with sealed.open("wb") as out:
        seal(chunks(piece), out, [keys.recipient])
    counted = _Counted()
    unseal(chunks(sealed.read_bytes()), counted, [keys.identity])
    wanted = hashlib.sha256(piece).digest()
    found = [Guard(what="it opens again to the same bytes", held=counted.hash.digest() == wanted)]
    if age is not None:
        identity = folder / "identity.txt"
        identity.touch(0o600)
        identity.write_text(keys.identity.reveal() + "\n", encoding="ascii")
        command = [age, "-d", "-i", str(identity), str(sealed)]
        opened = subprocess.run(command, stdout=subprocess.PIPE, check=False).stdout  # noqa: S603 keys and files of our own
        found.append(Guard(what="the stock age opens it to the same bytes", held=hashlib.sha256(opened).digest() == wanted))
    return tuple(found)


def sealing(terms: Terms) -> tuple[Row, ...]:
    """SEAL."""
    piece, keys, age = os.urandom(_PIECE_BYTES), new_pair(), shutil.which("age")
    with scratch() as folder:
        held = guards(piece, keys, folder, age)
        file = folder / "piece"
        file.write_bytes(piece)
        mine: list[float] = []
        theirs: list[float] = []
        for _ in range(terms.rounds):
            mine.append(ours(piece, keys, terms.round_s / 2))
            if age is not None:
                theirs.append(peers(age, file, keys, terms.round_s / 2))
    speed = statistics.median(mine) / 1e6
    return (
        Row(
            bench="SEAL",
            what="seal what leaves the house, a second of one core",
            ours=speed,
            peer=statistics.median(theirs) / 1e6 if theirs else None,
            peer_name="age" if theirs else "no peer (age is not installed)",
            unit="MB/s",
            judged=speed,
            target=f">= {_LEAST_MB_PER_S:.0f} MB/s",
            limit=_LEAST_MB_PER_S,
            rounds=terms.rounds,
            guards=held,
            more_is_better=True,
        ),
    )


SEAL = Bench(name="seal", what="sealing footage with age, beside the stock tool", measure=sealing)
