"""The receiver's page for people: how to sign and send, in Spanish or English."""

import html
from functools import cache
from pathlib import Path
from string import Template
from typing import Literal

Language = Literal["es", "en"]

_FOLDER = Path(__file__).parent
HEADERS = {
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
}


def language(chosen: str, accepted: str) -> Language:
    """The language asked for by `?lang=`, else the first of Accept-Language that there is."""
    for code in (chosen, *(part.partition(";")[0] for part in accepted.split(","))):
        head = code.strip().lower()[:2]
        if head == "es":
            return "es"
        if head == "en":
            return "en"
    return "en"


def render(language: Language, address: str, *, signed: bool) -> str:
    """The page of a receiver that is reached at `address`."""
    return _template(language, signed).substitute(address=html.escape(address))


@cache
def _template(language: Language, signed: bool) -> Template:
    """The page with the examples in it; `${address}` is left open."""
    form = "signed" if signed else "unsigned"
    page = Template((_FOLDER / f"page.{language}.html").read_text("utf-8"))
    return Template(
        page.safe_substitute(
            curl=_example(f"example.{form}.sh.txt"), python=_example(f"example.{form}.py.txt")
        )
    )


def _example(name: str) -> str:
    """An example as it stands in the page; its own dollars are none of the template's."""
    text = html.escape((_FOLDER / name).read_text("utf-8").strip(), quote=False)
    return text.replace("$", "$$").replace("ADDRESS", "${address}")
