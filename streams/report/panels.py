"""Panels of the dashboards as the report uses them: one question, one definition, one name each."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Literal

import msgspec

from dashboards.console.config import GENERATED
from dashboards.named import read_query

Language = Literal["es", "en"]
LANGUAGES: tuple[Language, Language] = ("es", "en")

_QUERY_NAME = re.compile(r"-- query: (\w+)")


@dataclass(frozen=True)
class Text:
    """One text in both languages."""

    es: str
    en: str

    @classmethod
    def read(cls, both: str, between: str = " · ") -> "Text":
        """Take apart what Grafana shows side by side, or one below the other."""
        es, found, en = both.partition(between)
        return cls(es, en if found else es)

    def within(self, language: Language) -> str:
        """The one that is asked for."""
        return self.es if language == "es" else self.en


@dataclass(frozen=True)
class Column:
    """How a panel shows a column."""

    name: Text
    words: Mapping[str, Text] = field(default_factory=dict)  # for what stands in a cell
    unit: str = ""
    decimals: int = 0
    color: str = "#2f6fe4"


@dataclass(frozen=True)
class Panel:
    """One panel: where it stands, what it is called, what it means, how its columns look."""

    query: str
    board: str
    number: int
    title: Text
    about: Text
    columns: Mapping[str, Column]

    def column(self, name: str) -> Column:
        """How a column is shown; one the panel says nothing about, by its own name."""
        return self.columns.get(name, Column(Text(name, name)))


class _Target(msgspec.Struct, rename="camel"):
    raw_sql: str = ""


class _Setting(msgspec.Struct):
    id: str
    value: Any = None


class _Matcher(msgspec.Struct):
    options: str = ""


class _Override(msgspec.Struct):
    matcher: _Matcher
    properties: list[_Setting] = []


class _Fields(msgspec.Struct):
    overrides: list[_Override] = []


class _Panel(msgspec.Struct, rename="camel"):
    id: int
    title: str = ""
    description: str = ""
    targets: list[_Target] = []
    field_config: _Fields = msgspec.field(default_factory=_Fields)


class _Board(msgspec.Struct):
    uid: str
    panels: list[_Panel] = []


@cache
def panels() -> Mapping[str, Panel]:
    """Return every panel by the name of its query, read from the files that Grafana gets."""
    found: dict[str, Panel] = {}
    for path in sorted(GENERATED.glob("*.json")):
        board = msgspec.json.decode(path.read_bytes(), type=_Board)
        for panel in board.panels:
            for name in _queries(panel):
                found[name] = Panel(
                    name,
                    board.uid,
                    panel.id,
                    Text.read(panel.title),
                    Text.read(panel.description, "\n\n"),
                    _columns(panel),
                )
    return found


def sql_of(query: str) -> str:
    """Return the SQL of a query of the dashboards, its parts put in."""
    return read_query(query)


def _queries(panel: _Panel) -> Iterator[str]:
    for target in panel.targets:
        if (match := _QUERY_NAME.match(target.raw_sql)) is not None:
            yield match[1]


def _columns(panel: _Panel) -> dict[str, Column]:
    settings: dict[str, dict[str, Any]] = {}
    for override in panel.field_config.overrides:
        column = settings.setdefault(override.matcher.options, {})
        column.update({setting.id: setting.value for setting in override.properties})
    return {name: _column(name, values) for name, values in settings.items()}


def _column(name: str, values: dict[str, Any]) -> Column:
    words = {
        said: Text.read(shown["text"])
        for mapping in values.get("mappings", [])
        if mapping["type"] == "value"
        for said, shown in mapping["options"].items()
        if shown.get("text")
    }
    return Column(
        Text.read(values.get("displayName", name)),
        words,
        values.get("unit", ""),
        values.get("decimals", 0),
        values.get("color", {}).get("fixedColor", Column.color),
    )
