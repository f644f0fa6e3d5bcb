"""The disk of which the power is cut comes back as a machine that starts finds it."""

from __future__ import annotations

import subprocess
import threading
from pathlib import Path

import pytest

from tests.faults.fault import NotHere
from tests.faults.small_disk import SmallDisk

pytestmark = pytest.mark.wired


def test_a_disk_that_another_namespace_still_has_is_not_mounted_cut_off(tmp_path: Path) -> None:
    try:
        disk = SmallDisk(tmp_path, size_mb=32)
    except NotHere as error:
        pytest.skip(str(error))
    (disk.path / "kept").write_bytes(b"kept")
    subprocess.run(["sync", "-f", str(disk.path)], check=True)
    holder = subprocess.Popen(
        ["unshare", "-m", "sh", "-c", "echo; read answer"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert holder.stdin is not None
    assert holder.stdout is not None
    with holder:
        assert holder.stdout.readline(), "it has a namespace of its own now"
        disk.cut()
        ends = threading.Timer(1.0, holder.stdin.close)
        ends.start()
        disk.again()
        ends.join()
    assert (disk.path / "kept").read_bytes() == b"kept"
    disk.close()
