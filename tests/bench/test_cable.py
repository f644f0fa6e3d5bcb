"""A cable passes bytes on, can be cut, and works again."""

import socket
import threading

import pytest

from hearthwatch.bench.cable import Cable

pytestmark = pytest.mark.wired


def echo(listener: socket.socket) -> None:
    while True:
        try:
            connection, _address = listener.accept()
        except OSError:
            return
        with connection:
            while data := connection.recv(100):
                connection.sendall(data)


def test_bytes_pass_until_the_cut_and_again_on_a_new_connection():
    with socket.create_server(("127.0.0.1", 0)) as listener, Cable(listener.getsockname()[1]) as cable:
        threading.Thread(target=echo, args=(listener,), daemon=True).start()
        for word in (b"one", b"two"):
            with socket.create_connection(("127.0.0.1", cable.port), timeout=5) as client:
                client.sendall(word)
                assert client.recv(100) == word
                cable.cut()
                assert client.recv(100) == b""
        listener.shutdown(socket.SHUT_RDWR)
