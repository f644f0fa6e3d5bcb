from __future__ import annotations

import pytest

from hearthwatch.audit.password_strength import shared, weakness
from hearthwatch.audit.passwords import new_password
from hearthwatch.kit.secrets import Secret
from hearthwatch.kit.units import CameraId


@pytest.mark.parametrize(
    "password",
    [
        "",
        "admin",
        "ADMIN",
        "888888",
        "666666",
        "12345",
        "raspberry",
        "watch",
        "Front Porch",
        "abcdefgh",
        "aaaaaaaaaaaa",
        "Kx7?mQ2",
    ],
)
def test_what_is_weak(password):
    assert weakness(password, user="watch", names=("porch", "Front Porch"))


def test_what_we_make_up_ourselves_is_not_weak():
    for _ in range(20):
        assert weakness(new_password().reveal(), user="watch", names=("porch",)) == ""


def test_the_reason_never_holds_the_password():
    for password in ("Zq3vT", "watch", "Front Porch"):
        assert password not in weakness(password, user="watch", names=("Front Porch",))


def test_cameras_with_one_password_know_of_each_other():
    passwords = {
        CameraId(name): Secret(value) for name, value in (("a", "one"), ("b", "two"), ("c", "one"), ("d", ""), ("e", ""))
    }
    assert shared(passwords) == {"a": ("c",), "b": (), "c": ("a",), "d": (), "e": ()}
