"""`python -m tests.faults [F01 F06 …] [--n N] [--seed S] [--minutes M] [--shard 1/3] [--afresh]`."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.faults import evidence, promises
from tests.faults.running import RECORDS, Plan, Shard, carry_out, find


def main(words: Sequence[str] | None = None) -> int:
    """Return 1 when a promise did not hold in any trial of this code, else 0."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.faults", description="Does every fault to the product and counts what it cost."
    )
    parser.add_argument("faults", nargs="*", metavar="F06", help="only these; all when none is named")
    parser.add_argument("--n", type=int, help="trials of each fault; as many as the fault says when left out")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--minutes", type=float, help="begin no trial after this long; what is left is done next time")
    parser.add_argument("--shard", type=Shard.parsed, default=Shard(), metavar="1/3", help="only this part of the trials")
    parser.add_argument("--afresh", action="store_true", help="forget the trials there are")
    parser.add_argument("--records", type=Path, default=RECORDS, help="folder of the trials' lines")
    parser.add_argument("--evidence", type=Path, default=evidence.EVIDENCE)
    given = parser.parse_args(words)
    try:
        faults = find(given.faults)
    except ValueError as error:
        parser.error(str(error))
    plan = Plan(
        faults=tuple(faults), n=given.n, run_seed=given.seed, shard=given.shard, minutes=given.minutes, records=given.records
    )
    if given.afresh:
        for fault in faults:
            (plan.records / f"{fault.id}.jsonl").unlink(missing_ok=True)
    passed_over = asyncio.run(carry_out(plan, lambda line: print(line, flush=True)))
    summaries = {}
    for fault in faults:
        if records := plan.records_of(fault):
            summaries[fault.id] = evidence.summary(fault, records, plan.codes[fault.id])
    evidence.write(summaries, given.evidence)
    if given.evidence == evidence.EVIDENCE:
        promises.main()
    print(evidence.table(summaries, passed_over))
    for fault in faults:
        if fault.id not in passed_over and (left := plan.open_numbers(fault)):
            print(f"{fault.id}: {len(left)} trials are left for the next run")
    return 1 if any(found["broken"] for found in summaries.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
