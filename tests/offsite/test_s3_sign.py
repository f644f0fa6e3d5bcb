"""Signatures against the examples that the service itself publishes ("Signature Calculations: Examples", GET and PUT Object)."""

from __future__ import annotations

import hashlib

import pytest

from hearthwatch.kit.errors import BadReply, HearthwatchError, Unreachable
from hearthwatch.kit.secrets import Secret
from hearthwatch.kit.units import US_PER_S, WallUs
from hearthwatch.offsite.s3_faults import NoSuchUpload, fault, parse
from hearthwatch.offsite.s3_sign import Credentials, Request, signed_headers
from hearthwatch.offsite.upload import NotProved, TargetId, TargetRefused, Trouble

AT = WallUs(1_369_353_600 * US_PER_S)  # 2013-05-24 00:00:00 UTC
KEY = Credentials(access_key="AKIAIOSFODNN7EXAMPLE", secret=Secret("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"))


@pytest.mark.parametrize(
    ("asked", "signature"),
    [
        (
            Request(method="GET", path="/test.txt", headers={"Range": "bytes=0-9"}),
            "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
        ),
        (
            Request(
                method="PUT",
                path="/test%24file.text",
                headers={"Date": "Fri, 24 May 2013 00:00:00 GMT", "x-amz-storage-class": "REDUCED_REDUNDANCY"},
                body_sha256=hashlib.sha256(b"Welcome to Amazon S3.").hexdigest(),
            ),
            "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd",
        ),
        (
            Request(method="GET", path="/", query=(("lifecycle", ""),)),
            "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543",
        ),
        (
            Request(method="GET", path="/", query=(("prefix", "J"), ("max-keys", "2"))),
            "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7",
        ),
    ],
    ids=["get", "put", "lifecycle", "list"],
)
def test_a_signature_is_the_one_published(asked: Request, signature: str) -> None:
    carried = signed_headers(asked, "examplebucket.s3.amazonaws.com", credentials=KEY, region="us-east-1", at_us=AT)
    assert carried["authorization"].endswith(f"Signature={signature}")
    assert "wJalr" not in str(carried)


def told(status: int, code: str, key: str = "a.age") -> HearthwatchError:
    body = f"<Error><Code>{code}</Code></Error>".encode() if code else b""
    return fault(TargetId("cloud"), "the bucket b at s3.example.org", status, body, key)


@pytest.mark.parametrize(
    ("status", "code", "trouble"),
    [
        (403, "InvalidAccessKeyId", Trouble.CREDENTIALS),
        (403, "SignatureDoesNotMatch", Trouble.CREDENTIALS),
        (403, "AccessDenied", Trouble.NOT_ALLOWED),
        (403, "", Trouble.NOT_ALLOWED),
        (403, "RequestTimeTooSkewed", Trouble.CLOCK),
        (403, "QuotaExceeded", Trouble.FULL),
        (507, "", Trouble.FULL),
        (404, "NoSuchBucket", Trouble.MISSING_PLACE),
        (301, "PermanentRedirect", Trouble.MISSING_PLACE),
    ],
)
def test_what_an_owner_can_do_something_about_is_said(status: int, code: str, trouble: Trouble) -> None:
    found = told(status, code)
    assert isinstance(found, TargetRefused)
    assert found.trouble is trouble
    assert "{" not in str(found)


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (404, "NoSuchKey", NotProved),
        (404, "", NotProved),
        (404, "NoSuchUpload", NoSuchUpload),
        (400, "BadDigest", Unreachable),
        (503, "SlowDown", Unreachable),
        (500, "", Unreachable),
        (418, "Teapot", BadReply),
        (418, "\x1b[31m", BadReply),
    ],
)
def test_what_passes_by_itself_is_not_the_owners(status: int, code: str, kind: type[HearthwatchError]) -> None:
    found = told(status, code)
    assert type(found) is kind
    assert str(found).isprintable()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-le"])
def test_sec_21_an_answer_with_a_document_type_is_refused_in_any_writing(encoding: str) -> None:
    bomb = '<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><Error><Code>&b;</Code></Error>'
    with pytest.raises(BadReply):
        parse(bomb.encode(encoding))
