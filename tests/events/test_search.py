"""Finding events among very many: what comes is right, whole and in order, and uses the indexes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection
from tests.alerts.house import an_event, opened
from tests.events.many_events import CAMERAS, NAMES, START_US, made, put

from hearthwatch.events import ledger, search
from hearthwatch.events.event import Event, EventId, EventKind
from hearthwatch.events.wanted import Place, Wanted, Word, asked_words, folded, words_of
from hearthwatch.kit.units import US_PER_S, CameraId, WallUs

COUNT = 2500


@pytest.fixture(scope="module")
def many() -> list[Event]:
    return sorted(made(COUNT), key=lambda event: (event.start_us, event.id), reverse=True)


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory, many: list[Event]) -> Iterator[Connection]:
    engine = opened(tmp_path_factory.mktemp("many"))
    with engine.connect() as connection:
        put(connection, many)
        yield connection
        connection.rollback()
    engine.dispose()


@pytest.fixture
def connection(tmp_path) -> Iterator[Connection]:
    engine = opened(tmp_path)
    with engine.begin() as connection:
        yield connection
    engine.dispose()


def wanted_words(text: str) -> tuple[Word, ...]:
    return tuple(
        Word(text=word, cameras=frozenset(camera for camera, name in NAMES.items() if word in folded(name)))
        for word in asked_words(text)
    )


def fits(event: Event, wanted: Wanted) -> bool:
    """The same asked of one event in plain words."""
    text = words_of(event.kind, event.label, "\n".join(sorted(event.zones)), event.detail) + "\n" + words_of(event.note)
    return (
        (wanted.cameras is None or event.camera in wanted.cameras)
        and wanted.label in {None, event.label}
        and wanted.kind in {None, event.kind}
        and (wanted.zone is None or wanted.zone in event.zones)
        and (wanted.since_us is None or event.start_us >= wanted.since_us)
        and (wanted.until_us is None or event.start_us < wanted.until_us)
        and wanted.reviewed in {None, event.reviewed}
        and wanted.false_alarm in {None, event.false_alarm}
        and all(word.text in text or event.camera in word.cameras for word in wanted.words)
    )


END_US = START_US + COUNT * 120 * US_PER_S
MOMENTS = st.none() | st.integers(START_US, END_US).map(WallUs)
CHOICES = st.builds(
    Wanted,
    cameras=st.none() | st.frozensets(st.sampled_from(CAMERAS), max_size=4),
    label=st.none() | st.sampled_from(["person", "car", "cat", "nobody"]),
    kind=st.none() | st.sampled_from(list(EventKind)),
    zone=st.none() | st.sampled_from(["drive", "porch", "dri", "Gehweg", "%"]),
    since_us=MOMENTS,
    until_us=MOMENTS,
    reviewed=st.none() | st.booleans(),
    false_alarm=st.none() | st.booleans(),
    words=st.sampled_from(
        ["", "bote", "MÜLL", "muell person", "haustuer", "strasse car", "gartner", "garten", "%", "_", "'", "drive dog"]
    ).map(wanted_words),
)


@settings(max_examples=120, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], deadline=None)
@given(wanted=CHOICES, limit=st.integers(1, 400))
@pytest.mark.long
def test_pages_are_all_that_is_wanted_in_order_and_nothing_twice(kept, many, wanted, limit):
    whole = [event for event in many if fits(event, wanted)]
    found: list[Event] = []
    after = None
    while page := search.page(kept, wanted, after=after, limit=limit):
        found += page
        after = Place(start_us=page[-1].start_us, id=page[-1].id)
        if len(found) >= 1000:
            break
    assert found == whole[: len(found)]
    assert len(found) == len(whole) or len(found) >= 1000
    assert search.unseen(kept, wanted, most=300) == min(300, sum(not event.reviewed for event in whole))


def test_new_events_do_not_shift_pages(connection):
    some = [an_event(start_us=WallUs(100 + number)) for number in range(6)]
    for event in some:
        ledger.save(connection, event)
    first = search.page(connection, Wanted(), limit=3)
    ledger.save(connection, an_event(start_us=WallUs(900)))
    after = Place(start_us=first[-1].start_us, id=first[-1].id)
    assert [event.start_us for event in search.page(connection, Wanted(), after=after, limit=3)] == [102, 101, 100]


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("tür", True),
        ("TUER", True),
        ("tur", True),
        ("groß", True),
        ("GROSS", True),
        ("grosse", False),
        ("hintere tür", True),
        ("postbote", True),
        ("bote hund", False),
        ("café", True),
        ("cafe", True),
        ("", True),
    ],
)
def test_words_are_found_whatever_their_case_and_umlauts(connection, asked, found):
    event = an_event(zones=frozenset({"Hintere Tür"}), detail="groß, beim Café")
    ledger.save(connection, event)
    search.set_note(connection, event.id, "Der Postbote")
    words = tuple(Word(text=word) for word in asked_words(asked))
    assert bool(search.page(connection, Wanted(words=words))) is found


def test_a_note_outlives_updates_of_its_event(connection):
    event = an_event()
    ledger.save(connection, event)
    search.set_note(connection, event.id, "  our neighbour  ")
    ledger.save(connection, replace(event, label="dog"))
    kept = ledger.find(connection, event.id)
    assert (kept.note, kept.label) == ("our neighbour", "dog")
    assert search.page(connection, Wanted(words=(Word(text="neighbour"), Word(text="dog"))))


def test_marking_one_many_and_all_down_to_here(connection):
    some = [
        an_event(id=EventId(f"M{number}"), start_us=WallUs(100 + number), camera=CameraId("ab"[number % 2]))
        for number in range(8)
    ]
    for event in some:
        ledger.save(connection, event)

    def unseen() -> list[str]:
        return [event.id for event in search.page(connection, Wanted(reviewed=False))]

    assert search.set_reviewed(connection, [EventId("M7"), EventId("M2"), EventId("gone")], reviewed=True) == 2
    assert search.set_reviewed(connection, [EventId("M7")], reviewed=True) == 0
    assert search.set_reviewed(connection, [EventId("M7")], reviewed=False) == 1
    assert unseen() == ["M7", "M6", "M5", "M4", "M3", "M1", "M0"]
    first, last = (Place(start_us=some[number].start_us, id=some[number].id) for number in (6, 4))
    assert search.review_down_to(connection, Wanted(), last, first=first) == 3
    assert unseen() == ["M7", "M3", "M1", "M0"], "what came after the newest that was shown is left alone"
    of_b = Wanted(cameras=frozenset({CameraId("b")}))
    assert search.review_down_to(connection, of_b, None) == 3
    assert unseen() == ["M0"]


def test_zones_and_labels_by_hops(kept, many):
    assert ledger.labels(kept) == tuple(sorted({event.label for event in many} - {""}))
    assert ledger.zones(kept) == tuple(sorted({zone for event in many for zone in event.zones}))


@pytest.mark.parametrize(
    ("wanted", "index"),
    [
        (Wanted(), "events_by_start"),
        (Wanted(cameras=frozenset(CAMERAS[:1])), "events_by_camera"),
        (Wanted(cameras=frozenset(CAMERAS[:3])), "events_by_start"),
        (Wanted(label="cat"), "events_by_label"),
        (Wanted(reviewed=False), "events_unseen"),
    ],
)
def test_a_page_is_read_along_an_index(kept, wanted, index):
    """A scan of the whole table would be slow with 200 000 events, and no test would notice with few."""
    asked: list[str] = []
    real = kept.execute

    class Spy:
        def execute(self, statement):
            compiled = statement.compile(kept.engine, compile_kwargs={"literal_binds": True})
            asked.extend(row.detail for row in kept.exec_driver_sql(f"EXPLAIN QUERY PLAN {compiled}"))
            return real(statement)

    search.page(Spy(), wanted, after=Place(start_us=WallUs(START_US + 10**12), id=EventId("N5")), limit=10)
    assert any(index in detail for detail in asked), asked


@given(st.text(max_size=60))
@example("\N{MATHEMATICAL BOLD CAPITAL A}")
@example("aee")
def test_folding_is_stable(text):
    once = folded(text)
    assert folded(once) == once
    assert "\n" not in once


def test_hostile_words_are_only_words(connection):
    ledger.save(connection, an_event())
    for text in ("%", "_", "' OR 1=1 --", '"; DROP TABLE events;', "\x00", "\ud800", "a" * 200, "\u202e"):
        words = tuple(Word(text=word) for word in asked_words(text.encode("utf-8", "replace").decode()))
        assert len(search.page(connection, Wanted(words=words))) == (0 if words else 1)
