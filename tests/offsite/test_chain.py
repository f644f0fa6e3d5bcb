"""Which pieces of a chain are missing, swapped or forged, and which the rules took."""

from __future__ import annotations

import hashlib
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from hearthwatch.feeds.packet import Stream
from hearthwatch.kit.units import US_PER_S, CameraId, WallUs
from hearthwatch.offsite.chain import FindingKind, Held, Judge
from hearthwatch.offsite.manifest import Head, encoded, head_after, manifest_of, parsed
from hearthwatch.offsite.names import sealed_name
from hearthwatch.offsite.pruning import Copy, Rules, due, may_be_gone
from hearthwatch.offsite.upload import Piece, PieceKind, TargetId
from hearthwatch.recording.segment import FootageClass

NOW = WallUs(1_795_269_802 * US_PER_S)
DAY_US = 86_400 * US_PER_S
RULES = Rules(continuous_days=7, motion_days=14, event_days=30)


def chain(days_ago: list[int], camera: str = "front", heads: dict[CameraId, Head] | None = None) -> list[Held]:
    heads = {} if heads is None else heads
    held = []
    for number, days in enumerate(days_ago):
        piece = Piece(
            kind=PieceKind.SEGMENT,
            camera=CameraId(camera),
            stream=Stream.MAIN,
            start_us=WallUs(NOW - days * DAY_US),
            end_us=WallUs(NOW - days * DAY_US),
            size_bytes=1,
            sha256=b"",
            footage_class=FootageClass.CONTINUOUS,
        )
        name = sealed_name(piece, hashlib.sha256(f"{camera}{number}".encode()).digest())
        made = manifest_of(piece, target=TargetId("nas"), name=name, content="a.mp4", size_bytes=1, sha256=b"", heads=heads)
        raw = encoded(made)
        heads[piece.camera] = head_after(raw)
        held.append(Held(name=name, manifest=made, raw=raw))
    return held


def found(held: list[Held], **damaged: str) -> list[tuple[FindingKind, str, int]]:
    return [(one.kind, one.name, one.count) for one in Judge(rules=RULES, now_us=NOW, damaged=damaged).findings(held)]


def test_a_whole_chain_has_nothing_to_tell() -> None:
    assert found(chain([3, 2, 1])) == []


def test_a_gap_is_named_when_the_rules_would_not_have_made_it() -> None:
    held = chain([3, 2, 1])
    assert found([held[0], held[2]]) == [(FindingKind.MISSING, held[1].name, 1)]


def test_what_the_rules_took_is_no_fault() -> None:
    held = chain([9, 8, 1])
    assert {kind for kind, _name, _count in found(held[2:])} == {FindingKind.PRUNED}


def test_a_long_gap_is_told_as_far_as_it_is_known() -> None:
    held = chain([3] * 20)
    told = found([held[0], held[19]])
    assert [kind for kind, _name, _count in told].count(FindingKind.MISSING) == 8
    assert told[-1][0] is FindingKind.UNKNOWN
    assert sum(count for _kind, _name, count in told) == 18


def test_a_piece_in_anothers_place_is_told() -> None:
    held = chain([3, 2, 1])
    forged = chain([3, 2, 1], camera="front")[1]
    made = replace(forged.manifest, size_bytes=2)
    forged = Held(name=held[1].name, manifest=made, raw=encoded(made))
    assert [kind for kind, _name, _count in found([held[0], forged, held[2]])] == [FindingKind.FORGED]
    swapped = [replace(held[0], name=held[1].name), replace(held[1], name=held[0].name), held[2]]
    assert [kind for kind, _name, _count in found(swapped)] == [FindingKind.SWAPPED] * 2
    assert (FindingKind.FORGED, held[1].name, 1) in found([*held, replace(forged, manifest=replace(made, number=1))])


def test_a_tail_that_is_gone_is_known_by_the_other_cameras() -> None:
    heads: dict[CameraId, Head] = {}
    front = chain([3, 2, 1], "front", heads)
    back = chain([1], "back", heads)
    assert found([front[0], *back]) == [(FindingKind.MISSING, "", 2)]


def test_a_damaged_piece_is_told_once() -> None:
    held = chain([3, 2, 1])
    assert found([held[0], held[2]], **{held[1].name: "it was altered"}) == [(FindingKind.ALTERED, held[1].name, 1)]


def test_a_manifest_survives_its_bytes() -> None:
    held = chain([3, 2])[1]
    assert parsed(held.raw) == held.manifest


@settings(max_examples=60)
@given(
    pieces=st.lists(
        st.tuples(st.sampled_from(list(FootageClass)), st.integers(0, 60), st.integers(1, 1000), st.booleans()), max_size=30
    ),
    most=st.integers(0, 5000),
)
def test_pruning_never_takes_what_is_kept_and_frees_enough_if_it_can(
    pieces: list[tuple[FootageClass, int, int, bool]], most: int
) -> None:
    held = [
        Copy(name=str(i), size_bytes=size, start_us=WallUs(NOW - days * DAY_US), footage_class=kind, is_kept=kept)
        for i, (kind, days, size, kept) in enumerate(pieces)
    ]
    gone = due(held, replace(RULES, max_bytes=most), NOW)
    left = [one for one in held if one not in gone]
    assert not any(one.is_kept for one in gone)
    assert len({one.name for one in gone}) == len(gone)
    free = [one for one in left if not one.is_kept]
    assert not any(one.start_us + RULES.keep_us(one.footage_class) < NOW for one in free)
    assert not most or sum(one.size_bytes for one in left) <= most or not free
    if gone and free:
        aged = {one.name for one in gone if one.start_us + RULES.keep_us(one.footage_class) < NOW}
        for_room = [one for one in gone if one.name not in aged]
        assert max((one.start_us for one in for_room), default=0) <= min(one.start_us for one in free)


def test_a_piece_the_far_ends_rules_took_is_no_loss() -> None:
    held = chain([8])[0]
    piece = Piece(
        kind=PieceKind.SEGMENT,
        camera=CameraId("front"),
        stream=Stream.MAIN,
        start_us=held.manifest.start_us,
        end_us=held.manifest.end_us,
        size_bytes=1,
        sha256=b"",
        footage_class=FootageClass.EVENT,  # raised after it was sent; its name says continuous
    )
    assert may_be_gone(held.name, piece, RULES, NOW)
    assert not may_be_gone(held.name, piece, replace(RULES, continuous_days=9), NOW)
    assert not may_be_gone(held.name, piece, replace(RULES, continuous_days=0), NOW)
    assert not may_be_gone("front/2026-11-13/14-03.mp4", piece, RULES, NOW)
    assert not may_be_gone(held.name.replace("continuous", "kept"), piece, RULES, NOW)
    assert may_be_gone("front/2026-11-13/14-03.mp4", replace(piece, footage_class=FootageClass.CONTINUOUS), RULES, NOW)
