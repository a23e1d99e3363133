"""What types cannot say of a listening file: rules that make sense, names that fit together."""

from collections.abc import Iterator, Mapping
from typing import Any

from yaml.nodes import Node

from streams.rules.entities import sensible
from streams.rules.errors import RuleError, did_you_mean
from streams.rules.listening import SECTIONS
from streams.rules.nodes import Node as Rule
from streams.rules.nodes import Not, all_of
from streams.rules.sense import contradiction
from streams.rules.terms import TermError, tokens_of
from streams.rules.yaml_places import YamlFile

Place = tuple[str | int, ...]
Entry = tuple[Place, dict[str, Any]]
_RULES = ("rule", "exclude")
DEFAULT = "default"  # of `keep`


class Check:
    """Notes every mistake of plain data that a Reader made; where the Reader noted one, skips."""

    def __init__(self, file: YamlFile, nodes: Mapping[Place, Node], data: Any) -> None:
        self._file = file
        self._nodes = nodes
        self._data = data
        self._rules: dict[Place, Rule] = {}

    def all(self) -> None:
        """Check everything."""
        for section in SECTIONS:
            entries = list(self._entries(section))
            self._names(section, entries)
            for place, entry in entries:
                self._rules_of(place, entry)
                if section == "brands":
                    self._brand(place, entry)
                elif section == "campaigns":
                    self._campaign(place, entry)
        for section in ("care_accounts", "employees"):
            for number, handle in enumerate(self._data.get(section) or ()):
                self._term((section, number), handle, "@")
        for source in self._data.get("keep") or ():
            if source != DEFAULT and not (source.isascii() and source.islower()):
                self._note(("keep", source), f"`{source}` is no source: write its short name")

    def _entries(self, section: str) -> Iterator[Entry]:
        for number, entry in enumerate(self._data.get(section) or ()):
            if isinstance(entry, dict):
                yield (section, number), entry

    def _note(self, place: Place, message: str, offset: int | None = None) -> None:
        self._file.problem(self._nodes[place], message, offset)

    def _names(self, section: str, entries: list[Entry]) -> None:
        seen: set[str] = set()
        for place, entry in entries:
            name = entry.get("name")
            if name in seen:
                self._note((*place, "name"), f"two {section} have the name `{name}`: change one")
            if isinstance(name, str):
                seen.add(name)

    def _rules_of(self, place: Place, entry: dict[str, Any]) -> None:
        found = {}
        for field in _RULES:
            text = entry.get(field)
            if not isinstance(text, str):
                continue
            try:
                found[field] = sensible(text)
            except RuleError as error:
                for problem in error.problems:
                    self._note((*place, field), str(problem), problem.start)
        if len(found) == len(_RULES):
            clash = contradiction(all_of((found["rule"], Not(found["exclude"]))))
            if clash:
                self._note((*place, "exclude"), f"this leaves nothing of the rule: {clash[0]}")

    def _brand(self, place: Place, brand: dict[str, Any]) -> None:
        if brand.get("match_name", True):
            self._term((*place, "name"), brand.get("name"))
        for number, name in enumerate(brand.get("names") or ()):
            self._term((*place, "names", number), name)
        for number, handle in enumerate(brand.get("handles") or ()):
            self._term((*place, "handles", number), handle, "@")
        for at, product in enumerate(brand.get("products") or ()):
            if isinstance(product, dict):
                self._term((*place, "products", at, "name"), product.get("name"))
                for number, name in enumerate(product.get("names") or ()):
                    self._term((*place, "products", at, "names", number), name)
        ways = ("names", "handles", "accounts", "products", "rule")
        if brand.get("match_name") is False and not any(brand.get(way) for way in ways):
            message = "nothing finds this brand: add `names:`, `handles:` or a `rule:`"
            self._note((*place, "match_name"), message)

    def _term(self, place: Place, term: Any, before: str = "") -> None:
        if isinstance(term, str):
            try:
                tokens_of(before + term.removeprefix("@") if before else term, wild=False)
            except TermError as error:
                self._note(place, f"{error}: {error.remedy}")

    def _campaign(self, place: Place, campaign: dict[str, Any]) -> None:
        start, end = campaign.get("from"), campaign.get("to")
        if start and end and end < start:
            self._note((*place, "to"), f"this campaign ends ({end}) before it starts ({start})")
        brand = campaign.get("brand")
        brands = [entry.get("name") for _, entry in self._entries("brands")]
        known = [name for name in brands if isinstance(name, str)]
        if brand and brand not in known:
            self._note((*place, "brand"), f"no brand is named `{brand}`: {_hint(brand, known)}")


def _hint(brand: str, known: list[str]) -> str:
    return did_you_mean(brand, known) if known else "there are none"
