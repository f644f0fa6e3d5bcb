"""The page of promises says what the evidence says, and every fault tries a promise of it."""

from __future__ import annotations

import json

from tests.faults.evidence import EVIDENCE
from tests.faults.promises import PAGE, PROMISES, page
from tests.faults.running import load, modules


def test_the_page_says_what_the_evidence_says() -> None:
    text = PAGE.read_text()
    assert page(text, json.loads(EVIDENCE.read_text())) == text, "python -m tests.faults.promises writes it anew"


def test_every_fault_tries_a_promise_of_the_page() -> None:
    assert {stem: load(stem).promise for stem in modules() if not set(load(stem).promise.split()) <= PROMISES.keys()} == {}
