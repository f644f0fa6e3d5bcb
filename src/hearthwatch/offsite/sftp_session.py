"""The connection of an SFTP target: who the server is, who we are, and what goes wrong with it in the owner's words.

With `target_sftp` the only module that knows `asyncssh`. The server is known by the fingerprint in the configuration and by
nothing else: no first meeting is taken on trust.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TYPE_CHECKING, Any, TypeVar

from hearthwatch.kit.errors import BadReply, HearthwatchError, StorageFailed, Unreachable
from hearthwatch.kit.secrets import Secret
from hearthwatch.offsite.upload import NotProved, TargetId, TargetOptions, TargetRefused, Trouble

if TYPE_CHECKING:
    import asyncssh

T = TypeVar("T")


class SftpSession:
    """Connects when it is first lent and again after any error."""

    def __init__(
        self, name: TargetId, options: TargetOptions, *, password: Secret | None, key: Secret | None, answer_s: float
    ) -> None:
        """A server that leaves one question unanswered for `answer_s` was cut off without a word."""
        self._name = name
        self._options = options
        self._password = password
        self._key = key
        self._answer_s = answer_s
        self._connection: asyncssh.SSHClientConnection | None = None
        self._sftp: asyncssh.SFTPClient | None = None

    @property
    def where(self) -> str:
        return f"{self._options.host}:{self._options.port}"

    async def close(self) -> None:
        """Let go of the connection."""
        connection, self._connection, self._sftp = self._connection, None, None
        if connection is not None:
            connection.abort()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(5):
                    await connection.wait_closed()

    async def seen_host_key(self) -> str:
        """Return the fingerprint of the key the server shows now, without logging in. Raises Unreachable."""
        import asyncssh

        try:
            async with asyncio.timeout(self._answer_s):
                key = await asyncssh.get_server_host_key(self._options.host, self._options.port, config=None)
        except (OSError, TimeoutError, asyncssh.Error) as error:
            raise Unreachable(f"{self.where} does not answer as an SSH server: {_text(error)}") from error
        if key is None:
            raise BadReply(f"{self.where} shows no key")
        return key.get_fingerprint()

    async def answered(self, asked: Awaitable[T]) -> T:
        """Wait for one answer."""
        async with asyncio.timeout(self._answer_s):
            return await asked

    @contextlib.asynccontextmanager
    async def lent(self, doing: str) -> AsyncIterator[asyncssh.SFTPClient]:
        """Lend the connection and translate what goes wrong with it; after an error the next call connects anew."""
        import asyncssh

        try:
            yield await self._connected()
        except BaseException as error:
            if not isinstance(error, GeneratorExit | NotProved | StorageFailed | asyncssh.SFTPNoSuchFile):
                await self.close()
            if isinstance(error, OSError | TimeoutError | asyncssh.Error):
                raise self._translated(error, doing) from error
            raise

    async def _connected(self) -> asyncssh.SFTPClient:
        import asyncssh

        if self._sftp is not None and self._connection is not None and not self._connection.is_closed():
            return self._sftp
        asyncssh.set_log_level("ERROR")  # it logs every try with address and account
        seen: list[str] = []
        try:
            async with asyncio.timeout(self._answer_s):
                self._connection = await asyncssh.connect(
                    self._options.host,
                    self._options.port,
                    config=None,
                    username=self._options.user,
                    password=None if self._password is None else self._password.reveal(),
                    client_keys=self._client_keys(),
                    agent_path=None,
                    known_hosts=lambda *_who: ([], [], [], [], [], [], []),
                    client_factory=_checking_host(self._options.host_key, seen),
                    keepalive_interval=15,
                    keepalive_count_max=2,
                )
                self._sftp = await self._connection.start_sftp_client()
        except asyncssh.HostKeyNotVerifiable as error:
            raise self._stranger(seen[0] if seen else "") from error
        except asyncssh.PermissionDenied as error:
            raise TargetRefused(
                Trouble.CREDENTIALS,
                f"{self.where} does not let {self._options.user} in: its key or password was changed or withdrawn there; set "
                f"the new one with `hearthwatch secrets set offsite.{self._name}.password` (or .key)",
            ) from error
        except (OSError, TimeoutError, asyncssh.Error) as error:
            raise Unreachable(f"{self.where} cannot be reached: {_text(error)}") from error
        return self._sftp

    def _client_keys(self) -> Any:
        import asyncssh

        if self._key is None:
            return None
        try:
            return [asyncssh.import_private_key(self._key.reveal())]
        except (asyncssh.KeyImportError, asyncssh.KeyEncryptionError):
            raise TargetRefused(
                Trouble.CREDENTIALS,
                f"the secret offsite.{self._name}.key is no private key without a passphrase: make one with `ssh-keygen -N ''`",
            ) from None

    def _stranger(self, seen: str) -> TargetRefused:
        if not self._options.host_key:
            return TargetRefused(
                Trouble.HOST_KEY_UNKNOWN,
                f"{self.where} is not known yet. It shows the key {seen}: compare that with what the server itself says, then "
                f'write host_key = "{seen}" in [offsite.targets.{self._name}]',
            )
        return TargetRefused(
            Trouble.HOST_KEY_CHANGED,
            f"{self.where} shows another key than before ({seen}): it was set up anew, or somebody stands in its place. "
            f"Nothing is sent. If you know why, write the new key as host_key in [offsite.targets.{self._name}]",
        )

    def _translated(self, error: Exception, doing: str) -> HearthwatchError:
        import asyncssh

        if isinstance(error, asyncssh.SFTPPermissionDenied | asyncssh.SFTPWriteProtect):
            return TargetRefused(
                Trouble.NOT_ALLOWED,
                f"{doing}: {self.where} does not allow it: let {self._options.user} read and write in "
                f"{self._options.path or 'its folder'} there",
            )
        if isinstance(error, asyncssh.SFTPNoSuchFile | asyncssh.SFTPNoSuchPath):
            return TargetRefused(
                Trouble.MISSING_PLACE, f"{doing}: there is no folder {self._options.path} at {self.where}: make it there"
            )
        if isinstance(error, asyncssh.SFTPBadMessage | asyncssh.ProtocolError):
            return BadReply(f"{doing}: {self.where} breaks the protocol: {_text(error)}")
        if isinstance(error, asyncssh.SFTPError) and not isinstance(error, asyncssh.SFTPConnectionLost):
            return BadReply(f"{doing}: {self.where} failed and does not say why ({_text(error)})")
        return Unreachable(f"{doing}: the connection to {self.where} was lost: {_text(error)}")


def _checking_host(pinned: str, seen: list[str]) -> Callable[[], asyncssh.SSHClient]:
    import asyncssh

    class Client(asyncssh.SSHClient):
        def validate_host_public_key(self, host: str, addr: str, port: int, key: asyncssh.SSHKey) -> bool:
            seen.append(key.get_fingerprint())
            return bool(pinned) and seen[-1] == pinned

    return Client


def _text(error: BaseException) -> str:
    """Return what a library says of an error, short and on one line."""
    return " ".join((str(error) or type(error).__name__).split())[:200]
