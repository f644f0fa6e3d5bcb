"""What passes between a camera's own page and a browser, and that nothing of this house does."""

from __future__ import annotations

import pytest

from hearthwatch.web.relay import rewrite

ORIGINS = ("http://192.168.1.64:88", "http://192.168.1.64", "https://192.168.1.64", "https://192.168.1.64:88")
OWN = "https://house:8451"


def test_what_the_house_knows_of_its_owner_never_goes_to_a_camera() -> None:
    given = (
        ("host", "house:8451"),
        ("cookie", "__Host-hearthwatch=session; Foscam=1; hearthwatch=plain; __Host-hearthwatch-page-front=visit; lang=en"),
        ("authorization", "Bearer hw_secret"),
        ("origin", OWN),
        ("referer", f"{OWN}/index.html?a=1"),
        ("x-forwarded-for", "203.0.113.9"),
        ("x-hearthwatch-token", "csrf"),
        ("sec-fetch-site", "same-origin"),
        ("accept-encoding", "gzip, br"),
        ("connection", "keep-alive, x-session"),
        ("x-requested-with", "XMLHttpRequest"),
        ("content-type", "text/plain"),
        ("te", "trailers"),
    )
    assert rewrite.asked_headers(given, ORIGINS[0]) == (
        ("cookie", "Foscam=1; lang=en"),
        ("origin", ORIGINS[0]),
        ("referer", f"{ORIGINS[0]}/index.html?a=1"),
        ("x-requested-with", "XMLHttpRequest"),
        ("content-type", "text/plain"),
    )


def test_what_a_camera_would_do_to_a_browser_stays_behind() -> None:
    given = (
        ("content-type", "text/html"),
        ("set-cookie", "sid=12; Domain=house; Path=/web; Expires=Fri, 01 Jan 2100 00:00:00 GMT"),
        ("set-cookie", "__Host-hearthwatch=stolen; Path=/; Secure"),
        ("set-cookie", "hearthwatch=fixed"),
        ("set-cookie", "bad name=1"),
        ("clear-site-data", '"cookies"'),
        ("strict-transport-security", "max-age=1"),
        ("service-worker-allowed", "/"),
        ("access-control-allow-origin", "*"),
        ("alt-svc", 'h3="evil:443"'),
        ("link", "<http://evil/>; rel=preload"),
        ("content-security-policy", "sandbox"),
        ("x-frame-options", "DENY"),
        ("refresh", "0; url=http://evil.example/"),
        ("refresh", "3;URL=http://192.168.1.64:88/live.htm"),
        ("content-disposition", 'attachment; filename="config.bin"'),
        ("www-authenticate", "Basic"),
        ("x-session", "7"),
    )
    assert rewrite.answered_headers(given, ORIGINS, https=True) == [
        ("content-type", "text/html"),
        ("set-cookie", "sid=12; Path=/web; SameSite=Strict; Secure"),
        ("refresh", "3; url=/live.htm"),
        ("content-disposition", 'attachment; filename="config.bin"'),
        ("x-session", "7"),
    ]


@pytest.mark.parametrize(
    ("address", "inside"),
    [
        ("/index.html", "/index.html"),
        ("login.htm?a=1#b", "login.htm?a=1#b"),
        ("http://192.168.1.64:88/a?b=c#d", "/a?b=c#d"),
        ("HTTP://192.168.1.64:88", "/"),
        ("//192.168.1.64:88/x", "/x"),
        ("http://192.168.1.65/a", None),
        ("http://192.168.1.64:88@evil.example/", None),
        ("http://192.168.1.64:88.evil.example/", None),
        ("//evil.example/", None),
        ("\\\\evil.example/", None),
        ("javascript:alert(1)", None),
        ("http://[", None),
        ("/a\r\nSet-Cookie: x=y", None),
    ],
)
def test_redirects_stay_inside(address: str, inside: str | None) -> None:
    assert rewrite.inside_of(address, ORIGINS) == inside


def test_absolute_addresses_in_pages_and_scripts_stay_inside() -> None:
    text = (
        b'<a href="http://192.168.1.64:88/a">x</a><script>u="http:\\/\\/192.168.1.64:88\\/cgi-bin\\/x"</script>'
        b"http://192.168.1.64/b http://192.168.1.645/no http://192.168.1.64:8080/other"
    )
    assert rewrite.inside_text(text, ORIGINS, OWN) == (
        b'<a href="https://house:8451/a">x</a><script>u="https:\\/\\/house:8451\\/cgi-bin\\/x"</script>'
        b"https://house:8451/b http://192.168.1.645/no http://192.168.1.64:8080/other"
    )


def test_a_camera_s_cookies_are_thrown_away_and_none_of_ours() -> None:
    header = "sid=1; __Host-hearthwatch=s; DhWebClientSessionID=2; hearthwatch=s"
    assert set(rewrite.left_over(header)) == {"sid", "DhWebClientSessionID"}
    assert rewrite.left_over('a="b') in (["a"], [])
