"""`[alerts.to.WAY]` and reminders in the file: what is right is taken, and each mistake is told where it stands."""

from __future__ import annotations

import pytest

from hearthwatch.alerts.alert import Severity
from hearthwatch.alerts.route import RouteOptions, Topic
from hearthwatch.kit.errors import ConfigFault
from hearthwatch.run.config import parse

CAMERA = '[camera.front]\nmain = "rtsp://192.168.1.9/a"\n'


def test_what_goes_which_way_is_read() -> None:
    config = parse(
        '[alerts.to.email]\ntopics = ["visitors"]\ncameras = ["front"]\ntimes = ["22:00-06:00"]\nimportance = "urgent"\n'
        f'[alerts.to."telegram:Anna"]\nlabels = ["dog"]\n{CAMERA}alerts.remind_s = 600\n'
    )
    assert config.alerts.to["email"] == RouteOptions(
        topics=(Topic.VISITORS,), cameras=("front",), times=("22:00-06:00",), importance=Severity.URGENT
    )
    assert config.alerts.to["telegram:Anna"] == RouteOptions(labels=("dog",))
    assert config.cameras["front"].alerts.remind_s == 600
    assert parse(CAMERA).cameras["front"].alerts.remind_s == 0


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[alerts.to.sms]\n", "1: alerts.to.sms: is no way alerts can take"),
        ('[alerts.to."email:Bob"]\n', "cannot be told apart by person"),
        ('[alerts.to.email]\ntopics = ["x"]\n', '2: alerts.to.email.topics[0]: must be one of "visitors"'),
        ('[alerts.to.email]\ncameras = ["yard"]\n', "2: alerts.to.email.cameras[0]: there is no [camera.yard]"),
        ('[alerts.to.email]\ntimes = ["2-3"]\n', "2: alerts.to.email.times[0]: is no time of the week"),
        ("[alerts.to]\nemail = 3\n", "2: alerts.to.email: must be a section"),
        (
            "[camera_defaults]\nalerts.remind_s = 3\n",
            "2: camera_defaults.alerts.remind_s: must be 0, for never, or at least 30",
        ),
    ],
)
def test_each_mistake_is_told_where_it_stands(text: str, said: str) -> None:
    with pytest.raises(ConfigFault, match=r"hearthwatch\.toml") as fault:
        parse(text + CAMERA)
    assert said in str(fault.value)
