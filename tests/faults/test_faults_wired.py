"""A few trials of every fault; `make faults` does many."""

from __future__ import annotations

import pytest

from tests.faults.fault import NotHere
from tests.faults.running import code_of, load, modules, told, trials


@pytest.mark.wired
@pytest.mark.waits
@pytest.mark.timeout(600)
@pytest.mark.parametrize("stem", modules())
async def test_the_promises_hold(stem: str) -> None:
    fault = load(stem)
    broken = []
    try:
        async for record in trials(fault, range(1, fault.short + 1), run_seed=7, code=code_of(fault)):
            print(told(record))
            if record.broken:
                broken.append(f"{told(record)}\n{record.notes.get('traceback', '')}")
    except NotHere as why:
        pytest.skip(str(why))
    assert not broken, "\n".join(broken)
