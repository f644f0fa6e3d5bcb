"""Mistakes in `[web]` and `[alerts.push]`, each told with what to write instead."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from tests.web.certificates import Authority

from hearthwatch.kit.clock import SystemClock
from hearthwatch.kit.errors import ConfigFault
from hearthwatch.run.check import Verdict
from hearthwatch.run.config import parse
from hearthwatch.run.doctor_web import served
from hearthwatch.web.options import WebOptions


def test_what_is_right_is_taken() -> None:
    config = parse(
        """
        [web]
        hosts = ["cams.example.org"]
        trusted_proxies = ["127.0.0.1", "172.18.0.0/16", "fd00::/8"]
        behind_proxy = true
        certificate = "/etc/ssl/cams.pem"
        key = "/etc/ssl/cams.key"
        [alerts.push]
        contact = "mailto:ada@example.org"
        services = ["https://push.home.lan:8443"]
        """
    )
    assert config.web.trusted_proxies == ("127.0.0.1", "172.18.0.0/16", "fd00::/8")
    assert config.alerts.push.services == ("https://push.home.lan:8443",)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('[web]\ntrusted_proxies = ["traefik"]', 'must be an address or a network, such as "192.168.1.5"'),
        ('[web]\ntrusted_proxies = ["0.0.0.0/0"]', "would believe everybody"),
        ("[web]\nbehind_proxy = true", "needs the address of that proxy in `trusted_proxies`"),
        ('[web]\nkey = "/etc/ssl/cams.key"', "needs its `certificate` beside it"),
        ('[web]\ncertificate = "cams.pem"', "must be the whole path of a file"),
        ('[alerts.push]\ncontact = "ada@example.org"', 'must be "mailto:" and an address'),
        ('[alerts.push]\ncontact = "http://example.org/"', 'begins with "https://"'),
        ('[alerts.push]\nservices = ["push.home.lan"]', "must be scheme and host alone"),
        ('[alerts.push]\nservices = ["https://push.home.lan/x"]', "must be scheme and host alone"),
        ('[web]\nproxies = ["127.0.0.1"]', "proxies"),
    ],
)
def test_every_mistake_says_what_to_write(text: str, words: str) -> None:
    with pytest.raises(ConfigFault) as told:
        parse(text)
    assert words in str(told.value)


def test_the_doctor_looks_at_the_certificate(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    good, late = authority.sign("cams.example.org"), authority.sign("late.example.org", days=3)

    def told(**web: object) -> list[Verdict]:
        config = replace(parse(""), web=WebOptions(**web))
        return [check.verdict for check in served(config, SystemClock())]

    assert told() == []
    assert told(certificate=str(good.certificate), key=str(good.key), hosts=("cams.example.org",)) == [Verdict.OK]
    assert told(certificate=str(good.certificate), key=str(good.key), hosts=("other.example.org",)) == [
        Verdict.OK,
        Verdict.WARN,
    ]
    assert told(certificate=str(late.certificate), key=str(late.key)) == [Verdict.WARN]
    assert told(certificate=str(good.certificate), key=str(late.key)) == [Verdict.FAIL]
