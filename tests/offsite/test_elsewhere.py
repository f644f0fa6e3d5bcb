"""What is elsewhere and not here: pure spans, the rows they come from, and a command that means the same everywhere."""

from __future__ import annotations

import shlex
from dataclasses import replace
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import create_engine, text, update

from hearthwatch.feeds.packet import Stream
from hearthwatch.kit.units import US_PER_S, CameraId, WallUs
from hearthwatch.offsite import ledger
from hearthwatch.offsite.elsewhere import HeldPiece, Place, Stretch, files, restore_command, spans
from hearthwatch.offsite.holdings import held
from hearthwatch.offsite.ledger import Wanted
from hearthwatch.offsite.schema import metadata, uploads
from hearthwatch.offsite.upload import Piece, PieceKind, Priority, TargetId, UploadState
from hearthwatch.recording.segment import FootageClass

NAS = Place(target=TargetId("nas"), sealed=True)
PC = Place(target=TargetId("pc"), sealed=False)
T = 1_795_000_000
CAMERA = CameraId("front")


def piece(start_s: float, end_s: float, kind: PieceKind = PieceKind.SEGMENT) -> Piece:
    return Piece(
        kind=kind,
        camera=CAMERA,
        stream=Stream.MAIN,
        start_us=WallUs(round((T + start_s) * US_PER_S)),
        end_us=WallUs(round((T + end_s) * US_PER_S)),
        size_bytes=1,
        sha256=b"x",
        footage_class=FootageClass.CONTINUOUS,
    )


def at(place: Place, start_s: float, end_s: float, name: str = "") -> HeldPiece:
    return HeldPiece(place=place, piece=piece(start_s, end_s), name=name or f"{place.target}-{start_s}")


def here(start_s: float, end_s: float) -> Stretch:
    return Stretch(start_us=round((T + start_s) * US_PER_S), end_us=round((T + end_s) * US_PER_S))


def found(
    pieces: list[HeldPiece], local: list[Stretch] | None = None, first_s: float = 0, last_s: float = 10_000
) -> list[tuple[float, float, str]]:
    made = spans(pieces, local or [], WallUs((T + int(first_s)) * US_PER_S), WallUs((T + int(last_s)) * US_PER_S))
    return [
        (
            round(one.start_us / US_PER_S - T, 1),
            round(one.end_us / US_PER_S - T, 1),
            "+".join(place.target for place in one.places),
        )
        for one in made
    ]


def test_minutes_that_follow_one_another_are_one_span() -> None:
    assert found([at(NAS, 0, 60.2), at(NAS, 60, 120), at(NAS, 120.9, 180)]) == [(0, 180, "nas")]
    assert found([at(NAS, 0, 60), at(NAS, 120, 180)]) == [(0, 60, "nas"), (120, 180, "nas")]


def test_what_is_here_is_taken_out_and_its_seams_leave_no_slivers() -> None:
    local = [here(59.6, 119.8), here(120.3, 240)]
    assert found([at(NAS, 0, 60), at(NAS, 60, 120), at(NAS, 120, 180)], local) == [(0, 59.6, "nas")]
    assert found([at(NAS, 0, 240.9)], [here(100, 130)]) == [(0, 100, "nas"), (130, 240.9, "nas")]
    assert found([at(NAS, 0, 60)], [here(-5, 60.5)]) == []


def test_a_piece_short_by_itself_counts() -> None:
    assert found([at(NAS, 10, 11.5)]) == [(10, 11.5, "nas")]


def test_the_same_footage_at_two_places_is_one_span_with_both() -> None:
    pieces = [at(NAS, 0, 60), at(NAS, 60, 120), at(PC, 60.1, 120.1), at(PC, 120, 180)]
    assert found(pieces) == [(0, 60.1, "nas"), (60.1, 120.1, "nas+pc"), (120.1, 180, "pc")]


def test_a_piece_sent_twice_to_one_place_is_there_once() -> None:
    assert found([at(NAS, 0, 60), at(NAS, 20, 30)]) == [(0, 60, "nas")]


def test_only_the_range_that_was_asked_for() -> None:
    assert found([at(NAS, 0, 600)], first_s=30, last_s=90) == [(30, 90, "nas")]


@settings(max_examples=40, deadline=None)
@given(
    pieces=st.lists(st.tuples(st.sampled_from([NAS, PC]), st.integers(0, 40), st.integers(1, 20)), max_size=8),
    local=st.lists(st.tuples(st.integers(0, 40), st.integers(1, 20)), max_size=5),
)
def test_every_moment_is_elsewhere_that_is_held_and_not_here(
    pieces: list[tuple[Place, int, int]], local: list[tuple[int, int]]
) -> None:
    step = 10
    made = found(
        [at(place, start * step, (start + length) * step) for place, start, length in pieces],
        [here(start * step, (start + length) * step) for start, length in local],
    )
    for slot in range(65):
        targets = {place.target for place, start, length in pieces if start <= slot < start + length}
        is_here = any(start <= slot < start + length for start, length in local)
        shown = [names for start, end, names in made if start <= slot * step < end]
        assert shown == ([] if is_here or not targets else ["+".join(sorted(targets))])


def test_files_are_those_that_reach_into_the_range() -> None:
    pieces = [at(PC, 120, 180, "c"), at(PC, 0, 60, "a"), at(PC, 60, 120, "b"), at(NAS, 60, 120, "sealed")]
    assert files(pieces, PC, WallUs((T + 70) * US_PER_S), WallUs((T + 130) * US_PER_S)) == ("b", "c")


def test_the_command_means_the_same_on_every_machine_even_when_the_clock_goes_back() -> None:
    start_us = WallUs(1_792_889_999_400_000)  # 2026-10-25, the hour that comes twice in Berlin
    command = restore_command(
        NAS, CAMERA, start_us, WallUs(start_us + 60 * US_PER_S), ZoneInfo("Europe/Berlin"), house=("--data", "/srv/my house")
    )
    assert command == (
        "hearthwatch offsite restore nas --identity identity.txt --camera front --from 2026-10-25T02:59:59+02:00 "
        "--to 2026-10-25T02:01:00+01:00 -o restored --data '/srv/my house'"
    )
    assert "--identity" not in shlex.split(restore_command(PC, CAMERA, start_us, start_us, ZoneInfo("UTC"), house=()))


def test_only_what_is_proved_is_held_and_a_day_is_asked_by_an_index() -> None:
    engine = create_engine("sqlite://")
    metadata.create_all(engine)
    wanted = [
        Wanted(target=NAS.target, piece=one, priority=Priority.CONTINUOUS, sequence=number)
        for number, one in enumerate(
            (piece(0, 60), piece(60, 120), piece(120, 180), piece(180, 181, PieceKind.PICTURE), piece(9000, 9060))
        )
    ]
    elsewhere_camera = replace(wanted[0], piece=replace(piece(0, 60), camera=CameraId("garden")))
    with engine.begin() as connection:
        ledger.want(connection, [*wanted, elsewhere_camera], WallUs(0))
        change = {"state": UploadState.PROVED, "name": "continuous/2026-11-18/120000-0123456789abcdef.age"}
        connection.execute(update(uploads).where(uploads.c.sequence != 1).values(change))
        connection.execute(update(uploads).where(uploads.c.sequence == 2).values(name="front/2026-11-18/12-02.mp4"))
        got = held(connection, CAMERA, Stream.MAIN, WallUs((T + 30) * US_PER_S), WallUs((T + 600) * US_PER_S))
        plan = connection.execute(
            text(
                "EXPLAIN QUERY PLAN SELECT name FROM uploads WHERE camera = 'front' AND stream = 'main' AND start_us > 5 "
                "AND start_us < 9 AND end_us > 7 AND state = 'proved' AND kind != 'picture' ORDER BY start_us"
            )
        ).all()
    engine.dispose()
    assert [(one.piece.start_us // US_PER_S - T, one.place.sealed) for one in got] == [(0, True), (120, False)]
    assert [row.detail for row in plan] == [
        "SEARCH uploads USING INDEX uploads_by_time (camera=? AND stream=? AND start_us>? AND start_us<?)"
    ]
