"""Which missing footage is fetched from a card, and which of its files."""

from __future__ import annotations

import pytest

from hearthwatch.feeds.packet import Gap, GapReason, Stream
from hearthwatch.kit.units import US_PER_S, CameraId, WallUs
from hearthwatch.run.card_plan import MAX_CLIP_BYTES, Allowance, Missing, chosen, missing, private
from hearthwatch.vendors.card import CardClip, CardFile
from hearthwatch.vendors.device import LocalUs

NOW = WallUs(1_800_000_000 * US_PER_S)
PLENTY = Allowance(clips=100, size_bytes=1 << 40)


def at(ago_s: float) -> WallUs:
    return WallUs(NOW - round(ago_s * US_PER_S))


def gap(from_s: float, to_s: float | None, reason: GapReason = GapReason.NETWORK) -> Gap:
    end_us = None if to_s is None else at(to_s)
    return Gap(camera=CameraId("front"), stream=Stream.MAIN, start_us=at(from_s), end_us=end_us, reason=reason)


def clip(from_s: float, to_s: float, size: int = 1000) -> CardClip:
    file = CardFile(name=f"{from_s}.mp4", start_us=LocalUs(0), end_us=LocalUs(0), size_bytes=size)
    return CardClip(file=file, channel=0, start_us=at(from_s), end_us=at(to_s))


def span(from_s: float, to_s: float) -> Missing:
    return Missing(start_us=at(from_s), end_us=at(to_s))


@pytest.mark.parametrize("reason", [GapReason.CAMERA, GapReason.NETWORK, GapReason.US, GapReason.REFUSED, GapReason.DISK])
def test_a_gap_that_is_over_is_missing(reason: GapReason) -> None:
    assert missing([gap(600, 300, reason)], [], NOW) == (span(600, 300),)


@pytest.mark.parametrize("reason", [GapReason.STOPPED, GapReason.CHANGED, GapReason.CLOCK_STEP, GapReason.DISCONTINUITY])
def test_what_is_meant_or_no_gap_at_all_is_not(reason: GapReason) -> None:
    assert missing([gap(600, 300, reason)], [], NOW) == ()


def test_short_and_old_ones_are_left_and_long_ones_cut_to_their_end() -> None:
    assert missing([gap(604, 600)], [], NOW) == ()
    assert missing([gap(9 * 86_400, 8 * 86_400)], [], NOW) == ()
    assert missing([gap(86_400, 600)], [], NOW) == (span(600 + 6 * 3600, 600),)


def test_nothing_while_one_lasts_or_has_just_ended() -> None:
    assert missing([gap(900, 800), gap(60, None)], [], NOW) == ()
    assert missing([gap(900, 800), gap(300, 119)], [], NOW) == ()
    assert missing([gap(900, 800), gap(300, 121)], [], NOW) == (span(300, 121), span(900, 800))


def test_what_was_tried_is_not_tried_again_nor_what_is_left_of_it() -> None:
    assert missing([gap(600, 300)], [span(600, 300)], NOW) == ()
    assert missing([gap(500, 400)], [span(600, 300)], NOW) == ()
    assert missing([gap(700, 400)], [span(600, 300)], NOW) == (span(700, 400),)


def test_clips_that_hold_something_of_it() -> None:
    clips = [clip(800, 700), clip(700, 599.5), clip(650, 550), clip(550, 350), clip(350, 200), clip(299, 200)]
    assert chosen(clips, span(600, 300), PLENTY) == tuple(clips[2:5])


def test_no_more_than_is_allowed() -> None:
    clips = [clip(600, 500, 400), clip(500, 400, 400), clip(400, 300, 400)]
    wanted = span(600, 300)
    assert chosen(clips, wanted, Allowance(clips=2, size_bytes=1 << 30)) == tuple(clips[:2])
    assert chosen(clips, wanted, Allowance(clips=9, size_bytes=900)) == tuple(clips[:2])
    assert chosen(clips, wanted, Allowance(clips=0, size_bytes=900)) == ()
    assert chosen([clip(600, 300, MAX_CLIP_BYTES + 1), *clips], wanted, PLENTY) == tuple(clips)


def test_nothing_of_a_private_time_is_fetched_nor_a_file_that_holds_some_of_it() -> None:
    gaps = [gap(900, 600), gap(600, 300, GapReason.PRIVATE), gap(200, 180, GapReason.MODE)]
    never = private(gaps, NOW)
    assert never == (span(600, 300),)
    assert missing(gaps, [], NOW) == (span(900, 600),)
    clips = [clip(900, 700), clip(700, 590), clip(300, 100)]
    assert chosen(clips, span(900, 600), PLENTY, never) == (clips[0],)
    assert private([gap(600, None, GapReason.PRIVATE)], NOW) == (Missing(start_us=at(600), end_us=NOW),)
