"""`python -m tests.faults.promises`: writes the table of docs/reliability.md anew from docs/evidence/faults.json."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tests.faults.evidence import EVIDENCE
from tests.faults.running import ROOT, SEEN

PAGE = ROOT / "docs" / "reliability.md"
BEGIN, END = "<!-- from docs/evidence/faults.json by `python -m tests.faults.promises` -->", "<!-- end -->"

PROMISES: Mapping[str, str] = {
    "P1": "`kill -9` of any process at any moment loses at most 2 s of video of a camera and nothing acknowledged; open files are repaired.",
    "P2": "A power cut loses at most 3 s of video, and no acknowledged event, alert or change of arming.",
    "P3": "No row of the index points at a missing, shorter or overlapping file; what was harmed is found, never served as good.",
    "P4": "A full disk never stops an alert; kept footage is never taken silently; recording is back within 10 s of space, by itself.",
    "P5": "Recording never waits for the detector; a sick one costs names, not video, and is told of.",
    "P6": "Alerts are written with their event, sent at least once, in order, once per key, through restarts and a week without a network.",
    "P7": "From the camera to the service: text p50 0.5 s, p99 2 s; nothing of the disk stands in an alert's way.",
    "P8": "A camera that is back is recorded within 5 s (median; 15 s p99); one notice when it goes, one when it is back.",
    "P9": "No set clock, summer time, bad start or jumping stamp loses or overwrites a picture.",
    "P10": "A broken index is set aside and made anew from the files; recording does not stop.",
    "P11": "A process that hangs is seen and started again within 15 s; the others do not feel it.",
    "P13": "What is kept elsewhere arrives whole, proved by its hash, or is said to be missing.",
    "P14": "A release opens what an older one left, wherever it is killed at that; an older one refuses newer data and touches nothing.",
    "P15": "What a node told is in its hub's ledger, none lost and none doubled, whatever becomes of the hub's database meanwhile.",
}


def rows(evidence: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """The lines of the table; a promise without a fault that tried it says so."""
    yield "| promise | fault | N | broken | median / p99 / worst |"
    yield "|---|---|---:|---:|---|"
    for promise, words in PROMISES.items():
        tried = [(name, found) for name, found in evidence.items() if promise in found["promise"].split()]
        if not tried:
            yield f"| **{promise}** {words} | not tried | 0 | | |"
        for at, (name, found) in enumerate(tried):
            figures = "; ".join(
                f"`{key}` {_short(one['median'])} / {_short(one['p99'])} / {_short(one['worst'])}"
                for key, one in found["figures"].items()
            )
            first = f"**{promise}** {words}" if not at else ""
            bound = f" (rate < {found['rate_below_95'] * 100:.1f} %)" if "rate_below_95" in found else ""
            yield f"| {first} | {name} {found['what']} | {found['trials']} | {found['broken']}{bound} | {figures} |"


def total(evidence: Mapping[str, Mapping[str, Any]]) -> str:
    """The sentence below the table."""
    trials, broken = (sum(found[key] for found in evidence.values()) for key in ("trials", "broken"))
    looks = [found["figures"][SEEN] for found in evidence.values() if SEEN in found["figures"]]
    often, worst = sum(one["count"] for one in looks), max((one["worst"] for one in looks), default=0)
    seen = "none was seen" if not worst else f"as many as {worst:.0f} were seen at once"
    return (
        f"{trials} trials of {len(evidence)} faults, {broken} broken. After {often} of them a house was running and was looked through: secrets in "
        f"files, cores, logs, arguments, environments and answers, and answers of 5xx that no rule allows: {seen}."
    )


def _short(value: float) -> str:
    return f"{value:.0f}" if value == int(value) or abs(value) >= 100 else f"{value:.2f}"


def page(text: str, evidence: Mapping[str, Mapping[str, Any]]) -> str:
    """Return the page with its table made anew."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return "\n".join([f"{before}{BEGIN}", *rows(evidence), "", total(evidence), f"{END}{after}"])


def main(evidence: Path = EVIDENCE, target: Path = PAGE) -> int:
    target.write_text(page(target.read_text(), json.loads(evidence.read_text())))
    return 0


if __name__ == "__main__":
    sys.exit(main())
