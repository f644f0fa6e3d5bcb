"""`python -m tests.fuzz [NAME …] [--seconds 600]`: each of the ten targets, one after the other, with atheris where it is installed
(`make fuzz` does) and else with random bytes by Hypothesis.

A target runs in a process of its own. What it found lies in tests/fuzz/found/NAME, and `make test` plays it from then on; what it
learnt of the way into the parsers lies in .artifacts/fuzz/NAME, where the next run begins. Exit code 1 when something was found.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from tests.corpora.__main__ import _commit
from tests.corpora.frame import ROOT, data_folder
from tests.fuzz import found, seeds
from tests.fuzz.targets import TARGETS

_RESULTS = ROOT / "docs" / "evidence" / "fuzz.json"
_LEARNT = ROOT / ".artifacts" / "fuzz"
_MAX_BYTES = 32_768
_INPUT_S = 10
_MEMORY_MIB = 1024


def run(name: str, seconds: int, seed: int) -> dict[str, Any]:
    """Run one target for so long, or until it finds something; return what came of it."""
    engine = "atheris" if importlib.util.find_spec("atheris") else "hypothesis"
    learnt, artifacts = _LEARNT / name, _LEARNT / f"{name}.found"
    for folder in (learnt, artifacts):
        folder.mkdir(parents=True, exist_ok=True)
    for old in artifacts.iterdir():
        old.unlink()
    for number, data in enumerate([*seeds.made(name), *seeds.taped(name, data_folder())]):
        (learnt / f"seed-{number}").write_bytes(data[:_MAX_BYTES])
    command = [sys.executable, "-m", "tests.fuzz.child", name, engine, str(seconds), str(seed), str(learnt), str(artifacts)]
    command += [str(_MAX_BYTES), str(_INPUT_S), str(_MEMORY_MIB)]
    began_s = time.monotonic()
    child = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, errors="replace", check=False)
    kept = [
        str(found.keep(name, path.read_bytes()).relative_to(ROOT))
        for path in sorted(artifacts.iterdir())
        if path.name.startswith(("crash-", "timeout-", "oom-", "slow-unit-"))
    ]
    said = child.stderr[-6000:]
    why = [line for line in said.splitlines() if re.match(r"\S*(Error|Exception)\b|.*ERROR: libFuzzer", line)][-2:]
    if child.returncode and not kept and not why:
        why = [f"ended with {child.returncode}: {said[-300:]}"]
    done = re.findall(r"#(\d+)\s+(?:DONE|pulse|REDUCE|NEW|RELOAD|INITED)?\s*cov: (\d+)", child.stderr) or [("0", "0")]
    runs = re.search(r"Done (\d+) runs", child.stderr)
    return {
        "engine": engine,
        "runs": int(runs[1]) if runs else max(int(count) for count, _ in done),
        "coverage": int(done[-1][1]),
        "seconds": round(time.monotonic() - began_s),
        "found": kept,
        "why": why,
        "commit": _commit(),
    }


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(TARGETS))
    parser.add_argument("--seconds", type=int, default=600, help="for each target")
    parser.add_argument("--seed", type=int, default=0, help="0: another one each time")
    parser.add_argument("--json", type=Path, default=_RESULTS)
    arguments = parser.parse_args()
    if unknown := set(arguments.names) - set(TARGETS):
        parser.error(f"no such target: {', '.join(sorted(unknown))}")
    results = json.loads(arguments.json.read_text()) if arguments.json.exists() else {}
    targets: dict[str, Any] = results.get("targets", {})
    failed = 0
    for name in arguments.names or TARGETS:
        one = run(name, arguments.seconds, arguments.seed)
        before = targets.get(name, {})
        one["runs_in_all"] = before.get("runs_in_all", 0) + one["runs"]
        one["seconds_in_all"] = before.get("seconds_in_all", 0) + one["seconds"]
        one["found_in_all"] = sorted({*before.get("found_in_all", ()), *one["found"]})
        targets[name] = one
        failed += bool(one["found"] or one["why"])
        print(
            f"{name:9} {one['engine']}: {one['runs']} runs in {one['seconds']} s, coverage {one['coverage']}, found {one['found'] or 'nothing'} {' '.join(one['why'])}",
            flush=True,
        )
        arguments.json.parent.mkdir(parents=True, exist_ok=True)
        written = {
            "command": "python -m tests.fuzz --seconds 600",
            "targets": {each: targets[each] for each in TARGETS if each in targets},
        }
        arguments.json.write_text(json.dumps(written, indent=1) + "\n")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
