"""What every test shares: where the recorded material lies, and the folder that holds it."""

from __future__ import annotations

import gc
import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from hearthwatch.kit import logs
from tests.devices.free_port import free_port

settings.register_profile("house", deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("house")

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(autouse=True)
def _own_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    """What one test hides from the logs must not be hidden from the next one's texts."""
    monkeypatch.setattr(logs, "_secrets", set())


@pytest.fixture
def unused_tcp_port() -> int:
    """In place of pytest-asyncio's: none that a test beside this one may be given meanwhile."""
    return free_port()


@pytest.fixture(scope="session")
def test_data() -> Path:
    """The folder of real footage, weights and tapes; skips where it is missing."""
    folder = Path(os.environ.get("HEARTHWATCH_TEST_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"no test data at {folder} (set HEARTHWATCH_TEST_DATA)")
    return folder


def pytest_sessionstart() -> None:
    """Thousands of tests and all they import live to the end: nothing is garbage before the first of them runs."""
    gc.disable()


def pytest_collection_finish() -> None:
    """From here on garbage is sought among what the tests make, not again and again among what stays."""
    gc.freeze()
    gc.enable()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Spread what waits among what works, file by file: workers take stretches of this list, and none shall only wait."""
    files: dict[Path, list[pytest.Item]] = {}
    for item in items:
        files.setdefault(item.path, []).append(item)
    waiting, working = [], []
    for tests in files.values():
        waits = any(test.get_closest_marker("waits") for test in tests)
        (waiting if waits else working).append(tests)
    placed = [((number + 0.5) / len(group), tests) for group in (waiting, working) for number, tests in enumerate(group)]
    items[:] = [test for _place, tests in sorted(placed, key=lambda one: one[0]) for test in tests]
