"""Every finding of the fuzz targets, played again; and every target with what it starts from."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fuzz import found, seeds
from tests.fuzz.targets import TARGETS, try_one
from tests.vendors.fuzz import mutated

CPU_S = 2.0
"""Far above what any input of a finding's size needs, far below what those took that went back over their bytes again and again."""


@pytest.mark.parametrize("path", list(found.files()), ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_what_was_found_once_does_no_harm_again(path: Path) -> None:
    began_s = time.process_time()
    try_one(path.parent.name, path.read_bytes())
    assert time.process_time() - began_s < CPU_S


@pytest.mark.parametrize("name", TARGETS)
def test_each_target_reads_what_it_starts_from(name: str) -> None:
    """Else it would look for faults behind a door that is never opened."""
    read = [str(try_one(name, data)) for data in seeds.made(name)]
    assert len(read) >= 3
    assert len(set(read)) >= 2


@settings(max_examples=40)
@given(st.binary(min_size=1, max_size=40), st.sampled_from(sorted(TARGETS)))
def test_any_bytes_end_in_an_answer_or_one_of_our_errors(script: bytes, name: str) -> None:
    """SDP, RTSP, MJPEG, MP4, challenges, XML, mail, names, updates and configurations; atheris looks much longer (`make fuzz`)."""
    try_one(name, mutated(tuple(seeds.made(name)), script))
    try_one(name, script)
