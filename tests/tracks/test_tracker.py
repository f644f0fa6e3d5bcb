from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hearthwatch.detect.detection import Detection
from hearthwatch.frames.geometry import WHOLE, Box
from hearthwatch.kit.units import NS_PER_S, CameraId, MonoNs, WallUs
from hearthwatch.tracks.thing import Moment, Sighting
from hearthwatch.tracks.track import Track, TrackId, TrackState
from hearthwatch.tracks.tracker import Tracker

LEAST = {"person": 0.4, "car": 0.4, "dog": 0.4, "truck": 0.4}


def moment(at_s: float) -> Moment:
    return Moment(wall_us=WallUs(round(at_s * 1e6)), received_ns=MonoNs(round((at_s + 1) * NS_PER_S)))


def sighting(x: float, *, label: str = "person", score: float = 0.7, changed: float = 0.3, size: float = 0.1) -> Sighting:
    box = Box(x0=x - size / 2, y0=0.5 - size, x1=x + size / 2, y1=0.5 + size)
    return Sighting(detection=Detection(label=label, score=score, box=box), changed_frac=changed)


def tracker() -> Tracker:
    numbers = itertools.count()
    return Tracker(CameraId("yard"), {}, lambda: TrackId(str(next(numbers))))


def show(tracks: Tracker, at_s: float, *sightings: Sighting) -> tuple[Track, ...]:
    return tracks.update(sightings, (WHOLE,), moment(at_s), LEAST)


def test_one_clear_moving_person_is_confirmed_at_once() -> None:
    (track,) = show(tracker(), 0.0, sighting(0.3))
    assert track.state is TrackState.CONFIRMED
    assert track.decided_ns == track.first_ns == NS_PER_S


def test_a_clear_moving_person_is_confirmed_at_once_after_faint_sights_too() -> None:
    tracks = tracker()
    assert show(tracks, 0.0, sighting(0.3, score=0.3)) == ()
    (track,) = show(tracks, 0.1, sighting(0.3))
    assert track.state is TrackState.CONFIRMED


def test_two_fair_hits_or_three_dim_ones_confirm_what_moves_but_nothing_what_rests() -> None:
    fair, dim, resting = tracker(), tracker(), tracker()
    assert show(fair, 0.0, sighting(0.3, score=0.55)) == ()
    assert len(show(fair, 0.1, sighting(0.3, score=0.45))) == 1
    assert show(dim, 0.0, sighting(0.3, score=0.45)) == ()
    assert show(dim, 0.1, sighting(0.3, score=0.45)) == ()
    assert len(show(dim, 0.2, sighting(0.3, score=0.45))) == 1
    for step in range(40):
        assert show(resting, step / 10, sighting(0.3, score=0.45, changed=0.0)) == ()


def test_looks_in_vain_take_belief_away() -> None:
    tracks = tracker()
    show(tracks, 0.0, sighting(0.3, score=0.42))
    for step in range(4):
        show(tracks, 0.1 + step / 10)
    assert show(tracks, 0.6, sighting(0.3, score=0.55)) == ()


def test_a_resident_that_something_passes_is_not_believed_but_one_that_walks_off_is() -> None:
    tracks = tracker()
    for step in range(16):
        show(tracks, step / 2, sighting(0.3, score=0.55, changed=0.0))
    assert show(tracks, 8.5, sighting(0.3, score=0.55, changed=0.5)) == ()
    (track,) = show(tracks, 9.0, sighting(0.36, score=0.55, changed=0.5))
    assert track.moved
    assert track.first_us == 9_000_000


def test_somebody_clearly_seen_who_stirs_at_last_is_believed_where_he_sat() -> None:
    tracks = tracker()
    for step in range(16):
        assert show(tracks, step / 2, sighting(0.3, changed=0.0)) == ()
    (track,) = show(tracks, 8.5, sighting(0.3, changed=0.1))
    assert track.first_us == 8_500_000


def test_a_shoe_is_no_dog() -> None:
    tracks = tracker()
    assert show(tracks, 0.0, sighting(0.1, label="dog", score=0.65)) == ()
    assert show(tracks, 0.1, sighting(0.1, label="dog", score=0.45)) == ()


def test_a_car_must_move_on() -> None:
    tracks = tracker()
    for step in range(10):
        assert show(tracks, step / 10, sighting(0.5, label="car", changed=0.2, size=0.3)) == ()
    (track,) = show(tracks, 1.1, sighting(0.6, label="car", changed=0.2, size=0.3))
    assert track.moved


def test_the_name_is_what_most_looks_say() -> None:
    tracks = tracker()
    for step, label in enumerate(("car", "truck", "truck", "car", "truck")):
        changed = show(tracks, step / 10, sighting(0.2 + 0.06 * step, label=label, size=0.2, changed=0.5))
    assert [track.label for track in changed] == ["truck"]


def test_a_part_of_somebody_is_not_another_one() -> None:
    tracks = tracker()
    show(tracks, 0.0, sighting(0.3))
    for step in range(1, 6):
        show(tracks, step / 10, sighting(0.3), sighting(0.36, score=0.45))
    assert len(tracks.told) == 1


def test_what_is_gone_ends_soon_at_the_edge_later_inside_and_what_rests_unstirred_stays() -> None:
    edge, inside, rests = tracker(), tracker(), tracker()
    for step in range(12):
        show(edge, step / 10, sighting(0.6 + 0.03 * step))
        show(inside, step / 10, sighting(0.2 + 0.03 * step))
        show(rests, step / 10, sighting(0.5))
    assert edge.tick(moment(3.5).received_ns)
    assert not inside.tick(moment(3.5).received_ns)
    assert inside.tick(moment(5.5).received_ns)
    assert not rests.tick(moment(30.0).received_ns)
    rests.stir([WHOLE], moment(31.0).received_ns)
    (track,) = rests.tick(moment(31.1).received_ns)
    assert track.state is TrackState.ENDED
    assert track.last_us == 1_100_000


moves = st.lists(
    st.lists(st.tuples(st.floats(0.05, 0.95), st.sampled_from(sorted(LEAST)), st.floats(0.2, 1), st.floats(0, 1)), max_size=4),
    max_size=25,
)


@pytest.mark.long
@settings(deadline=None)
@given(moves)
def test_whatever_is_seen_times_are_in_order_and_ids_never_come_back(
    steps: list[list[tuple[float, str, float, float]]],
) -> None:
    tracks = tracker()
    ended: set[str] = set()
    for step, seen in enumerate(steps):
        at_s = step * 0.4
        changed = show(tracks, at_s, *(sighting(x, label=label, score=s, changed=c) for x, label, s, c in seen))
        for track in changed:
            assert track.id not in ended
            assert track.state is not TrackState.TENTATIVE
            assert track.first_us <= track.best_us <= track.last_us <= round(at_s * 1e6)
            assert track.first_ns <= track.decided_ns
        ended |= {track.id for track in tracks.tick(moment(at_s).received_ns)}
    ended_now = {track.id for track in tracks.close()}
    assert not ended & ended_now
    assert tracks.told == ()
    assert not tracks.pictured(0)
