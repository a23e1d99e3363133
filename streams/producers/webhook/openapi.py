"""The receiver's contract as OpenAPI 3.1, made of the structs that it checks by."""

from functools import cache
from typing import Any

import msgspec

from streams.producers.webhook.answers import Accepted, Refusal
from streams.producers.webhook.items import ROUTES, Problem, Route
from streams.producers.webhook.options import ReceiverOptions
from streams.producers.webhook.signatures import TOLERANCE_SEC

Json = dict[str, Any]

_REFUSALS: dict[str, str] = {
    "400": "The body is empty or not JSON.",
    "401": "Not signed by anyone who knows a secret, or too long ago.",
    "408": "The body came too slowly.",
    "413": "Too many bytes or events in one request.",
    "415": "Not JSON or NDJSON in UTF-8, or compressed.",
    "422": "Some events break the contract; none was taken. `items` names each.",
    "429": "Too many requests at once or of one sender; Retry-After says when to come again.",
    "503": "Kafka did not acknowledge every event; send the whole request again.",
}
_RETRIES = frozenset({"429", "503"})


def document(options: ReceiverOptions) -> Json:
    """The document of a receiver with these limits."""
    signed = not options.insecure_no_signature
    structs, components = _schemas()
    names = {struct: reference["$ref"] for struct, reference in structs.items()}
    document: Json = {
        "openapi": "3.1.0",
        "info": {
            "title": "Escucha receiver",
            "version": "1.0.0",
            "description": (
                "Sends events to Escucha. 202 means that Kafka has all of them. A request is taken"
                f" whole or not at all; at most {options.max_events} events and"
                f" {options.max_body_bytes} bytes. Ids make sending again harmless."
            ),
        },
        "paths": {
            **{route.path: {"post": _operation(route, names, signed)} for route in ROUTES},
            "/healthz": {
                "get": {
                    "summary": "Whether Kafka answers.",
                    "operationId": "health",
                    "responses": {
                        "200": {"description": "Kafka answers."},
                        "503": {"description": "Kafka does not answer."},
                    },
                }
            },
        },
        "components": {"schemas": components},
    }
    if signed:
        document["components"]["securitySchemes"] = {
            "signature": {
                "type": "apiKey",
                "in": "header",
                "name": "X-Escucha-Signature",
                "description": (
                    "t=<unix seconds>,v1=<hex of HMAC-SHA256(secret, '<t>.' + body)>; t at most"
                    f" {TOLERANCE_SEC} s off. Several v1 are tried in turn."
                ),
            }
        }
    return document


@cache
def _schemas() -> tuple[dict[type[msgspec.Struct], Json], Json]:
    """A reference to each struct, and all schemas they need."""
    structs = [struct for route in ROUTES for struct in route.structs]
    wanted: list[type[msgspec.Struct]] = [*structs, Accepted, Refusal, Problem]
    references, components = msgspec.json.schema_components(
        wanted, ref_template="#/components/schemas/{name}"
    )
    return dict(zip(wanted, references, strict=True)), components


def _operation(route: Route, names: dict[type[msgspec.Struct], str], signed: bool) -> Json:
    schema: Json = {"$ref": names[route.structs[0]]}
    if len(route.structs) > 1:
        schema = {
            "oneOf": [{"$ref": names[struct]} for struct in route.structs],
            "discriminator": {
                "propertyName": "type",
                "mapping": {
                    str(struct.__struct_config__.tag): names[struct] for struct in route.structs
                },
            },
        }
    answers: Json = {
        "202": {
            "description": "Kafka has every event.",
            "content": {"application/json": {"schema": {"$ref": names[Accepted]}}},
        }
    }
    for status, description in _REFUSALS.items():
        if status == "401" and not signed:
            continue
        answers[status] = {
            "description": description,
            "content": {"application/json": {"schema": {"$ref": names[Refusal]}}},
        }
        if status in _RETRIES:
            answers[status]["headers"] = {
                "Retry-After": {"description": "Seconds.", "schema": {"type": "integer"}}
            }
    lines = {"schema": {"type": "string", "description": "One JSON object a line."}}
    operation: Json = {
        "summary": route.summary,
        "operationId": f"send_{route.path.rpartition('/')[2]}",
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {
                    "schema": {"oneOf": [schema, {"type": "array", "items": schema, "minItems": 1}]}
                },
                "application/x-ndjson": lines,
                "application/jsonl": lines,
            },
        },
        "responses": answers,
    }
    if signed:
        operation["security"] = [{"signature": []}]
    return operation
