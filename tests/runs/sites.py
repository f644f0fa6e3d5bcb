"""How many sites one hub carries: `python -m tests.runs.sites` joins 200 nodes of four cameras (and more, until it hurts) to one
hub over HTTPS with real certificates, has them post what such houses post, in real time, and then what waits after two days alone.

Writes docs/evidence/sites.json and docs/images/scale.svg; docs/scale.md says what follows from them.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from tests.fleet.postgres import Postgres
from tests.runs.sites_plot import svg

ROOT = Path(__file__).resolve().parents[2]
TWO_DAYS = 2 * 24 * 60
"""Letters about footage that a site of one camera owes after two days; a site of four cameras four times as many."""


class Child:
    """A process that answers each line of JSON with one."""

    def __init__(self, module: str, *arguments: str) -> None:
        command = [sys.executable, "-m", module, *arguments]
        self._process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, **asked: object) -> dict:
        self._process.stdin.write(json.dumps(asked) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise SystemExit(f"the process {self._process.args} has ended with {self._process.wait()}")
        return json.loads(line)

    def close(self) -> None:
        self._process.stdin.close()
        self._process.wait(60)


def postgres_cpu_s(server: Postgres) -> float:
    """Return the processor time of all its processes so far."""
    ticks = 0
    pids = {server._popen.pid}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        with contextlib.suppress(OSError):
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
            if int(entry.name) in pids or int(fields[1]) in pids:
                ticks += sum(map(int, fields[11:15]))
    return ticks / os.sysconf("SC_CLK_TCK")


def measured(steps: Sequence[int], seconds: float, storm: int, database: str) -> dict:
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="hearthwatch-sites-")))
        server = stack.enter_context(Postgres()) if database == "postgresql" else None
        (folder / "hub").mkdir()
        hub = Child("tests.runs.sites_hub", str(folder / "hub"), server.address if server else "")
        stack.callback(hub.close)
        crowd = Child("tests.runs.sites_crowd", str(folder / "nodes"))
        stack.callback(crowd.close)
        rows, joined = [], 0
        for count in steps:
            while joined < count:
                more = list(range(joined, min(count, joined + 40)))
                crowd.ask(join=hub.ask(codes=more))
                joined += len(more)
            rows.append(step(hub, crowd, server, count, seconds))
            print(json.dumps(rows[-1]), flush=True)
        storms = []
        if storm:
            before, hub_before = hub.ask(), server and postgres_cpu_s(server)
            told = crowd.ask(storm=min(joined, 200), letters=storm)
            after = hub.ask()
            storms.append(
                {
                    "sites": min(joined, 200),
                    "letters": told["letters"],
                    "took_s": round(told["took_s"], 1),
                    "letters_per_s": round(told["letters"] / told["took_s"]),
                    "hub_cpu_s": round(after["cpu_s"] - before["cpu_s"], 1),
                    "postgres_cpu_s": round(postgres_cpu_s(server) - hub_before, 1) if server else 0.0,
                    "kept": after["rows"] - before["rows"],
                    "failed_posts": told["failed"],
                    "hub_rss_mb": round(after["rss_mb"]),
                }
            )
            print(json.dumps(storms[-1]), flush=True)
        return {"database": database, "steps": rows, "storm": storms}


def step(hub: Child, crowd: Child, server: Postgres | None, count: int, seconds: float) -> dict:
    """Have `count` sites live for so long, and return what it cost."""
    before, database_before = hub.ask(), postgres_cpu_s(server) if server else 0.0
    told = crowd.ask(live=count, seconds=seconds)
    after = hub.ask()
    took = sorted(told["took_ms"]) or [0.0]
    events = sorted(told["event_ms"]) or [0.0]
    return {
        "sites": count,
        "seconds": round(told["took_s"], 1),
        "letters": told["letters"],
        "letters_per_s": round(told["letters"] / told["took_s"], 2),
        "posts": len(told["took_ms"]),
        "failed_posts": told["failed"],
        "lines": told["lines"],
        "kept_ms_p50": round(statistics.median(took), 1),
        "kept_ms_p99": round(took[int(len(took) * 0.99)], 1),
        "event_ms_p50": round(statistics.median(events), 1),
        "event_ms_p99": round(events[int(len(events) * 0.99)], 1),
        "events": len(told["event_ms"]),
        "hub_core_frac": round((after["cpu_s"] - before["cpu_s"]) / told["took_s"], 4),
        "postgres_core_frac": round((postgres_cpu_s(server) - database_before) / told["took_s"], 4) if server else 0.0,
        "hub_rss_mb": round(after["rss_mb"], 1),
        "bytes_of_letters": told["bytes"],
        "last_error": told["last_error"],
    }


def git(*arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False).stdout.strip()


def runs(names: Sequence[str], steps: Sequence[int], seconds: float, storm: int) -> Iterator[dict]:
    for name in names:
        print(f"== {name}", flush=True)
        yield measured(steps, seconds, storm, name)


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--sites", type=int, nargs="+", default=[50, 100, 200, 400, 800])
    asked.add_argument("--seconds", type=float, default=60.0)
    asked.add_argument("--storm", type=int, default=4 * TWO_DAYS, help="letters each of 200 sites owes; 0 for no storm")
    asked.add_argument("--database", nargs="+", choices=["sqlite", "postgresql"], default=["sqlite", "postgresql"])
    asked.add_argument("--dry", action="store_true", help="print only")
    terms = asked.parse_args()
    found = {
        "what": "nodes of four cameras at one hub over HTTPS: letters a second, time until kept, processor and memory of the hub",
        "command": "python -m tests.runs.sites " + " ".join(sys.argv[1:]),
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": git("rev-parse", "HEAD"),
        "dirty": bool(git("status", "--porcelain", "src", "tests")),
        "load": os.getloadavg()[0],
        "runs": list(runs(terms.database, sorted(terms.sites), terms.seconds, terms.storm)),
    }
    if not terms.dry:
        (ROOT / "docs/evidence/sites.json").write_text(json.dumps(found, indent=1) + "\n")
        (ROOT / "docs/images/scale.svg").write_text(svg(found["runs"]))


if __name__ == "__main__":
    main()
