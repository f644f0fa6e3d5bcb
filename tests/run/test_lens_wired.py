"""What is done to a lens, a stream or a camera is told once in the real house, and its end once; a change of light is not."""

from __future__ import annotations

import pytest
from tests.runs import lens

pytestmark = pytest.mark.wired


async def test_every_harm_is_told_once_and_its_end_once_and_light_is_none(tmp_path, test_data) -> None:
    told = {one.name: one for one in await lens.run(tmp_path)}
    for harm in lens.HARMS:
        assert len(told[harm.name].notices) == (2 if harm.fault else 0), told[harm.name]
