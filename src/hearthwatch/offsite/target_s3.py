"""A target that speaks S3, with a key that need not be able to do more than put.

The proof is the SHA-256 that the service computed over what arrived and returns, for each part and for the whole. A service
that returns none is read back by a key that may read; without one nothing there ever counts as kept.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import msgspec

from hearthwatch.kit.clock import Clock
from hearthwatch.kit.errors import BadReply, StorageFailed, StorageFault, Unsupported
from hearthwatch.kit.files import storage_failed
from hearthwatch.kit.secrets import Secret
from hearthwatch.kit.units import WallUs, from_datetime
from hearthwatch.offsite.names import checked_name
from hearthwatch.offsite.s3_client import Body, Reply, S3Client
from hearthwatch.offsite.s3_faults import NoSuchUpload, parse, said
from hearthwatch.offsite.s3_sign import Credentials
from hearthwatch.offsite.upload import (
    ANSWER_S,
    NotProved,
    OnProgress,
    Pace,
    Parcel,
    Progress,
    Proof,
    ProofKind,
    Stored,
    TargetId,
    TargetOptions,
    TargetRefused,
    Trouble,
)

PART_BYTES = 5 * 1024 * 1024
"""The least that S3 takes as a part, and so the most that a cut costs."""

_CHUNK_BYTES = 64 * 1024
_MAX_FILES = 5_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """One part as the service has it: `sha256` is what it returned."""

    etag: str
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _HalfSent:
    """What resumes an upload: it is of the parcel with this hash."""

    upload: str
    parcel: str
    parts: tuple[_Part, ...] = ()


class S3Target:
    """Implements Target."""

    def __init__(
        self,
        name: TargetId,
        options: TargetOptions,
        *,
        secret_key: Secret | None,
        read_secret_key: Secret | None,
        clock: Clock,
        answer_s: float = ANSWER_S,
    ) -> None:
        self._name = name
        self._options = options
        self._writer = S3Client(
            name, options, Credentials(access_key=options.access_key, secret=secret_key), clock, answer_s=answer_s
        )
        self._reader = self._writer
        if options.read_access_key and read_secret_key is not None:
            credentials = Credentials(access_key=options.read_access_key, secret=read_secret_key)
            self._reader = S3Client(name, options, credentials, clock, answer_s=answer_s)

    @property
    def name(self) -> TargetId:
        return self._name

    async def put(
        self, parcel: Parcel, pace: Pace, *, resume: Progress | None = None, on_progress: OnProgress | None = None
    ) -> Proof:
        """See Target. Small parcels go in one piece, larger ones in parts."""
        if parcel.size_bytes <= PART_BYTES:
            part = await self._put_part(parcel, 0, parcel.size_bytes, pace, query=())
            whole = part.sha256
        else:
            half = _resumed(resume, parcel) or await self._begun(parcel)
            try:
                whole = await self._put_parts(parcel, half, pace, on_progress)
            except NoSuchUpload:
                whole = await self._put_parts(parcel, await self._begun(parcel), pace, on_progress)
        if not whole:
            return await self._believed(parcel)
        return _proof(ProofKind.SERVER_CHECKSUM, parcel.name, parcel.size_bytes, parcel.sha256)

    async def prove(self, name: str, size_bytes: int, sha256: bytes) -> Proof:
        """See Target."""
        return await self._read_back(name, size_bytes, sha256)

    async def list(self, under: str = "") -> AsyncIterator[Stored]:
        """See Target."""
        after, count = "", 0
        prefix = self._key(under) + "/" if under else self._options.path.strip("/") + "/" if self._options.path else ""
        while True:
            query = (("list-type", "2"), ("prefix", prefix), *((("continuation-token", after),) if after else ()))
            with self._reading():
                reply = await self._reader.ask("GET", "", query=query)
            tree = parse(reply.body)
            for entry in tree:
                if entry.tag.rpartition("}")[2] == "Contents":
                    count += 1
                    yield self._stored(said(entry, "Key"), said(entry, "Size"), said(entry, "LastModified"))
            after = said(tree, "NextContinuationToken") if said(tree, "IsTruncated") == "true" else ""
            if not after or count > _MAX_FILES:
                return

    async def read(self, name: str, *, limit_bytes: int | None = None) -> AsyncIterator[bytes]:
        """See Target."""
        with self._reading():
            async for chunk in self._reader.stream(self._key(name), limit_bytes=limit_bytes):
                yield chunk

    async def delete(self, name: str) -> None:
        """See Target."""
        with self._reading(), contextlib.suppress(NotProved):
            await self._writer.ask("DELETE", self._key(name))

    async def close(self) -> None:
        """See Target."""
        await self._writer.close()
        await self._reader.close()

    async def _put_part(
        self, parcel: Parcel, start: int, size_bytes: int, pace: Pace, *, query: tuple[tuple[str, str], ...]
    ) -> _Part:
        """Send a range of the parcel; `sha256` of the answer is empty when the service knows no checksums."""
        digest = _range_hash(parcel, start, size_bytes)
        if start == 0 and size_bytes == parcel.size_bytes and digest != parcel.sha256:
            raise StorageFailed(StorageFault.BROKEN, f"{parcel.path.name} is not what was packed")
        ours = base64.b64encode(digest).decode()

        async def chunks() -> AsyncIterator[bytes]:
            for chunk in _range(parcel.path, start, size_bytes):
                yield chunk

        reply = await self._writer.ask(
            "PUT",
            self._key(parcel.name),
            query=query,
            headers={"x-amz-checksum-sha256": ours, "x-amz-sdk-checksum-algorithm": "SHA256"},
            body=Body(size_bytes=size_bytes, chunks=chunks, pace=pace),
            body_sha256=digest.hex(),
        )
        theirs = reply.headers.get("x-amz-checksum-sha256", "")
        if theirs and theirs != ours:
            raise NotProved(f"{self._writer.where} did not keep {parcel.name} as it was sent; it is sent anew")
        return _Part(etag=reply.headers.get("etag", ""), sha256=theirs)

    async def _begun(self, parcel: Parcel) -> _HalfSent:
        reply = await self._writer.ask(
            "POST", self._key(parcel.name), query=(("uploads", ""),), headers={"x-amz-checksum-algorithm": "SHA256"}
        )
        upload = said(parse(reply.body), "UploadId")
        if not 0 < len(upload) <= 1024:
            raise BadReply("the service begins an upload without saying which", reply.body)
        return _HalfSent(upload=upload, parcel=parcel.sha256.hex())

    async def _put_parts(self, parcel: Parcel, half: _HalfSent, pace: Pace, on_progress: OnProgress | None) -> str:
        """Send the parts that are missing and put all together; return the service's checksum of the whole, if it has one."""
        parts = list(half.parts)
        while (at := len(parts) * PART_BYTES) < parcel.size_bytes:
            query = (("partNumber", str(len(parts) + 1)), ("uploadId", half.upload))
            size_bytes = min(PART_BYTES, parcel.size_bytes - at)
            parts.append(await self._put_part(parcel, at, size_bytes, pace, query=query))
            if on_progress is not None:
                token = msgspec.json.encode(_HalfSent(upload=half.upload, parcel=half.parcel, parts=tuple(parts))).decode()
                on_progress(Progress(sent_bytes=at + size_bytes, token=token))
        if _file_hash(parcel) != parcel.sha256:
            raise StorageFailed(StorageFault.BROKEN, f"{parcel.path.name} is not what was packed")
        reply = await self._writer.ask(
            "POST", self._key(parcel.name), query=(("uploadId", half.upload),), body=_completion(parts)
        )
        return self._whole(reply, parcel, parts)

    def _whole(self, reply: Reply, parcel: Parcel, parts: Sequence[_Part]) -> str:
        """Return what says that the service put the very parts together whose checksums it returned, empty when nothing does.

        The checksum of the whole is the hash of the hashes of its parts; a service that leaves it out still names the whole by
        an ETag made of those of its parts, in their order.
        """
        if not all(part.sha256 for part in parts):
            return ""
        answer = parse(reply.body)
        checksum, etag = said(answer, "ChecksumSHA256"), said(answer, "ETag").strip('"')
        digest = hashlib.sha256(b"".join(base64.b64decode(part.sha256) for part in parts)).digest()
        if checksum and checksum.partition("-")[0] != base64.b64encode(digest).decode():
            raise NotProved(f"{self._writer.where} did not put {parcel.name} together as it was sent; it is sent anew")
        return checksum or (etag if etag == _etag_of(parts) else "")

    async def _believed(self, parcel: Parcel) -> Proof:
        """Prove what a service without checksums took."""
        try:
            return await self._read_back(parcel.name, parcel.size_bytes, parcel.sha256)
        except Unsupported as error:
            raise Unsupported(
                f"{self._writer.where} says nothing of what it holds, and no key may read there: give {self._name} a "
                f"`read_access_key`, or nothing there counts as kept"
            ) from error

    async def _read_back(self, name: str, size_bytes: int, sha256: bytes) -> Proof:
        digest, size = hashlib.sha256(), 0
        async for chunk in self.read(name, limit_bytes=size_bytes + 1):
            digest.update(chunk)
            size += len(chunk)
        if size != size_bytes or digest.digest() != sha256:
            raise NotProved(f"{name} in {self._writer.where} is not what was sent: somebody changed it, or it was never kept")
        return _proof(ProofKind.READ_BACK, name, size_bytes, sha256)

    @contextlib.contextmanager
    def _reading(self) -> Iterator[None]:
        try:
            yield
        except TargetRefused as error:
            if error.trouble is Trouble.NOT_ALLOWED:
                raise Unsupported(
                    f"the key of {self._name} can only put: this needs a key that may read, list or delete"
                ) from error
            raise

    def _key(self, name: str) -> str:
        prefix = self._options.path.strip("/")
        return f"{prefix}/{checked_name(name)}" if prefix else checked_name(name)

    def _stored(self, key: str, size: str, changed: str) -> Stored:
        prefix = self._options.path.strip("/")
        try:
            name = checked_name(key.removeprefix(f"{prefix}/") if prefix else key)
            changed_us = from_datetime(datetime.fromisoformat(changed))
            return Stored(name=name, size_bytes=int(size[:20]), changed_us=WallUs(changed_us))
        except ValueError as error:
            raise BadReply(f"{self._reader.where} lists a file that cannot be one: nothing of it is used") from error


def _proof(how: ProofKind, name: str, size_bytes: int, sha256: bytes) -> Proof:
    return Proof(how=how, name=name, size_bytes=size_bytes, sha256=sha256)


def _resumed(resume: Progress | None, parcel: Parcel) -> _HalfSent | None:
    if resume is None or not resume.token:
        return None
    with contextlib.suppress(msgspec.MsgspecError):
        half = msgspec.json.decode(resume.token, type=_HalfSent)
        if half.parcel == parcel.sha256.hex() and len(half.parts) * PART_BYTES < parcel.size_bytes + PART_BYTES:
            return half
    return None


def _etag_of(parts: Sequence[_Part]) -> str:
    """Return the ETag of a whole whose parts' ETags are MD5 hashes; empty when they are not."""
    try:
        hashes = b"".join(bytes.fromhex(part.etag.strip('"')) for part in parts)
    except ValueError:
        return ""
    return f"{hashlib.md5(hashes, usedforsecurity=False).hexdigest()}-{len(parts)}"


def _completion(parts: Sequence[_Part]) -> bytes:
    from xml.sax.saxutils import escape

    rows = []
    for number, part in enumerate(parts, 1):
        checksum = f"<ChecksumSHA256>{escape(part.sha256)}</ChecksumSHA256>" if part.sha256 else ""
        rows.append(f"<Part><PartNumber>{number}</PartNumber><ETag>{escape(part.etag)}</ETag>{checksum}</Part>")
    return f"<CompleteMultipartUpload>{''.join(rows)}</CompleteMultipartUpload>".encode()


def _range(path: Path, start: int, size_bytes: int) -> Iterator[bytes]:
    try:
        with path.open("rb") as file:
            file.seek(start)
            left = size_bytes
            while left:
                data = file.read(min(_CHUNK_BYTES, left))
                if not data:
                    raise StorageFailed(StorageFault.BROKEN, f"{path.name} is shorter than it was")
                left -= len(data)
                yield data
    except OSError as error:
        raise storage_failed(error, f"reading {path.name}") from error


def _range_hash(parcel: Parcel, start: int, size_bytes: int) -> bytes:
    digest = hashlib.sha256()
    for chunk in _range(parcel.path, start, size_bytes):
        digest.update(chunk)
    return digest.digest()


def _file_hash(parcel: Parcel) -> bytes:
    return _range_hash(parcel, 0, parcel.size_bytes)
