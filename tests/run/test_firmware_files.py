"""Uploaded firmware: whole or not there, never outside its folder, never without an end."""

from __future__ import annotations

import stat

import pytest

from hearthwatch.kit.errors import Unsupported
from hearthwatch.run import firmware_files
from hearthwatch.run.firmware_files import FirmwareFiles


async def chunks(*parts: bytes):
    for part in parts:
        yield part


@pytest.fixture
def files(tmp_path):
    return FirmwareFiles(tmp_path / "firmware")


async def test_a_file_is_kept_privately_and_replaces_the_one_of_its_name(files):
    assert await files.keep("IPC v2.bin", chunks(b"old")) == 3
    assert await files.keep("IPC v2.bin", chunks(b"new", b"er")) == 5
    (kept,) = files.folder.iterdir()
    assert kept.read_bytes() == b"newer"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    "name", ["", ".", "..", "../x", "a/b", "/etc/passwd", ".hidden", "x\0y", "x\ny", "ä.bin", "-rf", "x" * 129, "a\\b"]
)
async def test_hostile_names_write_nothing(files, tmp_path, name):
    with pytest.raises(Unsupported, match="name is too odd"):
        await files.keep(name, chunks(b"x"))
    assert list(tmp_path.iterdir()) == []


async def test_too_much_nothing_and_half_leave_nothing_behind(files, monkeypatch):
    monkeypatch.setattr(firmware_files, "MAX_BYTES", 1 << 20)
    for parts in ((b"x" * 700_000, b"x" * 700_000), ()):
        with pytest.raises(Unsupported):
            await files.keep("fw.bin", chunks(*parts))

    async def broken():
        yield b"half"
        raise ConnectionResetError

    with pytest.raises(Exception, match=r"fw\.bin"):
        await files.keep("fw.bin", broken())
    assert list(files.folder.iterdir()) == []
