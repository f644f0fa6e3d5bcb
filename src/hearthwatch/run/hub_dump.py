"""The hub's ledger where it is in PostgreSQL: taken by `pg_dump`, put back by `pg_restore`, in one transaction each."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import make_url

from hearthwatch.kit.errors import StorageFailed, StorageFault, Unsupported
from hearthwatch.kit.secrets import Secret

_DEBIAN = "/usr/lib/postgresql"
_LIMIT_S = 6 * 3600.0


def dump(address: str, password: Secret | None, to: Path) -> None:
    """Write the ledger at `address` to the file `to`, as of one moment. Raises StorageFailed, Unsupported."""
    with _asked(address, password) as (words, environ):
        _run("pg_dump", ["--format=custom", "--no-owner", "--no-privileges", "--file", str(to), *words], environ, address)


def load(address: str, password: Secret | None, file: Path) -> None:
    """Put a ledger into the empty database at `address`, wholly or not at all. Raises StorageFailed, Unsupported."""
    with _asked(address, password) as (words, environ):
        count = "SELECT count(*) FROM information_schema.tables WHERE table_schema = 'public'"
        if _run("psql", ["--no-psqlrc", "-At", "-c", count, *words], environ, address).strip() != "0":
            raise StorageFailed(
                StorageFault.BROKEN,
                f"the hub's database {_shown(address)} is not empty: make it anew (dropdb, then createdb), or name "
                "another one, and restore again",
            )
        keep = ["--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges"]
        _run("pg_restore", [*keep, *words, str(file)], environ, address)


@contextmanager
def _asked(address: str, password: Secret | None) -> Iterator[tuple[list[str], dict[str, str]]]:
    """Lend the words that name a database, and an environment in which its password is a file nobody else reads."""
    url = make_url(address)
    with tempfile.TemporaryDirectory(prefix="hearthwatch-") as folder:
        environ = {**os.environ, "PGCONNECT_TIMEOUT": "10"}
        if password is not None:
            secret = password.reveal().replace("\\", "\\\\").replace(":", "\\:")
            path = Path(folder, "pass")
            path.touch(mode=0o600)
            path.write_text(f"*:*:*:*:{secret}\n", encoding="utf-8")
            environ["PGPASSFILE"] = str(path)
        words = ["--no-password", "--dbname", url.database or "", "--port", str(url.port or 5432)]
        words += ["--host", url.host or "localhost", "--username", url.username or "hearthwatch"]
        yield words, environ


def _run(program: str, words: list[str], environ: dict[str, str], address: str) -> str:
    found = shutil.which(program) or next((str(path) for path in sorted(Path(_DEBIAN).glob(f"*/bin/{program}"))[-1:]), None)
    if found is None:
        raise Unsupported(f"there is no {program} on this machine: install PostgreSQL's client (apt install postgresql-client)")
    try:
        done = subprocess.run(  # noqa: S603 a program of PostgreSQL's, and words of our own
            [found, *words], env=environ, capture_output=True, text=True, timeout=_LIMIT_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise StorageFailed(StorageFault.SLOW, f"{program} did not end: {error}") from error
    if done.returncode:
        why = (done.stderr.strip().splitlines() or ["it ended without a word"])[0][:300]
        raise StorageFailed(StorageFault.BROKEN, f"the hub's database {_shown(address)}: {why}")
    return done.stdout


def _shown(address: str) -> str:
    url = make_url(address)
    return f"{url.database} at {url.host or 'localhost'}"
