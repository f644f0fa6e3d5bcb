"""Ports for those who listen only later."""

from __future__ import annotations

import contextlib
import random
import socket

_PORTS = range(15_000, 32_000)
"""Below those the kernel gives to whoever asks for any port: a server comes to its port seconds later, and again after a kill,
and a test beside it would have been given it meanwhile."""


def free_port(host: str = "127.0.0.1") -> int:
    """Return a port of `host` that nobody has."""
    return free_ports(1, host)[0]


def free_ports(count: int, host: str = "127.0.0.1") -> list[int]:
    """Return as many ports, each another."""
    ports: list[int] = []
    for port in random.SystemRandom().sample(_PORTS, len(_PORTS)):
        with socket.socket() as sock, contextlib.suppress(OSError):
            sock.bind((host, port))
            ports.append(port)
        if len(ports) == count:
            return ports
    raise AssertionError("no port is free")
