"""Mistakes in `[arming]` and in what a mode means for a camera are told in words."""

from __future__ import annotations

import pytest

from hearthwatch.arming.arming import Disarm, Mode, Planned, Telling, Weekday
from hearthwatch.kit.errors import ConfigFault
from hearthwatch.run.config import parse

FRONT = '[camera.front]\nmain = "rtsp://192.168.1.20/main"\n'


def test_what_a_file_may_say():
    config = parse(
        '[arming]\ndisarm = "confirm"\nsilence_minutes = 15\n'
        '[arming.schedule.night]\nat = "23:00"\ndays = ["fri", "sat"]\nmode = "auto"\n'
        '[camera_defaults.modes.home]\nalerts = "all"\nlabels = ["car"]\n'
        f"{FRONT}[camera.front.modes.home]\nlabels = []\n"
    )
    assert (config.arming.disarm, config.arming.silence_minutes) == (Disarm.CONFIRM, 15)
    night = config.arming.schedule["night"]
    assert (night.at, night.days, night.mode) == ("23:00", (Weekday.FRI, Weekday.SAT), Planned.AUTO)
    home = config.cameras["front"].modes.home
    assert (home.alerts, home.labels) == (Telling.ALL, ())
    assert [mode for mode in Mode if parse(FRONT).cameras["front"].modes.tells(mode)] == [Mode.AWAY]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (
            '[arming.schedule.night]\nat = "25:00"\nmode = "away"',
            'arming.schedule.night.at: is no time of day: write it like "22:30"',
        ),
        ('[arming.schedule.night]\nat = "23:00"\nmode = "disabled"', "arming.schedule.night.mode"),
        ('[arming.schedule.night]\nat = "23:00"\ndays = []\nmode = "away"', "names no day"),
        ('[arming.schedule."Night out"]\nat = "23:00"\nmode = "away"', "is no name for a time"),
        ("[arming]\nsilence_minutes = 0", "arming.silence_minutes"),
        ('[arming]\ndisarm = "always"', "arming.disarm"),
        (f'{FRONT}[camera.front.modes.disabled]\nalerts = "all"', "`disabled` tells no intrusion"),
        (f'{FRONT}[camera.front.modes.home]\nlabels = ["persn"]', 'there is none of that name; did you mean "person"?'),
        (f'{FRONT}[camera.front.modes.home]\nzones = ["porch"]', "camera.front.modes.home.zones"),
    ],
)
def test_mistakes(text, fault):
    with pytest.raises(ConfigFault) as told:
        parse(text)
    assert fault in str(told.value)
