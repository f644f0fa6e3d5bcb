"""`python -m tests.faults.sealed F13 F14 … [--n N]`: the same trials where no way leads outside, and what tried to leave all the same.

A network namespace with nothing but loopback: the kernel counts every packet for which there is no way (IP and IPv6, OutNoRoutes
of snmp(7)). A name that is asked for counts, too, for its server is outside. Needs root; exit code 1 when anything was counted."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
from contextlib import suppress
from pathlib import Path


def no_routes() -> int:
    """Return how many packets of this namespace had nowhere to go."""
    names, values = (line.split()[1:] for line in Path("/proc/net/snmp").read_text().splitlines() if line.startswith("Ip:"))
    later = re.search(r"^Ip6OutNoRoutes\s+(\d+)", Path("/proc/net/snmp6").read_text(), re.MULTILINE)
    return int(dict(zip(names, values, strict=True))["OutNoRoutes"]) + int(later[1] if later else 0)


def inside(words: list[str]) -> int:
    """Do the trials here; first show that an attempt is counted."""
    before = no_routes()
    with suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.sendto(b"?", ("203.0.113.1", 9))
    begun = no_routes()
    if begun == before:
        print("this kernel does not count what has nowhere to go: nothing can be said")
        return 1
    done = subprocess.run([sys.executable, "-m", "tests.faults", *words], check=False).returncode
    left = no_routes() - begun
    print(f"{left} packets had nowhere to go")
    return 1 if left else done


def main(words: list[str]) -> int:
    if words[:1] == ["--inside"]:
        return inside(words[1:])
    name = f"hearthwatch-sealed-{os.getpid()}"
    subprocess.run(["ip", "netns", "add", name], check=True)
    try:
        subprocess.run(["ip", "-n", name, "link", "set", "lo", "up"], check=True)
        command = ["ip", "netns", "exec", name, sys.executable, "-m", "tests.faults.sealed", "--inside", *words]
        return subprocess.run(command, check=False).returncode
    finally:
        subprocess.run(["ip", "netns", "del", name], check=False)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
