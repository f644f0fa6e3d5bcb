from __future__ import annotations

import logging
import re
import string
import sys
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hearthwatch.kit import logs
from hearthwatch.kit.clock import FakeClock

CANARY = "cAnArY-7f3d!@"
TOKEN = "123456789:AAF-abcdefghijklmnopqrstuvwxyz012345"


@pytest.fixture
def root_logger() -> Iterator[None]:
    """Puts back what `set_up` changes for the whole process."""
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    yield
    root.handlers[:] = before
    root.setLevel(level)
    logging.captureWarnings(False)


@pytest.mark.parametrize(
    "text",
    [
        f"GET rtsp://admin:{CANARY}@192.168.1.20/x failed",
        f"rtsp://admin:{CANARY}@host and http://u:{CANARY}@host",
        f"https://api.telegram.org/bot{TOKEN}/sendMessage",
        f"token is {TOKEN}",
        f"Authorization: Basic {CANARY}",
        f"'authorization': 'Digest username=\"admin\", response=\"{CANARY}\"'",
        f"Cookie: session={CANARY}; other={CANARY}",
        f"Set-Cookie: session={CANARY}",
        f"/cgi?user=admin&pwd={CANARY}&x=1",
        f"password={CANARY}",
        f"?token={CANARY}",
        f"api_key={CANARY}",
    ],
)
def test_sec_36_a_secret_is_recognised_by_its_place(text: str) -> None:
    shown = logs.redact(text)
    assert "cAnArY" not in shown
    assert TOKEN not in shown
    assert "***" in shown


@pytest.mark.parametrize(
    "text", ["rtsp://192.168.1.20:554/x", "12:30:45 password changed", "a cookie jar", "token bucket", "http://h:80/a@b"]
)
def test_what_is_no_secret_stays(text: str) -> None:
    assert logs.redact(text) == text


SECRETS = st.text(string.ascii_letters + string.digits + "!$%&/()=?+#*~ü€\"'\\ ", min_size=4, max_size=30)


@given(SECRETS, st.text(max_size=30), st.text(max_size=30))
def test_sec_36_a_known_secret_is_hidden_wherever_it_stands(secret: str, before: str, after: str) -> None:
    if secret in "*****":
        return
    logs.hide(secret)
    try:
        assert secret not in logs.redact(before + secret + after)
    finally:
        logs._secrets.discard(secret)


@given(st.lists(SECRETS, min_size=2, max_size=4, unique=True))
def test_a_secret_inside_a_longer_one_leaves_no_tail(secrets: list[str]) -> None:
    secrets = [*secrets, secrets[0] + secrets[1]]
    for secret in secrets:
        logs.hide(secret)
    try:
        assert secrets[1] not in logs.redact(f"x {secrets[-1]} y").replace("***", "")
    finally:
        logs._secrets.difference_update(secrets)


@pytest.mark.parametrize("debug", [False, True])
@pytest.mark.usefixtures("root_logger")
def test_sec_36_a_record_is_one_line_without_any_secret(capsys: pytest.CaptureFixture[str], debug: bool) -> None:
    logs.set_up("house", debug=debug)
    logs.hide(CANARY)
    log = logging.getLogger("hearthwatch.test")
    try:
        raise ConnectionError(f"rtsp://admin:{CANARY}@camera refused {CANARY}")
    except ConnectionError:
        log.exception("camera %s failed:\nAuthorization: Basic %s\r\nevil: line", "front", CANARY)
    log.debug("quiet")
    printed = capsys.readouterr().err
    lines = printed.splitlines()
    assert len(lines) == 1 + debug
    assert "cAnArY" not in printed
    assert "ConnectionError" in lines[0]
    assert re.match(
        r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z ERROR   house test_logs:\d+ MainThread camera front failed:\\n", lines[0]
    )
    logs._secrets.discard(CANARY)


@pytest.mark.usefixtures("root_logger")
def test_sec_36_libraries_that_print_addresses_are_quiet(capsys: pytest.CaptureFixture[str]) -> None:
    logs.set_up("house", debug=True)
    logging.getLogger("hearthwatch").debug("heard")
    logging.getLogger("httpx").info("GET https://api.telegram.org/bot%s/getMe", TOKEN)
    (line,) = capsys.readouterr().err.splitlines()
    assert line.endswith("heard")


def test_one_report_an_interval_counts_what_was_held_back() -> None:
    clock = FakeClock()
    interval = logs.Interval(clock, every_s=10)
    assert interval.due() == 1
    assert [interval.due() for _ in range(5)] == [None] * 5
    clock.advance(10)
    assert interval.due() == 6
    assert interval.due() is None


@given(st.text(string.ascii_letters + string.digits + "!$%&/()=?+#*~'\\\" ü€", min_size=6, max_size=20), st.data())
def test_sec_36_no_record_shows_a_secret_however_it_is_split_over_message_arguments_and_error(
    secret: str, data: st.DataObject
) -> None:
    """The parts of a record come together in the formatter, and only there they are looked at."""
    cuts = sorted(data.draw(st.lists(st.integers(0, len(secret)), min_size=2, max_size=2)))
    first, second, third = secret[: cuts[0]], secret[cuts[0] : cuts[1]], secret[cuts[1] :]
    message = data.draw(st.sampled_from(["%s%s%s", "x=%s%s%s&y", "tried '%s%s%s' at once"]))
    logs.hide(secret)
    try:
        try:
            raise ValueError(f"it was {secret}!")
        except ValueError:
            record = logging.LogRecord("x", logging.ERROR, __file__, 1, message, (first, second, third), sys.exc_info())
        line = logs._OneLine("test").format(record)
    finally:
        logs._secrets.discard(secret)
    assert secret not in line
    assert "\n" not in line
