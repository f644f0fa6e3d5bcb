"""F27: data of an older release, killed at every statement of what brings it up; and data of a newer one."""

from __future__ import annotations

import asyncio
import json
import os
import sys

from hearthwatch.fleet.hub_db import MIGRATIONS as HUB_MIGRATIONS
from hearthwatch.kit.db import revisions
from hearthwatch.recording.schema import MIGRATIONS as INDEX_MIGRATIONS
from hearthwatch.run.house_db import MIGRATIONS as HOUSE_MIGRATIONS
from tests.faults.fault import Fault, Outcome, Terms
from tests.faults.running import ROOT

_STEPS_BACK = 3
CASES = tuple(
    (name, revision)
    for name, scripts in (("house.db", HOUSE_MIGRATIONS), ("index.db", INDEX_MIGRATIONS), ("hub.db", HUB_MIGRATIONS))
    for revision in (revisions(scripts)[-_STEPS_BACK - 1 : -1] or revisions(scripts)[-1:])[::-1]
)
"""Of each database the last three schemas but the present one; where it has only one, that one is refused backward."""


async def run(terms: Terms) -> Outcome:
    """One database of one schema."""
    name, revision = CASES[(terms.number - 1) % len(CASES)]
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.faults.old_schema_child",
        name,
        revision,
        str(terms.folder),
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, said = await process.communicate()
    if process.returncode:
        return Outcome(broken=(f"{name} of schema {revision}: {said.decode()[-600:]}",), notes={"data": name})
    found = json.loads(out)
    figures = {
        "statements": found["statements"],
        "killed": found["killed"],
        "rows": found["rows"],
        "failed": len(found["wrong"]),
    }
    return Outcome(figures=figures, broken=tuple(found["wrong"][:5]), notes={"data": f"{name} {revision}"})


FAULT = Fault(
    id="F27",
    what="data of the last three schemas opened, with kill -9 at every statement; data of a newer release",
    promise="P14",
    short=1,
    full=len(CASES),
    trial=run,
)
