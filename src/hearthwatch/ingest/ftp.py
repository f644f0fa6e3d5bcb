"""The FTP server of the porch: accounts may write, and nothing else. No path of theirs ever reaches the file system.

A camera may walk about in folders that do not exist, sees every one of them empty, and what it stores gets a name of ours.
"""

from __future__ import annotations

import logging
import posixpath
import socket
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from typing import Any, NoReturn

from pyftpdlib.exceptions import AuthenticationFailed, FilesystemError
from pyftpdlib.filesystems import AbstractedFS
from pyftpdlib.handlers import DTPHandler, FTPHandler
from pyftpdlib.ioloop import IOLoop
from pyftpdlib.servers import FTPServer

from hearthwatch.ingest.doorkeeping import Arrival, Doorkeeping
from hearthwatch.ingest.drop import MAX_NAME_CHARS, Via
from hearthwatch.ingest.seats import Seat, Seats
from hearthwatch.kit.errors import HearthwatchError, Refused

log = logging.getLogger(__name__)

Reach = Callable[[str, int], Future[socket.socket]]
"""Connects to a camera's address and port; the connection does not block. Fails with one of our errors."""

_LOOK_S = 0.01
_TIMEOUT_S = 60
_ROOT = "/"
_NOT_HERE = "Not allowed: this server only takes files"
_NOT_SPOKEN = frozenset(
    ("APPE", "DELE", "MDTM", "MFMT", "MLSD", "MLST", "REST", "RETR", "RMD", "RNFR", "RNTO", "SITE CHMOD", "SIZE", "XRMD")
)
_PERMISSIONS = "elmw"
"""Change folder, list (nothing), make folders (nowhere), store."""

logging.getLogger("pyftpdlib").setLevel(logging.ERROR)


class _File:
    """What pyftpdlib writes to. `name` is ours: by it the handler finds the arrival again."""

    def __init__(self, arrival: Arrival) -> None:
        self._arrival = arrival
        self.name = str(arrival.id)
        self.closed = False

    def write(self, data: bytes) -> None:
        try:
            self._arrival.write(bytes(data))
        except HearthwatchError as error:
            raise OSError(28, str(error)) from error

    def close(self) -> None:
        self.closed = True


class _Nowhere(AbstractedFS):
    """A file system of folders nobody made and files nobody can read: nothing here asks the real one."""

    def __init__(self, root: str, cmd_channel: _Handler) -> None:
        super().__init__(root, cmd_channel)
        self._handler = cmd_channel

    def ftpnorm(self, ftppath: str) -> str:
        path = posixpath.normpath(posixpath.join(self.cwd, ftppath[: 4 * MAX_NAME_CHARS].replace("\\", "/")))
        return "/" + path.lstrip("/")

    def ftp2fs(self, ftppath: str) -> str:
        return self.ftpnorm(ftppath)

    def fs2ftp(self, fspath: str) -> str:
        return fspath

    def validpath(self, path: str) -> bool:
        return path.startswith("/")

    def open(self, filename: str, mode: str) -> _File:
        if mode != "wb":
            raise FilesystemError(_NOT_HERE)
        return self._handler.take(filename)

    def mkstemp(self, suffix: str = "", prefix: str = "", dir: str | None = None, mode: str = "wb") -> _File:  # noqa: A002
        return self._handler.take(posixpath.join(dir or "/", prefix + suffix))

    def chdir(self, path: str) -> None:
        self.cwd = path

    def mkdir(self, path: str) -> None:
        """Every folder is there already."""

    def listdir(self, path: str) -> list[str]:
        return []

    def listdirinfo(self, path: str) -> list[str]:
        return []

    def format_list(self, basedir: str, listing: Iterable[str], ignore_err: bool = True) -> Iterable[bytes]:
        return iter(())

    def format_mlsx(
        self, basedir: str, listing: Iterable[str], perms: Any, facts: Any, ignore_err: bool = True
    ) -> Iterable[bytes]:
        return iter(())

    def isfile(self, path: str) -> bool:
        return False

    def islink(self, path: str) -> bool:
        return False

    def isdir(self, path: str) -> bool:
        return True

    def lexists(self, path: str) -> bool:
        return False

    def realpath(self, path: str) -> str:
        return path

    def _refuse(self, *_: Any, **__: Any) -> NoReturn:
        raise FilesystemError(_NOT_HERE)

    rmdir = remove = rename = chmod = stat = lstat = utime = readlink = getsize = getmtime = _refuse
    get_user_by_uid = get_group_by_gid = _refuse


class _Accounts:
    """pyftpdlib's authorizer."""

    def __init__(self, keeping: Doorkeeping) -> None:
        self._keeping = keeping

    def validate_authentication(self, username: str, password: str, handler: FTPHandler) -> None:
        try:
            self._keeping.log_in(username, password.encode(errors="replace"), handler.remote_ip)
        except Refused as error:
            raise AuthenticationFailed("Authentication failed") from error

    def get_home_dir(self, _username: str) -> str:
        return _ROOT

    def has_user(self, _username: str) -> bool:
        return True

    def has_perm(self, _username: str, perm: str, _path: str | None = None) -> bool:
        return perm in _PERMISSIONS

    def get_perms(self, _username: str) -> str:
        return _PERMISSIONS

    def get_msg_login(self, _username: str) -> str:
        return "Welcome."

    def get_msg_quit(self, _username: str) -> str:
        return "Goodbye."

    def impersonate_user(self, _username: str, _password: str) -> None:
        """All files belong to one user."""

    def terminate_impersonation(self, _username: str) -> None:
        """All files belong to one user."""


class _Data(DTPHandler):
    timeout = _TIMEOUT_S

    def enable_receiving(self, _type: str, cmd: str) -> None:
        """Pictures and clips are never text, whatever a camera forgot to say."""
        super().enable_receiving("i", cmd)

    def recv(self, buffer_size: int) -> bytes:
        """A connection that is broken off is no end of a file, as the original has it."""
        try:
            return bytes(self.socket.recv(buffer_size)) or bytes(super().recv(buffer_size))
        except BlockingIOError:
            return bytes(super().recv(buffer_size))
        except OSError:
            self._resp = ("426 Broken off.", log.debug)
            self.close()
            return b""

    def close(self) -> None:
        """The camera hears that its file was taken when it is on the disk, and why when it was not."""
        if not self._closed and self.file_obj is not None and self.transfer_finished:
            try:
                self.cmd_channel.keep(self.file_obj.name)
            except HearthwatchError as error:
                self._resp = (f"552 Not taken: {error}.", log.debug)
        super().close()


class _Active(FTPHandler.active_dtp):
    """The data connection of a camera that wants us to connect: somebody else does, for this process may not."""

    def connect_af_unspecified(self, addr: tuple[str, int], _source: object = None) -> None:
        self._asked: Future[socket.socket] = self.cmd_channel.reach(*addr)
        self._look()

    def _look(self) -> None:
        if not self._asked.done():
            self.call_later(_LOOK_S, self._look)
            return
        try:
            self.set_socket(self._asked.result())
        except HearthwatchError as error:
            log.debug("no data connection: %s", error)
            self.handle_close()
            return
        self.handle_connect()

    def close(self) -> None:
        super().close()
        if not self._asked.cancel() and self.socket is None and self._asked.exception() is None:
            self._asked.result().close()


class _Handler(FTPHandler):
    keeping: Doorkeeping
    seats: Seats
    reach: Reach
    banner = "Hearthwatch takes files of cameras."
    timeout = _TIMEOUT_S
    max_login_attempts = 3
    permit_foreign_addresses = False
    permit_privileged_ports = False
    use_sendfile = False
    dtp_handler = _Data
    active_dtp = _Active
    abstracted_fs = _Nowhere
    unicode_errors = "replace"
    proto_cmds = {name: command for name, command in FTPHandler.proto_cmds.items() if name not in _NOT_SPOKEN}  # noqa: RUF012

    def __init__(self, conn: socket.socket, server: FTPServer, ioloop: IOLoop | None = None) -> None:
        self._arrivals: dict[str, Arrival] = {}
        self._seat: Seat | None = None
        super().__init__(conn, server, ioloop)

    def handle(self) -> None:
        """Begin, where there is a seat."""
        self._seat = self.seats.take(self.remote_ip, self.close)
        if self._seat is None:
            self.handle_max_cons()
        else:
            super().handle()

    def on_login(self, _username: str) -> None:
        if self._seat is not None:
            self._seat.logged_in()

    def take(self, name: str) -> _File:
        """Begin to take in a file. Raises what pyftpdlib tells the camera."""
        try:
            arrival = self.keeping.begin(self.username, Via.FTP, name, self.remote_ip)
        except HearthwatchError as error:
            raise FilesystemError("No room for it now") from error
        self._arrivals[arrival.id] = arrival
        return _File(arrival)

    def ftp_CWD(self, path: str) -> str:  # noqa: N802 a name of pyftpdlib
        """Go there; unlike the original it does not ask where this process is."""
        self.fs.chdir(path)
        self.respond(f'250 "{path}" is the current directory.')
        return path

    def keep(self, name: str) -> None:
        """Hand over what came whole. Raises Refused, StorageFailed."""
        arrival = self._arrivals.pop(name, None)
        if arrival is not None:
            arrival.keep()

    def on_incomplete_file_received(self, file: str) -> None:
        arrival = self._arrivals.pop(file, None)
        if arrival is not None:
            arrival.break_off()

    def close(self) -> None:
        self.seats.give_up(self._seat)
        super().close()
        for arrival in self._arrivals.values():
            arrival.break_off()
        self._arrivals.clear()


def server(sock: socket.socket, keeping: Doorkeeping, passive_ports: range, reach: Reach) -> FTPServer:
    """Return a server on a bound socket; `serve_forever` runs it. `reach` makes the data connections of active mode."""

    class Handler(_Handler):
        pass

    Handler.keeping = keeping
    Handler.seats = Seats(keeping.is_known)
    Handler.authorizer = _Accounts(keeping)
    Handler.reach = staticmethod(reach)
    Handler.passive_ports = list(passive_ports)
    made = FTPServer(sock, Handler, ioloop=IOLoop())
    made.max_cons = made.max_cons_per_ip = 0  # the seats decide
    return made
