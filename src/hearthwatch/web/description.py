"""The API's description of itself (OpenAPI): what the routes say, who may call each, and the one body of every refusal."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from starlette.routing import compile_path

from hearthwatch.web.person import Permission
from hearthwatch.web.problem import MEDIA_TYPE, Problem

_REFUSALS = {"4XX": "Refused", "5XX": "Failed"}
_SECURITY = {
    "session": {"type": "apiKey", "in": "cookie", "name": "hearthwatch", "description": "A person's, by logging in."},
    "page": {"type": "apiKey", "in": "header", "name": "X-Hearthwatch-Token", "description": "Of `/api/v1/session`."},
    "program": {"type": "http", "scheme": "bearer", "description": "A program's token; the owner of the house makes them."},
}
_ANY_TOKEN = {
    "name": "X-Hearthwatch-Token",
    "in": "header",
    "required": True,
    "schema": {"type": "string", "minLength": 1},
    "description": "That of `/api/v1/session` for who is logged in; any word for who is not.",
}
_READS = frozenset({"get", "head"})


def description(app: FastAPI) -> dict[str, Any]:
    """Return it; made once."""
    if app.openapi_schema is not None:
        return app.openapi_schema
    found = app.openapi()
    components = found["components"]
    for unused in ("HTTPValidationError", "ValidationError"):  # FastAPI's own words for what `Problem` says
        components["schemas"].pop(unused, None)
    components["schemas"]["Problem"] = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    components["schemas"] |= components["schemas"]["Problem"].pop("$defs", {})
    components["securitySchemes"] = _SECURITY
    endpoints = {
        (compile_path(route.path or "")[1], way.lower()): route.endpoint
        for route in iter_route_contexts(app.routes)
        for way in route.methods or ()
    }
    for path, operations in found["paths"].items():
        for way, operation in operations.items():
            endpoint = endpoints[path, way]
            _refusals(operation["responses"])
            operation["security"] = _security(endpoint, way)
            if _is_public_page(endpoint, way):
                operation.setdefault("parameters", []).append(_ANY_TOKEN)
    return found


def _refusals(responses: dict[str, Any]) -> None:
    for status, said in list(responses.items()):
        if not status.startswith(("4", "5")):
            continue
        schema = said.get("content", {}).get("application/json", {}).get("schema", {})
        if schema.get("$ref", "").endswith("/HTTPValidationError"):
            del responses[status]
        elif schema:
            said["content"] = {MEDIA_TYPE: {"schema": schema}}
    for status, word in _REFUSALS.items():
        body = {"schema": {"$ref": "#/components/schemas/Problem"}}
        responses.setdefault(status, {"description": word, "content": {MEDIA_TYPE: body}})


def _security(endpoint: Any, way: str) -> list[dict[str, list[str]]]:
    permission = getattr(endpoint, "__hearthwatch_permission__", None)
    if permission is Permission.PUBLIC:
        return []
    if permission is Permission.METRICS:
        return [{"program": []}, {}]
    page: dict[str, list[str]] = {"page": []} if _changes_by_page(endpoint, way) else {}
    person: dict[str, list[str]] = {"session": []} | page
    return [person] if permission is Permission.OWN else [person, {"program": []}]


def _changes_by_page(endpoint: Any, way: str) -> bool:
    return way not in _READS and getattr(endpoint, "__hearthwatch_from_page__", True)


def _is_public_page(endpoint: Any, way: str) -> bool:
    is_public = getattr(endpoint, "__hearthwatch_permission__", None) is Permission.PUBLIC
    return is_public and _changes_by_page(endpoint, way)
