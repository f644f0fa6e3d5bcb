"""The application: routes, gate and error texts put together around the doors of the house."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from hearthwatch.kit.clock import Clock
from hearthwatch.kit.errors import BadReply, HearthwatchError, Refused, StorageFailed, Unreachable, Unsupported
from hearthwatch.kit.logs import redact
from hearthwatch.web import (
    api,
    api_access,
    api_actions,
    api_arming,
    api_audit,
    api_case,
    api_config,
    api_copies,
    api_elsewhere,
    api_entry,
    api_hooks,
    api_house,
    api_known,
    api_leaving,
    api_logins,
    api_offsite,
    api_own,
    api_people,
    api_porch,
    api_ptz,
    api_push,
    api_remedies,
    api_remote,
    api_review,
    api_setup,
    api_shares,
    api_storage,
    api_telegram,
    api_timelapse,
    api_timeline,
    api_trigger,
    api_way,
    api_welcome,
    live,
    media,
    metrics,
    stream,
)
from hearthwatch.web.auth import Auth, Denied, Permission, Wanted
from hearthwatch.web.changes import Changes
from hearthwatch.web.clips import ClipShelf
from hearthwatch.web.doors import Doors
from hearthwatch.web.gate import Gate, host_names, is_private_way, needs, rules
from hearthwatch.web.options import WebOptions
from hearthwatch.web.page import Page, page_router
from hearthwatch.web.person import problem
from hearthwatch.web.reach import Reach
from hearthwatch.web.relay import api as relay_api
from hearthwatch.web.relay import routes as relay_routes
from hearthwatch.web.relay.guest import Challenge, Guests
from hearthwatch.web.site import Site
from hearthwatch.web.way import Ways

log = logging.getLogger(__name__)

_STATUS: tuple[tuple[type[HearthwatchError], int], ...] = (
    (Unreachable, 503),
    (Refused, 502),
    (Unsupported, 409),
    (BadReply, 502),
    (StorageFailed, 507),
)


def create_app(
    doors: Doors,
    options: WebOptions,
    *,
    auth: Auth,
    clock: Clock,
    changes: Changes,
    clip_folder: Path,
    page: Page | None = None,
    metrics_token: str = "",
    reach: Reach | None = None,
) -> FastAPI:
    """Return the ASGI application. `clip_folder` holds clips being watched and is emptied now; it needs a running event loop
    only once it serves."""
    app = FastAPI(
        title="Hearthwatch",
        version="1",
        description="Requests that change something need the header `X-Hearthwatch-Token` (from `/api/v1/session`) "
        "and an `Origin` of this site.",
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    page = page or Page()
    app.state.site = Site(
        doors=doors,
        auth=auth,
        clock=clock,
        changes=changes,
        clips=ClipShelf(clip_folder, doors.footage, doors.cases),
        page=page,
        reach=reach or Reach(),
    )
    for router in (
        api.router,
        api_entry.router,
        api_own.router,
        api_access.router,
        api_leaving.router,
        api_review.router,
        api_actions.router,
        api_arming.router,
        api_hooks.router,
        api_house.router,
        api_trigger.router,
        api_known.router,
        api_logins.router,
        api_people.router,
        api_copies.router,
        api_remedies.router,
        api_remote.router,
        api_setup.router,
        api_storage.router,
        api_telegram.router,
        api_timelapse.router,
        api_timeline.router,
        api_shares.router,
        api_audit.router,
        api_porch.router,
        api_push.router,
        api_way.router,
        api_ptz.router,
        api_offsite.router,
        api_elsewhere.router,
        stream.router,
        live.router,
        media.router,
        api_case.router,
        api_config.router,
        api_welcome.router,
        metrics.router,
        relay_api.router,
        relay_routes.router,
    ):
        app.router.routes.extend(router.routes)  # as they are: include_router would make each a second time

    @app.get("/api/openapi.json", include_in_schema=False)
    @needs(Permission.PUBLIC)
    async def openapi() -> dict[str, Any]:
        return app.openapi()

    app.include_router(page_router(page))
    app.add_exception_handler(Denied, _denied)
    app.add_exception_handler(HearthwatchError, _failed)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _bug)
    guests = Guests(doors.relay, clock, is_private_way)
    app.add_middleware(
        Gate,
        auth=auth,
        table=rules(app),
        names=host_names(options.hosts),
        guests=guests.find,
        metrics_token=metrics_token,
        ways=Ways(options.trusted_proxies, behind_proxy=options.behind_proxy),
    )
    app.add_middleware(Challenge, guests=guests)
    return app


def _answer(
    status: int, error: str, hint: str = "", headers: dict[str, str] | None = None, wanted: Wanted | None = None
) -> JSONResponse:
    return JSONResponse(problem(redact(error), redact(hint), wanted), status_code=status, headers=headers)


async def _denied(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, Denied)
    headers = {"Retry-After": str(error.retry_after_s)} if error.retry_after_s else None
    return _answer(error.status, str(error), error.hint, headers, error.wanted)


async def _failed(_request: Request, error: Exception) -> JSONResponse:
    status = next((status for kind, status in _STATUS if isinstance(error, kind)), 500)
    return _answer(status, str(error))


async def _invalid(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    return _answer(422, "The request is not understood.", "; ".join(_explained(error.errors()[:5])))


def _explained(errors: Sequence[Any]) -> list[str]:
    return [f"{'.'.join(str(part) for part in found['loc'][1:]) or 'body'}: {found['msg']}" for found in errors]


async def _http(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    return _answer(error.status_code, str(error.detail))


async def _bug(_request: Request, _error: Exception) -> JSONResponse:
    return _answer(500, "Something went wrong inside Hearthwatch.", "The log on the machine says what; please report it.")
