"""Sight: a covered, blurred, turned or frozen camera is known for what it is, and weather and light are not."""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Callable, Iterator
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from tests.motion.scene import CAMERA, Luma, Yard, headlight

from hearthwatch.frames.frame import Frame
from hearthwatch.kit.units import NS_PER_S, CameraId, MonoNs, WallUs
from hearthwatch.motion.motion import MotionOptions, Sight, SightOptions
from hearthwatch.motion.sight import SightWatch
from hearthwatch.tracks.eye import Eye
from hearthwatch.tracks.track import EyeOptions

Paint = Callable[[Luma, float], Luma]


class LivingYard(Yard):
    """With noise that never repeats."""

    def __init__(self, fps: float = 2.0) -> None:
        super().__init__(320, 180, fps=fps, noise=0.0)
        self._rng = np.random.default_rng(1)
        ramp = np.linspace(-1.0, 1.0, 320)[None, :] * np.linspace(-1.0, 1.0, 180)[:, None]
        self.empty = self.empty + 12.0 * ramp

    def shown(self, seconds: float, paint: Paint | None = None) -> Iterator[Frame]:
        for frame in self.frames(seconds, paint):
            noisy = frame.y + self._rng.normal(0, 1.5, frame.y.shape)
            yield dataclasses.replace(frame, y=np.clip(noisy, 16, 235).astype(np.uint8))


@pytest.fixture
def yard() -> LivingYard:
    return LivingYard()


@pytest.fixture
def watch(yard: LivingYard) -> SightWatch:
    watch = SightWatch(SightOptions())
    assert set(sights(watch, yard.shown(20))) == {None, Sight.CLEAR}
    return watch


def sights(watch: SightWatch, frames: Iterator[Frame]) -> list[Sight | None]:
    found = []
    for frame in frames:
        watch.look(frame)
        found.append(watch.sight)
    return found


def black(luma: Luma, _s: float) -> Luma:
    return np.full_like(luma, -100.0)


def cloth(luma: Luma, _s: float) -> Luma:
    return np.full_like(luma, 70.0) + np.linspace(0, 20, luma.shape[1])[None, :]


def spray(luma: Luma, _s: float) -> Luma:
    return cv2.GaussianBlur(luma, (0, 0), 3.0)


def elsewhere(luma: Luma, _s: float) -> Luma:
    return np.roll(luma, (30, 70), (0, 1))[::-1]


@pytest.mark.parametrize(
    ("paint", "sight", "within_s"),
    [
        (black, Sight.COVERED, 8),
        (cloth, Sight.COVERED, 8),
        (spray, Sight.BLURRED, 18),
        (elsewhere, Sight.TURNED, 8),
    ],
)
def test_what_is_done_to_the_lens_is_told_while_it_lasts(yard, watch, paint: Paint, sight: Sight, within_s: int) -> None:
    before = sights(watch, yard.shown(within_s, paint))
    assert before[-1] is sight
    assert set(before) == {Sight.CLEAR, sight}
    assert set(sights(watch, yard.shown(60, paint))) == {sight}
    after = sights(watch, yard.shown(12))
    assert after[-1] is Sight.CLEAR
    assert set(after) == {sight, Sight.CLEAR}


def test_one_picture_again_and_again_is_frozen_and_alive_again_when_it_moves(yard, watch) -> None:
    (picture,) = yard.shown(0.5)
    times = [frame.received_ns for frame in yard.frames(15)]
    found = sights(watch, (dataclasses.replace(picture, received_ns=at) for at in times))
    assert found[-1] is Sight.FROZEN
    assert Sight.FROZEN not in found[:12]
    assert sights(watch, yard.shown(12))[-1] is Sight.CLEAR


def test_a_camera_that_sends_each_night_picture_several_times_is_alive(watch) -> None:
    """A long exposure, sent as often as by day."""
    yard = LivingYard()
    frames = []
    for frame in yard.shown(30):
        frames += [
            dataclasses.replace(frame, received_ns=MonoNs(frame.received_ns + step * NS_PER_S // 10)) for step in range(5)
        ]
    assert set(sights(SightWatch(SightOptions()), iter(frames))) == {None, Sight.CLEAR}


def lamp(luma: Luma, s: float) -> Luma:
    return luma * 0.4 if s < 8 else luma * 1.3


def cloud(luma: Luma, s: float) -> Luma:
    return luma * (0.75 + 0.25 * np.cos(s))


def night(luma: Luma, s: float) -> Luma:
    """The filter clicks, a second of black, then infrared light: other tones for the same things."""
    return np.full_like(luma, 16.0) if s < 2 else 210 - np.abs(luma - 120) * 1.1


def car(luma: Luma, s: float) -> Luma:
    return headlight(luma, (s % 6) / 6)


def passer(luma: Luma, s: float) -> Luma:
    """Somebody big walks by, close to the camera."""
    x = round((s % 8) / 8 * 320)
    luma[40:, max(0, x - 50) : x + 50] = 200
    return luma


@pytest.mark.parametrize("paint", [lamp, cloud, night, car, passer])
def test_light_and_visitors_are_no_tampering(yard, watch, paint: Paint) -> None:
    assert set(sights(watch, yard.shown(40, paint))) == {Sight.CLEAR}


@pytest.mark.long
def test_dusk_makes_it_dark_and_dawn_clear_but_never_covered() -> None:
    yard, watch = LivingYard(fps=0.25), SightWatch(SightOptions())
    sights(watch, yard.shown(120))

    def dusk(luma: Luma, s: float) -> Luma:
        return 16 + luma * max(0.0, 1 - s / 1200)

    evening = sights(watch, yard.shown(1400, dusk))
    assert evening[-1] is Sight.DARK
    assert set(evening) == {Sight.CLEAR, Sight.DARK}
    assert sights(watch, yard.shown(60))[-1] is Sight.CLEAR


@pytest.mark.long
def test_a_camera_turned_on_purpose_is_taken_as_it_is_after_half_an_hour() -> None:
    yard, watch = LivingYard(fps=0.1), SightWatch(SightOptions())
    sights(watch, yard.shown(300))
    found = sights(watch, yard.shown(1700, elsewhere))
    assert found[-1] is Sight.TURNED
    assert sights(watch, yard.shown(300, elsewhere))[-1] is Sight.CLEAR


def test_what_the_owner_does_not_want_told_is_clear(yard) -> None:
    watch = SightWatch(SightOptions(watch=(Sight.COVERED,)))
    sights(watch, yard.shown(20))
    assert set(sights(watch, yard.shown(20, elsewhere))) == {Sight.CLEAR}
    assert sights(watch, yard.shown(10, black))[-1] is Sight.COVERED


def test_an_eye_with_other_options_still_knows_the_usual_view(yard) -> None:
    eye = Eye(CAMERA, EyeOptions(motion=MotionOptions(), labels={}, zones={}), rng=random.Random(1))
    for frame in yard.shown(20):
        eye.see(frame)
    for frame in yard.shown(20, elsewhere):
        eye.see(frame)
    assert eye.sight is Sight.TURNED
    deaf = eye.renewed(EyeOptions(motion=MotionOptions(), labels={}, zones={}, detect=False))
    for frame in yard.shown(20, elsewhere):
        deaf.see(frame)
    assert deaf.sight is Sight.TURNED
    blinkered = deaf.renewed(
        EyeOptions(motion=MotionOptions(), labels={}, zones={}, sight=SightOptions(watch=(Sight.COVERED,)))
    )
    for frame in yard.shown(5, elsewhere):
        blinkered.see(frame)
    assert blinkered.sight is Sight.CLEAR


def test_a_picture_of_another_size_is_no_fault(yard, watch) -> None:
    large = (
        dataclasses.replace(frame, y=np.ascontiguousarray(np.kron(frame.y, np.ones((2, 2), np.uint8))))
        for frame in yard.shown(20)
    )
    assert set(sights(watch, large)) <= {Sight.CLEAR, Sight.BLURRED}


def real(video: Path, seconds: float) -> Iterator[Frame]:
    """Yield the clip twice a second, again from its start where it is too short."""
    at_s = 0.0
    while at_s < seconds:
        with av.open(str(video)) as container:
            stream = container.streams.video[0]
            next_s = None
            for picture in container.decode(stream):
                if next_s is not None and picture.time < next_s:
                    continue
                next_s = picture.time + 0.5
                plane = picture.planes[0]
                y = np.frombuffer(plane, np.uint8).reshape(plane.height, plane.line_size)[:, : plane.width].copy()
                yield Frame(
                    camera=CameraId("front"),
                    seq=round(at_s * 2),
                    wall_us=WallUs(0),
                    received_ns=MonoNs(round(at_s * NS_PER_S)),
                    pts_s=at_s,
                    y=y,
                    u=y,
                    v=y,
                )
                at_s += 0.5
                if at_s >= seconds:
                    return


@pytest.mark.long
@pytest.mark.parametrize("clip", ["worker_zone.mp4", "ir_hall_lights_off.mp4", "ir_hall_person.mp4", "street_brightness.avi"])
def test_a_real_camera_blacked_out_half_way_is_covered_within_ten_seconds_and_clear_before(test_data, clip: str) -> None:
    watch = SightWatch(SightOptions())
    frames = list(real(test_data / "videos" / clip, 40))
    assert set(sights(watch, iter(frames[:40]))) <= {None, Sight.CLEAR}
    dark = (dataclasses.replace(frame, y=np.full_like(frame.y, 16)) for frame in frames[40:60])
    assert sights(watch, dark)[-1] is Sight.COVERED
    assert sights(watch, iter(frames[60:]))[-1] is Sight.CLEAR
