"""The application: routes, gate and error texts put together around the doors of the house."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from hearthwatch.kit.clock import Clock
from hearthwatch.kit.errors import BadReply, HearthwatchError, Refused, StorageFailed, Unreachable, Unsupported
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
    api_fleet,
    api_hooks,
    api_house,
    api_known,
    api_leaving,
    api_logins,
    api_machine,
    api_offsite,
    api_own,
    api_people,
    api_porch,
    api_ptz,
    api_push,
    api_release,
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
    at_node,
    live,
    media,
    metrics,
    misread,
    stream,
)
from hearthwatch.web.auth import Auth, Denied, Permission
from hearthwatch.web.changes import Changes
from hearthwatch.web.clips import ClipShelf
from hearthwatch.web.description import description
from hearthwatch.web.doors import Doors
from hearthwatch.web.gate import Gate, host_names, is_private_way, needs, rules
from hearthwatch.web.headers import HEADERS
from hearthwatch.web.options import WebOptions
from hearthwatch.web.page import Page, page_router
from hearthwatch.web.problem import answered, problem, refused
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
        description="A page's requests that change something need the header `X-Hearthwatch-Token` (from `/api/v1/session`) "
        "and an `Origin` of this site; a program sends its token alone.",
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
        api_release.router,
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
        api_fleet.router,
        api_machine.router,
        at_node.router,
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
        return description(app)

    app.include_router(page_router(page))
    app.add_exception_handler(Denied, _denied)
    app.add_exception_handler(HearthwatchError, _failed)
    app.add_exception_handler(RequestValidationError, _misread)
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
        clock=clock,
        ways=Ways(options.trusted_proxies, behind_proxy=options.behind_proxy),
    )
    app.add_middleware(Challenge, guests=guests)
    return app


async def _denied(_request: Request, error: Exception) -> Response:
    assert isinstance(error, Denied)
    return refused(error)


async def _failed(_request: Request, error: Exception) -> Response:
    status = next((status for kind, status in _STATUS if isinstance(error, kind)), 500)
    return answered(problem(status, str(error)))


async def _misread(_request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    return answered(problem(422, "The request is not understood.", misread.explained(error.errors())))


async def _http(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if error.status_code == 400:
        return answered(problem(400, "The body of the request cannot be read.", "Send JSON in UTF-8, not nested too deeply."))
    return answered(problem(error.status_code, str(error.detail)))


async def _bug(_request: Request, error: Exception) -> Response:
    wrong = problem(500, "Something went wrong inside Hearthwatch.", "The log on the machine says what; please report it.")
    if isinstance(error, MemoryError) or "can't start new thread" in str(error):
        wrong = problem(503, "This machine has no memory left for that.", "Try again shortly; `hearthwatch status` says more.")
    return answered(
        wrong,
        HEADERS | {"Cache-Control": "no-store"},  # it is outside the gate that this is answered
    )
