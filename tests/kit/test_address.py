"""Which addresses a camera may have."""

from __future__ import annotations

import pytest

from hearthwatch.kit.address import address_towards, resolve
from hearthwatch.kit.errors import HearthwatchError, Unreachable, Unsupported


@pytest.mark.parametrize("host", ["192.0.2.7", "10.1.2.3", "2001:db8::7", "[2001:db8::7]"])
def test_address_of_a_device_is_taken_as_it_is(host: str) -> None:
    assert resolve(host, 554, allow_loopback=False) == (host.strip("[]"), 554)


@pytest.mark.parametrize(
    ("host", "why"),
    [
        ("127.0.0.1", "allow_loopback"),
        ("127.8.9.1", "allow_loopback"),
        ("localhost", "allow_loopback"),
        ("::1", "allow_loopback"),
        ("::ffff:127.0.0.1", "allow_loopback"),
        ("2130706433", "allow_loopback"),
        ("0x7f.1", "allow_loopback"),
        ("0.0.0.0", "not the address of a device"),
        ("::", "not the address of a device"),
        ("169.254.169.254", "link-local"),
        ("::ffff:169.254.169.254", "link-local"),
        ("fe80::1", "link-local"),
        ("100.100.100.200", "metadata"),
        ("fd00:ec2::254", "metadata"),
        ("64:ff9b::a9fe:a9fe", "hides another"),
        ("64:ff9b:1::7f00:1", "hides another"),
        ("::ffff:0:127.0.0.1", "hides another"),
        ("224.0.0.1", "not the address of a device"),
        ("255.255.255.255", "not the address of a device"),
    ],
)
def test_sec_17_forbidden_address_is_refused_with_the_reason(host: str, why: str) -> None:
    with pytest.raises(Unsupported, match=why):
        resolve(host, 80, allow_loopback=False)


def test_sec_17_loopback_is_reached_only_when_allowed_and_metadata_never() -> None:
    assert resolve("127.0.0.1", 80, allow_loopback=True) == ("127.0.0.1", 80)
    with pytest.raises(Unsupported):
        resolve("169.254.169.254", 80, allow_loopback=True)


@pytest.mark.wired
@pytest.mark.parametrize("host", ["", "no such host", "a\0b", "x" * 300, "a..b", "http://x"])
def test_what_is_no_host_name_is_a_kit_error(host: str) -> None:
    with pytest.raises(HearthwatchError):
        resolve(host, 80, allow_loopback=False)


@pytest.mark.wired
def test_unknown_name_says_what_to_check() -> None:
    with pytest.raises(Unreachable, match="spelling"):
        resolve("camera.invalid", 80, allow_loopback=False)


def test_our_own_address_is_the_one_the_other_side_sees():
    assert address_towards("127.0.0.1") == "127.0.0.1"
    assert address_towards("no such host.invalid") is None
