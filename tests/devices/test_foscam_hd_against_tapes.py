"""The emulated HD Foscam says what a real one said, as far as it was recorded: five answers, their line ends lost."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.devices import foscam_hd
from tests.devices.raw_client import fetch

pytestmark = pytest.mark.wired
NAMES = ("LocalAlarmRecordConfig", "MirrorAndFlipSetting", "OSDSetting", "ScheduleRecordConfig", "VideoStreamParam")


@pytest.mark.parametrize("name", NAMES)
async def test_settings_are_the_recorded_bytes_but_for_line_ends(test_data: Path, name: str) -> None:
    recorded = (test_data / "tapes/foscam-hd/foscam-client-fi9831p" / f"get{name}.xml").read_bytes()
    async with foscam_hd.camera().running() as camera:
        answer = await fetch(camera.port, f"/cgi-bin/CGIProxy.fcgi?cmd=get{name}&usr=watch&pwd=watchPass1")
    assert answer.status == 200
    assert answer.body.replace(b"\n", b"") == recorded
