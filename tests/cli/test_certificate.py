from __future__ import annotations

import json

from tests.cli.conftest import Home

from hearthwatch.kit.clock import SystemClock
from hearthwatch.kit.secrets import Secrets
from hearthwatch.web.tls import certificate


def test_it_tells_the_fingerprints_and_how_to_trust_them(empty_home: Home) -> None:
    early = empty_home.run("certificate")
    assert (early.code, "made when the house is claimed" in early.err) == (1, True)
    made = certificate(empty_home.data / "tls", Secrets(empty_home.data), SystemClock())
    shown = empty_home.run("certificate")
    assert shown.code == 0
    assert made.authority.fingerprint in shown.out
    for system in ("Android", "iPhone", "Windows", "Mac", "Linux", "Firefox"):
        assert system in shown.out
    assert "PRIVATE" not in shown.out


def test_a_copy_is_saved_and_a_new_authority_made(empty_home: Home) -> None:
    folder = empty_home.data / "tls"
    certificate(folder, Secrets(empty_home.data), SystemClock())
    copy = empty_home.data / "for-the-phone.crt"
    first = json.loads(empty_home.run("certificate", "--save", str(copy), "--json").out)
    assert copy.read_bytes() == (folder / "authority.crt").read_bytes()
    second = json.loads(empty_home.run("certificate", "--new", "--json").out)
    assert second["authority"]["fingerprint"] != first["authority"]["fingerprint"]
    assert second["page"]["fingerprint"] != first["page"]["fingerprint"]
    assert "localhost" in second["page"]["names"]
    assert (folder / "authority.crt").stat().st_mode & 0o777 == 0o644
