"""A hub and its nodes through the worst: `python -m tests.runs.fleet [--home] [--seed N]` (root; Debian's nats-server, PostgreSQL,
chromium, nftables).

Two nodes and a hub, each in a network namespace, as real processes. The hub's machine dies by SIGKILL while the nodes live
through two days (tests.runs.fleet_days); then cables are cut at random while it is back, and it dies once more; one node is wiped
and joins anew, its old self retired. Afterwards the hub's ledger is held against the nodes', by the product's own comparison and
by plain SQL; a node's camera plays through the hub in Chromium; a node is revoked, and does not come back.

`--home` is the same with a hub at home: SQLite and HTTPS, and no NATS and no PostgreSQL: both are set to fail at import.
Exit code 1 when something is not as it should be; docs/evidence/fleet.json keeps the figures with `--evidence`.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import aiohttp

from tests.devices.sites_net import sites_net
from tests.runs.fleet_houses import show
from tests.runs.fleet_run import SITES, Run
from tests.runs.rig import ROOT

EVIDENCE = ROOT / "docs" / "evidence" / "fleet.json"


@contextlib.contextmanager
def without_brokers(folder: Path) -> Iterator[None]:
    """Have what a home does not need fail at import in every process that is started, and write down who tried."""
    traps = folder / "traps"
    for module in ("nats", "asyncpg"):
        (traps / module).mkdir(parents=True)
        (traps / module / "__init__.py").write_text(
            f"import sys\nopen({str(folder / 'imported')!r}, 'a').write('{module} by ' + ' '.join(sys.argv) + '\\n')\n"
            f"raise ImportError('{module} is not installed here')\n"
        )
    before = os.environ.get("PYTHONPATH")
    os.environ["PYTHONPATH"] = f"{traps}:{before}" if before else str(traps)
    try:
        yield
    finally:
        os.environ.pop("PYTHONPATH")
        if before is not None:
            os.environ["PYTHONPATH"] = before


@contextlib.asynccontextmanager
async def prepared(given: argparse.Namespace) -> AsyncIterator[Run]:
    folder = Path(tempfile.mkdtemp(prefix="hearthwatch-fleet-"))
    (folder / "models").mkdir()
    os.environ["HEARTHWATCH_MODELS"] = str(folder / "models")
    with contextlib.ExitStack() as stack:
        if given.home:
            stack.enter_context(without_brokers(folder))
        run = Run(stack.enter_context(sites_net(SITES)), folder, given)
        try:
            yield run
        finally:
            await run.close()
            if given.keep:
                show(f"kept: {folder}")
            else:
                await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)


async def tried(given: argparse.Namespace) -> dict[str, Any]:
    began = time.monotonic()
    async with prepared(given) as run:
        try:
            async with asyncio.timeout(given.most_s):
                await run.whole()
        except (AssertionError, TimeoutError, OSError, ValueError, KeyError, aiohttp.ClientError, sqlite3.Error) as error:
            show(f"BROKE OFF: {type(error).__name__}: {error}")
            run.wrong.append(f"broke off: {type(error).__name__}: {str(error)[:1500]}")
            if given.debug:
                raise
        return {"took_s": round(time.monotonic() - began), "wrong": run.wrong, **run.figures}


def git(*words: str) -> str:
    return subprocess.run(["git", *words], cwd=ROOT, check=True, capture_output=True, text=True).stdout.strip()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--home", action="store_true", help="the hub at home, on a smaller scale")
    parser.add_argument("--seed", type=int, default=8)
    parser.add_argument("--days", type=float, default=2.0, help="days that the hub is away")
    parser.add_argument(
        "--away-s", type=float, default=None, help="real seconds in which they pass  [default: 180, at home 45]"
    )
    parser.add_argument("--storm-s", type=float, default=None, help="seconds of cut cables  [default: 150, at home 45]")
    parser.add_argument("--cameras", type=int, default=None, help="cameras of these days  [default: 4, at home 1]")
    parser.add_argument("--most-s", type=float, default=3000.0, help="give up after so many seconds")
    parser.add_argument("--evidence", action="store_true", help=f"write the figures to {EVIDENCE.relative_to(ROOT)}")
    parser.add_argument("--keep", action="store_true", help="leave the data where it is")
    parser.add_argument("--debug", action="store_true")
    given = parser.parse_args()
    for name, large, small in (("away_s", 180.0, 45.0), ("storm_s", 150.0, 45.0), ("cameras", 4, 1)):
        if getattr(given, name) is None:
            setattr(given, name, small if given.home else large)
    said = {
        "command": " ".join(["python -m tests.runs.fleet", *sys.argv[1:]]),
        "commit": git("rev-parse", "HEAD"),
        "dirty": bool(git("status", "--porcelain", "--", "src", "tests")),
        "seed": given.seed,
        "load": round(os.getloadavg()[0], 1),
        "at": time.strftime("%Y-%m-%dT%H:%MZ", time.gmtime()),
    }
    found = said | asyncio.run(tried(given))
    if given.evidence:
        kept = json.loads(EVIDENCE.read_text()) if EVIDENCE.exists() else {}
        kept["home" if given.home else "many_sites"] = found
        EVIDENCE.write_text(json.dumps(kept, indent=1) + "\n")
    print(json.dumps(found, indent=1))
    return 1 if found["wrong"] else 0


if __name__ == "__main__":
    sys.exit(main())
