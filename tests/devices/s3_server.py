"""An S3 server in a process of its own: moto with its access rules enforced, and behind it the checks of S3 that moto leaves out.

Those are: the body's hash (`x-amz-content-sha256`), the checksum it was sent with, and the clock. `Mode` makes it misbehave.
Run by itself it prints one JSON line with its port and keys, and serves until its standard input is closed.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import sys
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

BUCKET = "evidence"
_MODE_PATH = "/_test_mode"


class Mode(StrEnum):
    HONEST = "honest"
    LIES = "lies"  # takes every object, answers as if it had it, keeps nothing
    FULL = "full"
    SKEWED = "skewed"
    PLAIN = "plain"  # a server that knows no checksums
    BUSY = "busy"


@dataclass(slots=True)
class S3Server:
    """`put_key` may only put and give up what it began, `read_key` only read and list, `owner_key` everything."""

    port: int = 0
    put_key: tuple[str, str] = ("", "")
    read_key: tuple[str, str] = ("", "")
    owner_key: tuple[str, str] = ("", "")
    _process: asyncio.subprocess.Process | None = None

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def start(self) -> None:
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-W",
            "ignore",
            "-m",
            "tests.devices.s3_server",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
        line = await self._process.stdout.readline()
        assert line, "the S3 server did not start"
        told = json.loads(line)
        self.port = told["port"]
        self.put_key, self.read_key, self.owner_key = (tuple(told[name]) for name in ("put", "read", "owner"))

    async def set_mode(self, mode: Mode) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(f"POST {_MODE_PATH}?{mode} HTTP/1.0\r\nContent-Length: 0\r\n\r\n".encode())
        assert b" 204 " in await reader.readline()
        writer.close()
        await writer.wait_closed()

    async def stop(self) -> None:
        if self._process is not None:
            self._process.stdin.close()
            await self._process.wait()


_POLICIES = {
    "put": ["s3:PutObject", "s3:AbortMultipartUpload"],
    "read": ["s3:GetObject", "s3:ListBucket"],
    "owner": ["s3:*"],
}


class _Strict:
    """The checks of S3 that moto leaves out, as WSGI around it."""

    def __init__(self, inner: Any) -> None:
        self.inner = inner
        self.mode = Mode.HONEST

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        if environ["PATH_INFO"] == _MODE_PATH:
            self.mode = Mode(environ["QUERY_STRING"])
            start("204 No Content", [])
            return [b""]
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        fault = self._fault(environ, body)
        if fault:
            status, code = fault
            return _answer(start, status, f"<Error><Code>{code}</Code><Message>told by the test</Message></Error>".encode())
        if self.mode is Mode.LIES and environ["REQUEST_METHOD"] == "PUT":
            given = environ.get("HTTP_X_AMZ_CHECKSUM_SHA256", "")
            return _answer(
                start, "200 OK", b"", [("ETag", '"0123456789abcdef0123456789abcdef"'), ("x-amz-checksum-sha256", given)]
            )
        import io

        environ["wsgi.input"] = io.BytesIO(body)

        def strip(status: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
            if self.mode is Mode.PLAIN:
                headers = [(name, value) for name, value in headers if not name.lower().startswith("x-amz-checksum")]
            return start(status, headers, *rest)

        return self.inner(environ, strip)

    def _fault(self, environ: dict[str, Any], body: bytes) -> tuple[str, str] | None:
        if self.mode is Mode.FULL and environ["REQUEST_METHOD"] in {"PUT", "POST"}:
            return "403 Forbidden", "QuotaExceeded"
        if self.mode is Mode.BUSY:
            return "503 Slow Down", "SlowDown"
        sent_at = environ.get("HTTP_X_AMZ_DATE")
        if sent_at:
            age = datetime.now(UTC) - datetime.strptime(sent_at, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
            if abs(age.total_seconds()) > 900 or self.mode is Mode.SKEWED:
                return "403 Forbidden", "RequestTimeTooSkewed"
        digest = hashlib.sha256(body)
        hashed = environ.get("HTTP_X_AMZ_CONTENT_SHA256", "UNSIGNED-PAYLOAD")
        if hashed != "UNSIGNED-PAYLOAD" and hashed != digest.hexdigest():
            return "400 Bad Request", "XAmzContentSHA256Mismatch"
        checksum = environ.get("HTTP_X_AMZ_CHECKSUM_SHA256")
        if checksum and environ["REQUEST_METHOD"] == "PUT" and base64.b64decode(checksum) != digest.digest():
            return "400 Bad Request", "BadDigest"
        return None


def _answer(start: Callable[..., Any], status: str, body: bytes, headers: Iterable[tuple[str, str]] = ()) -> Iterable[bytes]:
    start(status, [("Content-Type", "application/xml"), ("Content-Length", str(len(body))), *headers])
    return [body]


def _main() -> None:
    import boto3
    from moto import settings
    from moto.server import DomainDispatcherApplication, create_backend_app
    from werkzeug.serving import WSGIRequestHandler, make_server

    class Keeping(WSGIRequestHandler):
        protocol_version = "HTTP/1.1"

        def log(self, *_what: Any) -> None: ...

    settings.S3_UPLOAD_PART_MIN_SIZE = 5 * 1024 * 1024
    app = _Strict(DomainDispatcherApplication(create_backend_app))
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Keeping)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    known = {
        "endpoint_url": f"http://127.0.0.1:{server.port}",
        "region_name": "us-east-1",
        "aws_access_key_id": "setup",
        "aws_secret_access_key": "setup",
    }
    boto3.client("s3", **known).create_bucket(Bucket=BUCKET)
    iam = boto3.client("iam", **known)
    told: dict[str, Any] = {"port": server.port}
    for name, actions in _POLICIES.items():
        iam.create_user(UserName=name)
        rule = {"Effect": "Allow", "Action": actions, "Resource": [f"arn:aws:s3:::{BUCKET}", f"arn:aws:s3:::{BUCKET}/*"]}
        policy = {"Version": "2012-10-17", "Statement": [rule]}
        iam.put_user_policy(UserName=name, PolicyName=name, PolicyDocument=json.dumps(policy))
        key = iam.create_access_key(UserName=name)["AccessKey"]
        told[name] = (key["AccessKeyId"], key["SecretAccessKey"])
    settings.INITIAL_NO_AUTH_ACTION_COUNT = 0
    print(json.dumps(told), flush=True)
    sys.stdin.read()
    server.shutdown()


if __name__ == "__main__":
    _main()
