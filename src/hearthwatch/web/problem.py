"""The one body of every refusal and failure: problem details (RFC 9457), with what the person who asked can do about it."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Literal

from pydantic import BaseModel, ConfigDict
from starlette.responses import Response

from hearthwatch.kit.logs import redact
from hearthwatch.web.person import Denied, Wanted

MEDIA_TYPE = "application/problem+json"


class Problem(BaseModel):
    """Why a request was refused or failed. `title` says the status in words, `detail` what went wrong, `hint` what to do about
    it (may be empty). `wanted` is `proof` where the person should show once more that it is them, `token` where the page should
    read its token anew, `second-factor` where the account needs one first."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    type: Literal["about:blank"] = "about:blank"
    title: str
    status: int
    detail: str
    hint: str
    wanted: Wanted | None = None


def problem(status: int, detail: str, hint: str = "", wanted: Wanted | None = None) -> Problem:
    """Return the body of a refusal, without any secret that slipped into its words."""
    return Problem(title=HTTPStatus(status).phrase, status=status, detail=redact(detail), hint=redact(hint), wanted=wanted)


def answered(body: Problem, headers: Mapping[str, str] | None = None) -> Response:
    return Response(
        body.model_dump_json(exclude_none=True), status_code=body.status, media_type=MEDIA_TYPE, headers=dict(headers or {})
    )


def refused(denied: Denied) -> Response:
    """Return what whoever was refused gets."""
    return answered(problem(denied.status, str(denied), denied.hint, denied.wanted), denied.headers)
