"""`python -m tests.corpora [COR1 …] [--mutations 50] [--seed S] [--json FILE]`: every bad-input case against the real parser or server.

Each corpus runs in a process of its own. When a case kills it, or it is silent for too long, that is a failure of that case, and
another process goes on behind it. Exit code 1 when a case broke a rule.
"""

from __future__ import annotations

import argparse
import faulthandler
import importlib
import json
import os
import pkgutil
import resource
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import tests.corpora as package
from tests.corpora.frame import ROOT, Corpus, Tally, Terms, data_folder, play

_SILENT_S = 150.0
_MOST_RESTARTS = 20
_RESULTS = ROOT / "docs" / "evidence" / "corpora.json"


def modules() -> dict[str, str]:
    """Return the module of every corpus by its id: COR1 is in `cor01_rtsp`."""
    names = sorted(one.name for one in pkgutil.iter_modules(package.__path__) if one.name.startswith("cor"))
    return {f"COR{int(name[3:5])}": f"tests.corpora.{name}" for name in names}


def corpus(name: str) -> Corpus:
    found: Corpus = importlib.import_module(modules()[name]).CORPUS
    assert found.id == name
    return found


def _inside(arguments: argparse.Namespace) -> int:
    """Be the process of one corpus: tell of each case before it is tried, and of the rest at the end."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    faulthandler.enable()
    out = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)

    def begin(number: int, name: str) -> None:
        out.write(json.dumps([number, name]) + "\n")

    def failed(name: str, why: str) -> None:
        out.write(json.dumps({"failed": [name, why]}) + "\n")

    folder = Path(tempfile.mkdtemp(prefix="corpora-"))
    tally = Tally()
    try:
        terms = Terms(seed=arguments.seed, mutations=arguments.mutations, folder=folder, data=data_folder())
        play(corpus(arguments.corpora[0]), terms, tally, skip=arguments.inside, begin=begin, failed=failed)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        out.write(json.dumps(_told(tally)) + "\n")
        out.flush()
    os._exit(0)  # threads of servers must not keep it


def _told(tally: Tally) -> dict[str, object]:
    return {
        "cases": tally.cases,
        "groups": dict(tally.groups),
        "failures": [],
        "skipped": tally.skipped,
        "cpu_s": round(tally.cpu_s, 1),
        "worst_cpu_s": round(tally.worst_cpu_s, 3),
        "peak_rss_mib": round(tally.peak_rss_bytes / 1048576),
    }


def _outside(name: str, arguments: argparse.Namespace) -> dict[str, Any]:
    """Run one corpus in processes of their own until all its cases were tried."""
    whole: dict[str, Any] = {"what": corpus(name).what, **_told(Tally())}
    skip, began_s = 0, time.monotonic()
    for _ in range(_MOST_RESTARTS):
        command = [sys.executable, "-m", "tests.corpora", name, "--inside", str(skip)]
        command += ["--seed", str(arguments.seed), "--mutations", str(arguments.mutations)]
        with tempfile.TemporaryFile() as errors:
            child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, cwd=ROOT)
            last, lived, told = _follow(child, whole["failures"])
            if told is None:
                child.send_signal(signal.SIGABRT)  # it says where it is
            code = child.wait()
            errors.seek(max(0, errors.seek(0, 2) - 3000))
            words = errors.read().decode(errors="replace").partition("Extension modules")[0].strip()[-800:]
        if told is not None:
            _add(whole, told)
        if told is not None or last is None:
            if code:
                whole["failures"].append([f"{name}: {last[1] if last else 'start'}", f"ended with {code}: {words}"])
            break
        whole["cases"] += last[0] + 1 - skip
        whole["failures"].append(
            [last[1], f"was silent for {_SILENT_S:.0f} s" if lived else f"ended its process ({code}): {words}"]
        )
        skip = last[0] + 1
    whole["wall_s"] = round(time.monotonic() - began_s, 1)
    return whole


def _follow(
    child: subprocess.Popen[bytes], failures: list[list[str]]
) -> tuple[tuple[int, str] | None, bool, dict[str, object] | None]:
    """Read what a corpus' process tells; return its last case, whether it was still alive, and its tally where it came to an end."""
    assert child.stdout is not None
    last: tuple[int, str] | None = None
    rest = b""
    while True:
        ready, _, _ = select.select([child.stdout], [], [], _SILENT_S)
        if not ready:
            return last, True, None
        data = os.read(child.stdout.fileno(), 1 << 16)
        if not data:
            return last, False, None
        *lines, rest = (rest + data).split(b"\n")
        for line in lines:
            told = json.loads(line)
            if isinstance(told, dict) and "failed" in told:
                failures.append(told["failed"])
                continue
            if isinstance(told, dict):
                return last, False, told
            last = (told[0], told[1])


def _add(whole: dict, told: dict) -> None:
    whole["cases"] += told["cases"]
    for name, count in told["groups"].items():
        whole["groups"][name] = whole["groups"].get(name, 0) + count
    whole["skipped"] = list(dict.fromkeys([*whole["skipped"], *told["skipped"]]))
    whole["cpu_s"] = round(whole["cpu_s"] + told["cpu_s"], 1)
    for name in ("worst_cpu_s", "peak_rss_mib"):
        whole[name] = max(whole[name], told[name])


def _commit() -> str:
    def git(*words: str) -> str:
        return subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=False).stdout.strip()

    return git("rev-parse", "--short", "HEAD") + ("+" if git("status", "--porcelain", "--", "src", "tests/corpora") else "")


def _write(path: Path, found: dict[str, Any]) -> dict[str, Any]:
    """Write the figures of all corpora that were ever run, and return them."""
    ordered = {name: found[name] for name in sorted(found, key=lambda name: int(name[3:]))}
    everything = {
        "command": "python -m tests.corpora",
        "cases": sum(one["cases"] for one in ordered.values()),
        "failures": sum(len(one["failures"]) for one in ordered.values()),
        "corpora": ordered,
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(everything, indent=1, ensure_ascii=False) + "\n")
    return everything


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.corpora", description=__doc__)
    parser.add_argument("corpora", nargs="*", metavar="CORn")
    parser.add_argument("--mutations", type=int, default=50, help="of each seed")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--json", type=Path, default=_RESULTS, help="where the figures go")
    parser.add_argument("--inside", type=int, default=-1, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    there = modules()
    if unknown := set(arguments.corpora) - there.keys():
        parser.error(f"no such corpus: {', '.join(sorted(unknown))} (there are {', '.join(there)})")
    if arguments.inside >= 0:
        return _inside(arguments)
    results = json.loads(arguments.json.read_text()) if arguments.json.exists() else {}
    found: dict[str, dict] = results.get("corpora", {})
    failed = 0
    for name in arguments.corpora or there:
        one = _outside(name, arguments)
        one |= {"seed": arguments.seed, "mutations": arguments.mutations, "commit": _commit()}
        found[name] = one
        failed += len(one["failures"])
        print(f"{name:6} {one['cases']:>6} cases, {len(one['failures'])} failures, {one['cpu_s']:.0f} s of CPU, "
              f"worst case {one['worst_cpu_s']:.2f} s, peak {one['peak_rss_mib']} MiB: {one['what']}", flush=True)  # fmt: skip
        for case, why in one["failures"][:20]:
            print(f"       {case}: {why}", flush=True)
        for why in one["skipped"]:
            print(f"       skipped: {why}", flush=True)
        everything = _write(arguments.json, found)
    print(f"{everything['cases']} cases, {everything['failures']} failures; written to {arguments.json}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
