"""The parts of scripts/release.sh that are Python: is everything of one version, the sums, the signatures, a new key.

scripts/release.py check                 version, day and CHANGELOG.md agree
scripts/release.py sums FOLDER           writes SHA256SUMS
scripts/release.py sign FOLDER KEY       that, its signature, and the signed release file
scripts/release.py key FILE              makes a private key and prints the public one
"""

from __future__ import annotations

import base64
import hashlib
import os
import re
import sys
import tomllib
from datetime import date, timedelta
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from hearthwatch.run.release import MAKERS_KEY, RELEASED, running, sealed
from hearthwatch.run.upgrade import this_release

ROOT = Path(__file__).resolve().parent.parent
GOOD_FOR = timedelta(days=400)
"""After so long without a newer word a house says that this one is out of date."""
SUMS, RELEASE_FILE = "SHA256SUMS", "hearthwatch.release"


def version() -> str:
    return str(tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"])


def notes(changelog: str) -> list[str]:
    """Return the lines of this version. Raises ValueError where CHANGELOG.md has none, or of another day."""
    heading = f"## {version()} ({RELEASED})"
    found = re.search(rf"^{re.escape(heading)}\n(.*?)(?=^## |\Z)", changelog, re.MULTILINE | re.DOTALL)
    if found is None:
        raise ValueError(
            f"CHANGELOG.md has no heading `{heading}`: give what is unreleased its version and day (docs/releasing.md)"
        )
    entries = [" ".join(entry.split()) for entry in re.split(r"^- ", found[1], flags=re.MULTILINE)[1:]]
    if not entries:
        raise ValueError(f"CHANGELOG.md says nothing below `{heading}`")
    return entries


def check() -> None:
    if running() != version():
        raise ValueError(f"installed here is {running()}, pyproject.toml says {version()}: make setup")
    notes((ROOT / "CHANGELOG.md").read_text())


def sums(folder: Path) -> None:
    lines = [
        f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.relative_to(folder).as_posix()}\n"
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name not in {SUMS, SUMS + ".sig"}
    ]
    (folder / SUMS).write_text("".join(lines))


def sign(folder: Path, key_file: Path) -> None:
    key = load_pem_private_key(key_file.read_bytes(), None)
    if not isinstance(key, Ed25519PrivateKey):
        raise TypeError(f"{key_file} holds no key of Ed25519")
    public = public_of(key)
    if MAKERS_KEY and public != MAKERS_KEY:
        raise ValueError("this is not the key whose public half the package carries (MAKERS_KEY): houses would not believe it")
    entries = notes((ROOT / "CHANGELOG.md").read_text())
    is_urgent = any(entry.startswith("Security:") for entry in entries)
    told = [entry if len(entry) <= 500 else entry[:499] + "…" for entry in entries[:100]]
    until = (date.fromisoformat(RELEASED) + GOOD_FOR).isoformat()
    (folder / RELEASE_FILE).write_bytes(sealed(this_release(until=until, notes=told, security=is_urgent), key))
    sums(folder)
    (folder / f"{SUMS}.sig").write_bytes(key.sign((folder / SUMS).read_bytes()))
    pem = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    print(f"signed with the key whose public half is {public}, in PEM:\n{pem.decode()}", end="")


def make_key(path: Path) -> None:
    key = Ed25519PrivateKey.generate()
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(fd, "wb") as file:
        file.write(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    print(f"public key: {public_of(key)}")


def public_of(key: Ed25519PrivateKey) -> str:
    return base64.b64encode(key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)).decode()


def main() -> int:
    try:
        match sys.argv[1:]:
            case ["check"]:
                check()
            case ["sums", folder]:
                sums(Path(folder))
            case ["sign", folder, key]:
                sign(Path(folder), Path(key))
            case ["key", path]:
                make_key(Path(path))
            case _:
                print(__doc__, file=sys.stderr)
                return 2
    except (ValueError, TypeError, OSError) as error:
        print(f"release.py: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
