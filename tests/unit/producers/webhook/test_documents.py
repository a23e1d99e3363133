"""The contract and the page say what the receiver does."""

from typing import Any

import jsonschema
import msgspec
import pytest

from streams.producers.webhook import openapi, page
from streams.producers.webhook.items import ROUTES
from streams.producers.webhook.options import ReceiverOptions
from tests.unit.producers.webhook.helpers import SECRET, mention, order, receiver

SIGNED = ReceiverOptions(secrets=(SECRET,))


def schema_for(path: str) -> dict[str, Any]:
    document = openapi.document(SIGNED)
    body = document["paths"][path]["post"]["requestBody"]["content"]["application/json"]
    return {**body["schema"], "components": document["components"]}


def references(node: object) -> set[str]:
    if isinstance(node, list):
        return set().union(*map(references, node)) if node else set()
    if not isinstance(node, dict):
        return set()
    own = {node["$ref"]} if isinstance(node.get("$ref"), str) else set()
    return own.union(*map(references, node.values())) if node else own


def test_every_path_that_takes_events_is_in_the_document_and_every_reference_resolves() -> None:
    document = openapi.document(SIGNED)
    assert {route.path for route in ROUTES} < set(document["paths"])
    known = {f"#/components/schemas/{name}" for name in document["components"]["schemas"]}
    assert references(document) <= known


def test_what_the_receiver_takes_follows_the_schema_and_what_it_refuses_does_not() -> None:
    validate = jsonschema.Draft202012Validator
    events = validate(schema_for("/v1/events"))
    orders = validate(schema_for("/v1/orders"))
    assert events.is_valid(mention())
    assert events.is_valid([mention(1), mention(2)])
    assert not events.is_valid(order())
    assert orders.is_valid(order())
    assert not orders.is_valid(order(amount="19,90"))
    assert not orders.is_valid([])


def test_a_receiver_without_signatures_does_not_ask_for_one() -> None:
    document = openapi.document(ReceiverOptions(insecure_no_signature=True))
    assert "securitySchemes" not in document["components"]
    assert "security" not in document["paths"]["/v1/orders"]["post"]


async def test_the_document_is_served() -> None:
    async with receiver() as running:
        answer = await running.client.get("/openapi.json")
    assert answer.content == msgspec.json.encode(openapi.document(SIGNED))


@pytest.mark.parametrize(
    ("chosen", "accepted", "language"),
    [
        ("", "", "en"),
        ("", "es-ES,es;q=0.9,en;q=0.8", "es"),
        ("", "de-DE,en;q=0.5,es;q=0.4", "en"),
        ("en", "es", "en"),
        ("es", "en", "es"),
        ("fr", "es", "es"),
    ],
)
def test_the_page_is_in_the_language_asked_for(chosen: str, accepted: str, language: str) -> None:
    assert page.language(chosen, accepted) == language


@pytest.mark.parametrize("language", ["es", "en"])
async def test_the_page_shows_how_to_sign_with_the_receivers_own_address(language: str) -> None:
    async with receiver() as running:
        answer = await running.client.get(f"/?lang={language}")
        shown = answer.text
        address = running.address.rstrip("/")
    assert f'<html lang="{language}">' in shown
    assert f"curl -sS {address}/v1/orders" in shown
    assert "ADDRESS" not in shown
    assert "$T" in shown
    assert "$$" not in shown
    assert "script" not in shown
    assert SECRET not in shown
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
