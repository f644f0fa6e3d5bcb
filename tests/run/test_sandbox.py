"""The boxes, tried from inside the real processes by raw system calls: nothing leads out, and their work still works.

`python -m tests.runs.break_out` is the long form.
"""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from tests.detect import gpu
from tests.runs import break_out

from hearthwatch.kit.errors import Unreachable
from hearthwatch.run import jobs, landlock

pytestmark = pytest.mark.wired

BOXES = {box.name: box for box in break_out.BOXES}


@pytest.mark.parametrize("name", BOXES)
def test_sec_19_nothing_leads_out_of_a_box_and_it_works_on(name: str) -> None:
    if name == "gpu" and not (gpu.is_here() and break_out.models_folder().is_dir()):
        pytest.skip(f"{gpu.WHY_NOT}, or HEARTHWATCH_TEST_DATA is not there")
    tried = break_out.try_box(BOXES[name], rounds=1)
    if name in {"porch", "guest", "gpu"} and not landlock.version():
        pytest.skip("this kernel has no landlock: its files are kept by the user alone")
    assert tried.escaped == ()
    assert tried.works
    assert tried.ways > 130
    assert tried.swept > 400 or name in {"guest", "gpu"}, "what must connect, or has a driver, has no list of calls"


def test_the_ways_out_are_ways_where_there_is_no_box() -> None:
    """Else the tests above would prove nothing."""
    led, tried = break_out.try_outside()
    assert led > tried * 0.6


@pytest.mark.skipif(platform.machine() != "x86_64", reason="a 32-bit call by number is x86's")
def test_sec_19_a_32_bit_call_ends_the_process() -> None:
    assert break_out.is_ended_for_an_old_call(BOXES["job: import"])


@pytest.mark.skipif(os.geteuid() != 0, reason="a user without rights has no other way on a kernel without landlock")
def test_sec_19_a_porch_begun_as_root_is_kept_to_its_folder_by_a_kernel_without_landlock() -> None:
    tried = break_out.try_box(BOXES["porch"], rounds=1, without_landlock=True)
    assert tried.works
    assert set(tried.escaped) <= {"another door"}


async def test_sec_19_a_job_that_loops_for_ever_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "ANSWER_S", 3.0)
    monkeypatch.setattr(jobs, "_END_S", 0.1)
    run, info, packets = break_out.film()
    before = break_out.children()
    with break_out.world(rounds=1, seed=1, without_landlock=False) as outside:
        facts = replace(outside.facts, mode="loop")
        with break_out.prisoners(facts, outside.folder), pytest.raises(Unreachable):
            await jobs.still(run, info, packets)
    assert break_out.children() <= before, "it is gone, and its parent has taken notice"


def test_sec_19_a_box_that_has_used_up_its_processor_time_is_ended_by_the_kernel() -> None:
    script = "from hearthwatch.run import sandbox\nsandbox.enter(cpu_s=1)\nwhile True: pass\n"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, timeout=60, check=False)
    assert done.returncode < 0


def test_sec_19_a_prisoner_that_wants_too_much_memory_is_told_no() -> None:
    script = (
        "from hearthwatch.run import sandbox\n"
        "sandbox.enter(memory_bytes=1 << 30)\n"
        "try:\n"
        "    bytearray(2 << 30)\n"
        "except MemoryError:\n"
        "    print('refused')\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False)
    assert done.stdout.strip() == "refused", done.stderr


SHUT = """
import sys, threading
from hearthwatch.run import gpu_walls

found = []

def look():
    open("/dev/null", "r+b", buffering=0).write(b"x")
    found.append(open("/etc/os-release").read() != "")
    for mode in ("r", "w"):
        try:
            open(sys.argv[1], mode)
        except PermissionError:
            found.append(mode)

gpu_walls.shut_files()
thread = threading.Thread(target=look)
thread.start()
thread.join()
print(found)
"""


@pytest.mark.skipif(not landlock.version(), reason="this kernel has no landlock")
def test_sec_19_a_thread_of_a_graphics_driver_has_devices_and_none_of_the_houses_files(tmp_path: Path) -> None:
    key = tmp_path / "secrets.key"
    key.write_text("key")
    done = subprocess.run([sys.executable, "-c", SHUT, str(key)], capture_output=True, text=True, check=True)
    assert (done.stdout, key.read_text()) == ("[True, 'r', 'w']\n", "key")
