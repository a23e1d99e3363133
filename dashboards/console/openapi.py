"""The description of the API (OpenAPI 3.1), made of the table of routes and the structs there."""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec

from dashboards.console.accounts import CSRF_HEADER
from dashboards.console.routes import Rule
from dashboards.console.shapes import Failure

Json = dict[str, Any]

_REF: Final = "#/components/schemas/{name}"
_PARAMETER = re.compile(r"\{(\w+)(?::(\w+))?\}")
_ABOUT = """\
What the pages of the console ask. Sign in with POST /api/session; the session is in a cookie. \
Every post also carries the header x-escucha-csrf (GET /api/session tells it), the Origin of the \
console, and JSON. Each route says which role it needs: viewer, agent, analyst or admin, each of \
which may also do what those before it may. Answers that fail have an error, a remedy and a code."""
_FAILURES: Final = {
    "400": "What was asked cannot be meant.",
    "401": "Nobody is signed in, or the sign-in was wrong.",
    "403": "The role is not enough, or a header of the post is missing.",
    "404": "It is not there, or not any more.",
    "429": "Asked, or tried to sign in, too often; wait a moment.",
    "503": "ClickHouse, or what keeps the change, does not answer.",
}
_FAILURES_BY_METHOD: Final = {
    "GET": {"413": "A question has no body.", "414": "The address is too long."},
    "POST": {
        "409": "Somebody else changed it first, or the change is refused.",
        "411": "The length is not told beforehand.",
        "413": "It is too much at once.",
        "415": "It is not JSON.",
        "422": "Some of it is wrong, so nothing was kept.",
    },
}


def document(rules: Iterable[Rule]) -> Json:
    """The description of all rules whose path begins with /api/."""
    told = [rule for rule in rules if rule.is_api]
    kinds = {_key(kind): kind for rule in told for kind in _types_of(rule)}
    schemas, components = msgspec.json.schema_components(
        [*kinds.values(), Failure], ref_template=_REF
    )
    found = dict(zip([*kinds, _key(Failure)], schemas, strict=True))
    paths: Json = {}
    for rule in told:
        path = _PARAMETER.sub(r"{\1}", rule.path)
        paths.setdefault(path, {})[rule.method.lower()] = _operation(rule, found)
    described = {
        "openapi": "3.1.0",
        "info": {"title": "Escucha console", "version": "1", "description": _ABOUT},
        "paths": dict(sorted(paths.items())),
        "components": {
            "schemas": dict(sorted(components.items())),
            "securitySchemes": {
                "session": {"type": "apiKey", "in": "cookie", "name": "escucha-8080"},
                "csrf": {"type": "apiKey", "in": "header", "name": CSRF_HEADER},
            },
        },
    }
    plain: Json = msgspec.json.decode(msgspec.json.encode(described))  # defaults may be tuples
    return plain


def written(rules: Iterable[Rule]) -> str:
    """The document as its file has it."""
    return json.dumps(document(rules), indent=2, ensure_ascii=False) + "\n"


def _operation(rule: Rule, found: Mapping[str, Json]) -> Json:
    parameters = [*_path_parameters(rule.path), *_query_parameters(rule)]
    operation: Json = {
        "operationId": _operation_id(rule),
        "summary": rule.about,
        "x-role": rule.needs or "everybody",
        "tags": [rule.path.split("/")[2]],
        "responses": {
            "200": {
                "description": "What was asked for.",
                "content": {
                    media: {"schema": found[_key(rule.answers)] if rule.answers else {}}
                    for media in rule.media
                },
            },
            **{
                status: {"description": text, "content": _json(found[_key(Failure)])}
                for status, text in sorted((_FAILURES | _FAILURES_BY_METHOD[rule.method]).items())
            },
        },
    }
    if parameters:
        operation["parameters"] = parameters
    if rule.takes:
        content = _json(found[_key(rule.takes)])
        operation["requestBody"] = {"required": True, "content": content}
    needed: list[Json] = (
        [{"session": [], "csrf": []}] if rule.method == "POST" else [{"session": []}]
    )
    operation["security"] = needed if rule.needs else []
    return operation


def _path_parameters(path: str) -> list[Json]:
    return [
        {
            "name": name,
            "in": "path",
            "required": True,
            "schema": {"type": "integer" if kind == "int" else "string"},
        }
        for name, kind in _PARAMETER.findall(path)
    ]


def _query_parameters(rule: Rule) -> list[Json]:
    if rule.asks is None:
        return []
    _, components = msgspec.json.schema_components([rule.asks], ref_template=_REF)
    schema = components[rule.asks.__name__]
    return [
        {
            "name": name,
            "in": "query",
            "required": name in schema.get("required", ()),
            "schema": part,
        }
        for name, part in schema["properties"].items()
    ]


def _types_of(rule: Rule) -> list[Any]:
    return [kind for kind in (rule.takes, rule.answers) if kind is not None]


def _key(kind: Any) -> str:
    return f"{getattr(kind, '__module__', '')}.{getattr(kind, '__name__', kind)}"


def _operation_id(rule: Rule) -> str:
    words = re.sub(r"[^A-Za-z]+", " ", _PARAMETER.sub(r"\1", rule.path[5:])).split()
    return rule.method.lower() + "".join(word.capitalize() for word in words)


def _json(schema: Json) -> Json:
    return {"application/json": {"schema": schema}}
