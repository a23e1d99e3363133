"""The dashboards as files: what a panel asks, and what of it the page may see (never SQL)."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from dashboards.console.errors import NotFoundError

_QUERY_NAME = re.compile(r"-- query: (\w+)")
_FIRST = "escucha-listening"  # what the console opens with
_SHOWN = ("id", "type", "title", "description", "gridPos", "options", "links")


class _Target(msgspec.Struct, rename="camel"):
    raw_sql: str = ""


class _Panel(msgspec.Struct, rename="camel"):
    id: int
    type: str
    targets: list[_Target] = []
    max_data_points: int = 100
    interval: str = ""


class _Variable(msgspec.Struct, rename="camel"):
    name: str
    type: str
    query: str
    label: str = ""
    all_value: str = ""
    multi: bool = False
    include_all: bool = False


class _Templating(msgspec.Struct, rename={"variables": "list"}):
    variables: list[_Variable] = []


class _Annotation(msgspec.Struct, rename="camel"):
    name: str
    target: _Target
    icon_color: str = ""
    enable: bool = True


class _Annotations(msgspec.Struct, rename={"queries": "list"}):
    queries: list[_Annotation] = []


class _Document(msgspec.Struct):
    """What the console relies on in a dashboard file; decoding checks it."""

    uid: str
    title: str
    panels: list[_Panel]
    templating: _Templating = msgspec.field(default_factory=_Templating)
    annotations: _Annotations = msgspec.field(default_factory=_Annotations)


@dataclass(frozen=True)
class Panel:
    """What one panel asks of ClickHouse."""

    panel_id: int
    kind: str
    sql: str
    max_points: int
    interval: str


@dataclass(frozen=True)
class Variable:
    """A list to choose from; `all_value` is SQL of our own that stands for "All"."""

    name: str
    label: str
    sql: str
    all_value: str
    multi: bool


@dataclass(frozen=True)
class Annotation:
    """Moments to draw over the charts: rows of a time and a text."""

    color: str
    sql: str


@dataclass(frozen=True)
class Board:
    """One dashboard, ready to be asked."""

    uid: str
    title: str
    panels: Mapping[int, Panel]
    variables: Mapping[str, Variable]
    annotations: Sequence[Annotation]
    shown: Mapping[str, Any] = field(repr=False)

    def panel(self, panel_id: int) -> Panel:
        """Return a panel that has a query; raises NotFoundError."""
        if panel_id not in self.panels:
            raise NotFoundError(f"this dashboard has no panel {panel_id}", "Reload the page.")
        return self.panels[panel_id]


def load_boards(directory: Path) -> dict[str, Board]:
    """Return the dashboards of a directory by uid, in the order of the menu.

    Raises msgspec.ValidationError naming the field of a file that is not such a dashboard.
    """
    files = sorted(directory.glob("*.json"), key=lambda path: (path.stem != _FIRST, path.stem))
    boards = (_board(path.read_bytes()) for path in files)
    return {board.uid: board for board in boards}


def _board(content: bytes) -> Board:
    document = msgspec.json.decode(content, type=_Document)
    raw = msgspec.json.decode(content)
    return Board(
        uid=document.uid,
        title=document.title,
        panels={
            panel.id: Panel(
                panel.id,
                panel.type,
                panel.targets[0].raw_sql,
                panel.max_data_points,
                panel.interval,
            )
            for panel in document.panels
            if panel.targets
        },
        variables={
            variable.name: Variable(
                variable.name,
                variable.label or variable.name,
                variable.query,
                variable.all_value,
                variable.multi,
            )
            for variable in document.templating.variables
            if variable.type == "query"
        },
        annotations=[
            Annotation(annotation.icon_color, annotation.target.raw_sql)
            for annotation in document.annotations.queries
            if annotation.enable and annotation.target.raw_sql
        ],
        shown=_shown(raw),
    )


def _shown(raw: dict[str, Any]) -> dict[str, Any]:
    return {
        "uid": raw["uid"],
        "title": raw["title"],
        "description": raw.get("description", ""),
        "time": raw.get("time", {"from": "now-24h", "to": "now"}),
        "refresh": raw.get("refresh", ""),
        "intervals": raw.get("timepicker", {}).get("refresh_intervals", []),
        "links": raw.get("links", []),
        "panels": [_shown_panel(panel) for panel in raw["panels"]],
    }


def _shown_panel(panel: dict[str, Any]) -> dict[str, Any]:
    shown = {name: panel[name] for name in _SHOWN if name in panel}
    targets = panel.get("targets", [])
    name = _QUERY_NAME.match(targets[0].get("rawSql", "")) if targets else None
    config = panel.get("fieldConfig", {})
    return shown | {
        "query": name[1] if name else "",
        "hasData": bool(targets),
        "defaults": config.get("defaults", {}),
        "overrides": config.get("overrides", []),
    }
