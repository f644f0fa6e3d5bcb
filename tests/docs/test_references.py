"""The reference pages against the program they are made from."""

from __future__ import annotations

import pytest
from scripts import references


@pytest.mark.parametrize("name", sorted(references.PAGES))
def test_a_reference_page_is_current(name: str) -> None:
    assert (references.FOLDER / name).read_text() == references.PAGES[name](), "run `make docs` and commit what it wrote"
