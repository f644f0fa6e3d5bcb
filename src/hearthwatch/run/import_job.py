"""An import job: the box around libav while it reads a clip from a descriptor; packets go out as the house asks for them."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator

from hearthwatch.feeds.clip_file import ClipFile
from hearthwatch.feeds.clip_rehearsal import rehearse
from hearthwatch.feeds.packet import Packet
from hearthwatch.kit import logs
from hearthwatch.kit.channel import Channel, inherited
from hearthwatch.kit.errors import HearthwatchError, Unreachable
from hearthwatch.run import sandbox
from hearthwatch.run.child import leave
from hearthwatch.run.job_messages import Import, Imported, NotImported, ToImport

_BATCH_BYTES = 2 << 20
_BATCH_PACKETS = 2000
_MEMORY_BYTES = 1 << 30
_CPU_S = 600
_NICE = 10


def _batches(packets: Iterator[Packet]) -> Iterator[tuple[tuple[Packet, ...], bool, str]]:
    """Yield packets in heaps, whether it is the last one, and why it ends before its time."""
    heap: list[Packet] = []
    size_bytes = 0
    why = ""
    try:
        for packet in packets:
            heap.append(packet)
            size_bytes += packet.size_bytes
            if size_bytes >= _BATCH_BYTES or len(heap) >= _BATCH_PACKETS:
                yield tuple(heap), False, ""
                heap, size_bytes = [], 0
    except HearthwatchError as error:
        why = str(error)
    yield tuple(heap), True, why


def _serve(channel: Channel[ToImport], fd: int) -> None:
    wanted = channel.receive()
    assert isinstance(wanted, Import)
    with os.fdopen(fd, "rb") as file:
        try:
            clip = ClipFile(wanted.camera, file)
        except HearthwatchError as error:
            channel.send(NotImported(error=str(error)))
            return
        for packets, is_last, why in _batches(iter(clip)):
            channel.send(Imported(info=clip.info, length_us=clip.length_us, packets=packets, is_last=is_last, error=why))
            if not is_last:
                channel.receive()


def main() -> None:
    logs.set_up("import")
    channel: Channel[ToImport] = Channel(inherited(int(sys.argv[1])), ToImport)
    fd = int(sys.argv[2])
    rehearse()
    os.nice(_NICE)  # nobody waits for it as for recording and looking
    sandbox.enter(memory_bytes=_MEMORY_BYTES, cpu_s=_CPU_S)
    try:
        _serve(channel, fd)
    except Unreachable:
        leave()
    leave()


if __name__ == "__main__":
    main()
