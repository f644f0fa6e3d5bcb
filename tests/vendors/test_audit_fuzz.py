"""Mutations of version texts and of the table of known weaknesses: read, or refused in our own words."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.vendors.fuzz import Target, hold

from hearthwatch.audit import cves
from hearthwatch.audit.firmware import Grammar, compare, parse
from hearthwatch.vendors.device import DeviceIdentity, Vendor

VERSIONS = (
    b"2.800.0000016.0.R,build:2020-06-05", b"2.420.AC00.18.R.20200217", b"2.623.00AC004.0.R.200316", b"11.22.2.38",
    b"1.5.3.19_2.72.1.59", b"v3.0.0.136_20121102", b"V5.4.0 build 160530", b"2018-05-18",
)  # fmt: skip
ROW = (
    b'[[rule]]\nproduct = "dahua"\ncve = "CVE-2020-5735"\nalso = ["X"]\nwhat = "w."\nmodel = "IP2M-841.*"\nhardware = "1"\n'
    b'affected_to = "2.420.AC00.16.R.20160909"\nfixed_in = "2018-05-18"\nmaybe = true\nunless_off = "p2p"\nlater = "unknown"\n'
    b'source = "https://x"\nreviewed = 2026-11-21\n'
)


def _version(data: bytes) -> object:
    text = data.decode("latin-1")
    found = [parse(grammar, text) for grammar in Grammar]
    identity = DeviceIdentity(vendor="HIKVISION", model="DS-2CD2132F-I", firmware=text)
    known = [cves.known(vendor, identity, {}, cves.rules()) for vendor in (Vendor.DAHUA, Vendor.FOSCAM_HD, Vendor.ONVIF)]
    limit = parse(Grammar.DAHUA, "2.420.AC00.18.R.20200217")
    assert limit is not None
    order = [compare(one, limit) for one in found if one]
    return [order, [[one.verdict for one in every] for every in known]]


def targets(tapes: Path) -> tuple[Target, ...]:
    del tapes
    return (
        Target(name="firmware versions", parse=_version, seeds=VERSIONS),
        Target(name="table of weaknesses", parse=lambda data: len(cves.read(data.decode("latin-1"))), seeds=(ROW,)),
    )


@pytest.mark.parametrize("target", targets(Path()), ids=lambda target: target.name)
def test_whatever_comes_is_read_or_refused(target):
    assert hold(target, 60) >= 60
