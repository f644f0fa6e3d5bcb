"""The picture from the main stream: the last of its group, and never the whole group in memory."""

from __future__ import annotations

from hearthwatch.run.pictures import last_picture


class Picture:
    alive = 0
    most = 0

    def __init__(self, number: int) -> None:
        self.number = number
        Picture.alive += 1
        Picture.most = max(Picture.most, Picture.alive)

    def __del__(self) -> None:
        Picture.alive -= 1


class OneBehind:
    """Gives each picture with the next packet, as a decoder does whose stream reorders."""

    def __init__(self) -> None:
        self.held: int | None = None

    def decode(self, packet: int) -> list[Picture]:
        before, self.held = self.held, packet
        return [] if before is None else [Picture(before)]

    def flush(self) -> list[Picture]:
        return [] if self.held is None else [Picture(self.held)]


def test_the_last_picture_of_a_long_group_costs_the_memory_of_two() -> None:
    found = last_picture(OneBehind(), range(250))
    assert found is not None
    assert found.number == 249
    assert Picture.most <= 2


def test_a_group_without_a_picture_gives_none() -> None:
    assert last_picture(OneBehind(), ()) is None
