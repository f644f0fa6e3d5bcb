"""A phone under a new address is guessed only when all of it fits."""

from __future__ import annotations

import pytest
from tests.presence.homes import person

from hearthwatch.kit.units import NS_PER_S, MonoNs
from hearthwatch.presence.newcomers import Stranger, renamed

MADE_UP, MAKERS = bytes.fromhex("da0102030405"), bytes.fromhex("a483e7000099")
[PHONE] = person("anna", 1).devices
LEFT_S = 20_000


def found(mac: bytes, first_s: float, last_s: float, now_s: float) -> int:
    at = {name: MonoNs(round(value * NS_PER_S)) for name, value in (("first", first_s), ("last", last_s), ("now", now_s))}
    strangers = {mac: Stranger(mac=mac, first_ns=at["first"], last_ns=at["last"])}
    silent = {PHONE.id: (PHONE, MonoNs(LEFT_S * NS_PER_S))}
    return len(renamed(silent, strangers, began_ns=MonoNs(1000 * NS_PER_S), now_ns=at["now"]))


def test_sec_34_a_newcomer_who_stays_as_a_phone_falls_silent_may_be_it() -> None:
    assert found(MADE_UP, LEFT_S + 20, LEFT_S + 1900, LEFT_S + 1910) == 1


@pytest.mark.parametrize(
    ("mac", "first_s", "last_s", "now_s"),
    [
        pytest.param(MAKERS, LEFT_S + 20, LEFT_S + 1900, LEFT_S + 1910, id="an address of its maker's"),
        pytest.param(MADE_UP, LEFT_S + 20, LEFT_S + 900, LEFT_S + 910, id="not long enough"),
        pytest.param(MADE_UP, LEFT_S + 20, LEFT_S + 1900, LEFT_S + 9000, id="gone again"),
        pytest.param(MADE_UP, LEFT_S + 900, LEFT_S + 3000, LEFT_S + 3010, id="came much later"),
        pytest.param(MADE_UP, LEFT_S - 4000, LEFT_S + 1900, LEFT_S + 1910, id="was there before"),
        pytest.param(MADE_UP, 1100, LEFT_S + 1900, LEFT_S + 1910, id="was there when the watch began"),
    ],
)
def test_anybody_else_is_not(mac: bytes, first_s: float, last_s: float, now_s: float) -> None:
    assert found(mac, first_s, last_s, now_s) == 0
