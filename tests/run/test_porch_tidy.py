"""What a porch that takes a mail a minute for months must not gather."""

from __future__ import annotations

import re

from hearthwatch.ingest.letter import read_letter
from hearthwatch.run.porch import tidy

MAIL = (
    b"Subject: alarm\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=%(mark)b\r\n\r\n"
    b"--%(mark)b\r\nContent-Type: text/plain\r\n\r\nmotion\r\n--%(mark)b--\r\n"
)


def test_no_pattern_of_a_mails_boundary_stays() -> None:
    re.purge()
    for number in range(20):
        assert "motion" in read_letter(MAIL % {b"mark": b"boundary%03d" % number}).text
    assert len(re._cache) >= 20, "`re` does not keep them any more: `tidy` need not clear it"
    tidy()
    assert len(re._cache) == 0
