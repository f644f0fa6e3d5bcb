"""Digest and Basic: the RFC's own vectors, what cameras send, and what must never happen."""

from __future__ import annotations

import base64
import random
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hearthwatch.kit.digest import Authenticator
from hearthwatch.kit.errors import Refused

RFC_COMMON = (
    'realm="http-auth@example.org", qop="auth, auth-int", {}nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="F"'
)


def fields(header: str | None) -> dict[str, str]:
    assert header is not None
    scheme, _, rest = header.partition(" ")
    assert scheme == "Digest"
    return {name: quoted or plain for name, quoted, plain in re.findall(r'(\w+)=(?:"([^"]*)"|([^,\s]+))', rest)}


def made(*challenges: str, user: str = "admin", password: str = "secret") -> Authenticator:
    auth = Authenticator(user, password, random.Random(1))
    auth.challenge(list(challenges))
    return auth


def test_nothing_is_shown_before_the_device_asks() -> None:
    assert Authenticator("admin", "secret", random.Random(1)).header("DESCRIBE", "rtsp://c/") is None


def test_rfc_2617_example_without_qop_is_the_rfc_2069_response() -> None:
    # RFC 2069 section 2.4 with the corrected response of erratum 749
    auth = made(
        'Digest realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", '
        'opaque="5ccc069c403ebaf9f0171e9517f40e41"',
        user="Mufasa",
        password="CircleOfLife",
    )
    sent = fields(auth.header("GET", "/dir/index.html"))
    assert sent["response"] == "1949323746fe6a43ef61f9606e7febea"
    assert sent["opaque"] == "5ccc069c403ebaf9f0171e9517f40e41"
    assert "cnonce" not in sent
    assert "algorithm" not in sent


@pytest.mark.parametrize(
    ("algorithm", "hash_name"), [("MD5", "md5"), ("SHA-256", "sha256"), ("MD5-sess", "md5"), ("SHA-256-sess", "sha256")]
)
def test_sec_23_response_with_qop_is_the_formula_of_rfc_7616(algorithm: str, hash_name: str) -> None:
    import hashlib

    def h(text: str) -> str:
        return hashlib.new(hash_name, text.encode()).hexdigest()

    auth = made("Digest " + RFC_COMMON.format(f"algorithm={algorithm}, "), user="Mufasa", password="Circle of Life")
    sent = fields(auth.header("GET", "/dir/index.html"))
    secret = h("Mufasa:http-auth@example.org:Circle of Life")
    if algorithm.endswith("sess"):
        secret = h(f"{secret}:{sent['nonce']}:{sent['cnonce']}")
    assert sent["response"] == h(f"{secret}:{sent['nonce']}:00000001:{sent['cnonce']}:auth:{h('GET:/dir/index.html')}")
    assert sent["qop"] == "auth"
    assert sent["algorithm"] == algorithm


def test_sec_23_sha_256_is_preferred_wherever_it_stands() -> None:
    md5, sha = 'Digest realm="r", nonce="n", algorithm=MD5', 'Digest realm="r", nonce="n", algorithm=SHA-256'
    for offer in ([md5, sha], [sha, md5], [f"{md5}, {sha}"], [f'Basic realm="x", {md5}, {sha}']):
        assert fields(made(*offer).header("GET", "/"))["algorithm"] == "SHA-256"


def test_sec_23_count_grows_and_cnonce_is_fresh_until_a_new_nonce() -> None:
    auth = made('Digest realm="r", nonce="n1", qop="auth"')
    first, second = fields(auth.header("A", "/")), fields(auth.header("B", "/"))
    assert (first["nc"], second["nc"]) == ("00000001", "00000002")
    assert first["cnonce"] != second["cnonce"]
    auth.accepted()
    auth.challenge(['Digest realm="r", nonce="n2", qop="auth"'])
    assert fields(auth.header("C", "/"))["nc"] == "00000001"


def test_basic_alone_is_answered() -> None:
    header = made('Basic realm="cam"', password="pä:ss").header("GET", "/")
    assert header is not None
    assert base64.b64decode(header.removeprefix("Basic ")).decode() == "admin:pä:ss"


def test_sec_23_basic_is_never_answered_once_digest_was_seen() -> None:
    auth = made('Digest realm="r", nonce="n"')
    auth.header("GET", "/")
    auth.accepted()
    with pytest.raises(Refused, match="kind we do not speak"):
        auth.challenge(['Basic realm="r"'])
    weak = Authenticator("admin", "secret", random.Random(1))
    with pytest.raises(Refused, match="digest"):
        weak.challenge(['Digest realm="r", nonce="n", algorithm=ROT13', 'Basic realm="r"'])


def test_second_refusal_of_an_answer_is_a_wrong_password() -> None:
    auth = made('Digest realm="r", nonce="n"')
    auth.header("GET", "/")
    with pytest.raises(Refused, match="wrong user name or password") as caught:
        auth.challenge(['Digest realm="r", nonce="n2"'])
    assert "secret" not in str(caught.value)


def test_a_stale_nonce_is_answered_once_more_but_not_for_ever() -> None:
    auth = made('Digest realm="r", nonce="n"')
    auth.header("GET", "/")
    auth.challenge(['Digest realm="r", nonce="n2", stale=TRUE'])
    assert fields(auth.header("GET", "/"))["nonce"] == "n2"
    with pytest.raises(Refused):
        auth.challenge(['Digest realm="r", nonce="n3", stale=true'])


def test_a_challenge_after_acceptance_is_answered_again() -> None:
    auth = made('Digest realm="r", nonce="n"')
    auth.header("GET", "/")
    auth.accepted()
    auth.challenge(['Digest realm="r", nonce="n2"'])
    assert fields(auth.header("GET", "/"))["nonce"] == "n2"


@pytest.mark.parametrize(
    "offer",
    [
        [],
        [""],
        ["Negotiate"],
        ["Digest"],
        ['Digest realm="r"'],
        ['Digest nonce="n"'],
        ['Digest realm="r", nonce="n", qop="auth-int"'],
        ['Digest realm="r", nonce="n", algorithm=SHA-512-256'],
        ['Digest realm="r\r\nX: y", nonce="n"'],
    ],
)
def test_sec_23_what_cannot_be_answered_is_refused(offer: list[str]) -> None:
    with pytest.raises(Refused):
        made(*offer)


def test_no_user_set_says_so() -> None:
    with pytest.raises(Refused, match="none is set"):
        made('Basic realm="r"', user="", password="")


def test_a_user_name_cannot_break_out_of_its_line() -> None:
    with pytest.raises(Refused, match="control character"):
        made('Digest realm="r", nonce="n"', user="a\r\nX: y")


def test_quotes_in_the_user_name_are_escaped_in_the_header_only() -> None:
    header = made('Digest realm="r", nonce="n"', user='a"b').header("GET", "/")
    assert header is not None
    assert 'username="a\\"b"' in header


def test_userhash_hides_the_name() -> None:
    header = made('Digest realm="r", nonce="n", userhash=true').header("GET", "/")
    assert header is not None
    assert "admin" not in header
    assert "userhash=true" in header


def test_password_is_in_no_repr() -> None:
    assert "secret" not in repr(made('Basic realm="r"'))


@given(st.lists(st.text(max_size=200), max_size=4))
def test_any_header_is_answered_or_refused(headers: list[str]) -> None:
    auth = Authenticator("admin", "secret", random.Random(1))
    try:
        auth.challenge(headers)
    except Refused:
        return
    assert auth.header("GET", "/")


def test_a_device_known_to_speak_digest_is_never_answered_in_basic() -> None:
    auth = Authenticator("admin", "secret", random.Random(1), digest_only=True)
    with pytest.raises(Refused):
        auth.challenge(['Basic realm="camera"'])
    assert auth.header("GET", "/") is None
    auth.challenge(['Basic realm="camera"', 'Digest realm="camera", nonce="n"'])
    assert (auth.header("GET", "/") or "").startswith("Digest ")


def test_a_question_out_of_date_is_answered_again_though_the_device_does_not_say_stale() -> None:
    auth = made('Digest realm="r", nonce="one"')
    for nonce in ("two", "three"):
        auth.header("GET", "/")
        auth.accepted()
        auth.header("GET", "/")
        auth.challenge([f'Digest realm="r", nonce="{nonce}"'])
        assert fields(auth.header("GET", "/"))["nonce"] == nonce
    with pytest.raises(Refused):
        auth.challenge(['Digest realm="r", nonce="four"'])


def test_after_a_refusal_it_asks_anew_and_still_never_says_basic() -> None:
    auth = made('Digest realm="r", nonce="one"')
    auth.header("GET", "/")
    with pytest.raises(Refused):
        auth.challenge(['Digest realm="r", nonce="two"'])
    assert auth.header("GET", "/") is None
    with pytest.raises(Refused):
        auth.challenge(['Basic realm="r"'])
    auth.challenge(['Digest realm="r", nonce="three"'])
    assert fields(auth.header("GET", "/"))["nonce"] == "three"


class _Said(int):
    """A number that is written as the RFC's own cnonce."""

    def __format__(self, _spec: str) -> str:
        return "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"


class _Chosen(random.Random):
    def getrandbits(self, _bits: int, /) -> int:
        return _Said(0)


@pytest.mark.parametrize(
    ("algorithm", "response"),
    [
        ("MD5", "8ca523f5e9506fed4657c9700eebdbec"),
        ("SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
    ],
)
def test_sec_23_the_vectors_of_rfc_7616_section_3_9_1(algorithm: str, response: str) -> None:
    auth = Authenticator("Mufasa", "Circle of Life", _Chosen())
    auth.challenge(
        [
            (
                f'Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm={algorithm}, '
                'nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"'
            )
        ]
    )
    sent = fields(auth.header("GET", "/dir/index.html"))
    assert (sent["response"], sent["nc"]) == (response, "00000001")
    assert sent["opaque"] == "FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"
