"""What an S3 service says when it will not, in the owner's words (pure).

The codes are those of Amazon's "Error responses" reference, and what MinIO, Ceph and Backblaze say instead.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from xml.etree import ElementTree as ET

from hearthwatch.kit.errors import BadReply, HearthwatchError, Unreachable
from hearthwatch.offsite.upload import NotProved, TargetId, TargetRefused, Trouble

_MAX_ELEMENTS = 100_000

_TROUBLES: Mapping[str, Trouble] = {
    "SignatureDoesNotMatch": Trouble.CREDENTIALS,
    "InvalidAccessKeyId": Trouble.CREDENTIALS,
    "InvalidClientTokenId": Trouble.CREDENTIALS,
    "ExpiredToken": Trouble.CREDENTIALS,
    "InvalidToken": Trouble.CREDENTIALS,
    "AccessDenied": Trouble.NOT_ALLOWED,
    "AllAccessDisabled": Trouble.NOT_ALLOWED,
    "AccountProblem": Trouble.NOT_ALLOWED,
    "RequestTimeTooSkewed": Trouble.CLOCK,
    "RequestExpired": Trouble.CLOCK,
    "QuotaExceeded": Trouble.FULL,
    "ServiceQuotaExceeded": Trouble.FULL,
    "XMinioStorageFull": Trouble.FULL,
    "XMinioAdminBucketQuotaExceeded": Trouble.FULL,
    "cap_exceeded": Trouble.FULL,
    "NoSuchBucket": Trouble.MISSING_PLACE,
    "PermanentRedirect": Trouble.MISSING_PLACE,
    "TemporaryRedirect": Trouble.MISSING_PLACE,
    "AuthorizationHeaderMalformed": Trouble.MISSING_PLACE,
}
_OF_STATUS: Mapping[int, Trouble] = {
    301: Trouble.MISSING_PLACE,
    307: Trouble.MISSING_PLACE,
    308: Trouble.MISSING_PLACE,
    401: Trouble.CREDENTIALS,
    403: Trouble.NOT_ALLOWED,
    507: Trouble.FULL,
}
_WORDS: Mapping[Trouble, str] = {
    Trouble.CREDENTIALS: (
        "{where} does not take the access key: it was withdrawn, has run out, or its secret is another; set it with "
        "`hearthwatch secrets set offsite.{name}.secret_key`"
    ),
    Trouble.NOT_ALLOWED: "{where} does not allow this key to do that: check the key's policy there",
    Trouble.CLOCK: "{where} says that this machine's clock is wrong: set it right (NTP), then it goes on by itself",
    Trouble.FULL: "{where} is full: make room there, or let less stay there",
    Trouble.MISSING_PLACE: (
        "{where} does not exist or lives elsewhere: check `bucket`, `endpoint` and `region` of [offsite.targets.{name}]"
    ),
}
_ALTERED = {"BadDigest", "XAmzContentSHA256Mismatch", "InvalidDigest", "IncompleteBody", "InvalidPart"}


class NoSuchUpload(NotProved):
    """What was half sent is no longer known there."""


def fault(name: TargetId, where: str, status: int, body: bytes, key: str) -> HearthwatchError:
    """Return the error that an answer stands for. `where` is the place in the owner's words, `key` what was asked for."""
    code = _code(body)
    trouble = _TROUBLES.get(code)
    if code == "NoSuchUpload":
        return NoSuchUpload(f"{where} has thrown away what was half sent")
    if trouble is None and (code == "NoSuchKey" or (status == 404 and key)):
        return NotProved(f"{key} is not in {where}")
    if code in _ALTERED:
        return Unreachable(f"what was sent to {where} was altered or cut short on its way; it is sent again")
    trouble = trouble or _OF_STATUS.get(status)
    if trouble is not None:
        return TargetRefused(trouble, _WORDS[trouble].format(where=where, name=name))
    if status >= 500 or status in {408, 429} or code in {"SlowDown", "RequestTimeout", "InternalError"}:
        return Unreachable(f"{where} has no time now ({status} {code})")
    return BadReply(f"{where} answers {status} {code}", body)


def _code(body: bytes) -> str:
    """Return the code in an error's XML, empty when it is none; no more than a word of it is believed."""
    with contextlib.suppress(BadReply):
        code = said(parse(body), "Code")
        return code if code.replace("_", "").isalnum() and len(code) <= 60 else ""
    return ""


def parse(body: bytes) -> ET.Element:
    """Return the tree of an answer. Raises BadReply; a document type, and with it every entity, is refused."""
    if b"<!" in body or b"\0" in body:  # a nought is of UTF-16, in which the first would not be seen
        raise BadReply("the service answers with more than data", body)
    try:
        tree = ET.fromstring(body)  # noqa: S314 - no document type, so nothing to expand
    except ET.ParseError as error:
        raise BadReply("the service's answer cannot be read", body) from error
    if sum(1 for _ in tree.iter()) > _MAX_ELEMENTS:
        raise BadReply("the service's answer is too long")
    return tree


def said(tree: ET.Element, name: str) -> str:
    """Return the text of the first child called `name`, whatever its namespace; empty when there is none."""
    for child in tree:
        if child.tag.rpartition("}")[2] == name:
            return (child.text or "").strip()
    return ""
