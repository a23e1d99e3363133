"""Builders that every dashboard shares: names and colours, queries and panels."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol, TypeVar

from grafana_foundation_sdk.builders import barchart, common, dashboard, stat, table, timeseries
from grafana_foundation_sdk.cog import builder as cogbuilder
from grafana_foundation_sdk.cog import variants as cogvariants
from grafana_foundation_sdk.models import common as common_models
from grafana_foundation_sdk.models import dashboard as models

from dashboards.links import LINKS, Link
from dashboards.named import read_query
from dashboards.words import Text

DATASOURCE = models.DataSourceRef(type_val="grafana-clickhouse-datasource", uid="escucha")
ALL_VALUE = "'*'"  # stands for "All" in the queries; no language, source or brand is called so

# Told apart with any colour vision, and 3:1 against a white and a near-black page.
ACTIVE, LATENT, NONE = "#2f6fe4", "#c98500", "#8492a6"
CALM, WARN, BAD = "#0b8a6f", "#c98500", "#d1453b"
P50, P95 = "#3f8fd6", "#7d66c9"

_TIME_SERIES, _TABLE = 0, 1  # numbers of the data source plugin


INTENTS: Mapping[str, tuple[Text, str]] = {
    "active": (Text("Activa", "Active"), ACTIVE),
    "latent": (Text("Latente", "Latent"), LATENT),
    "none": (Text("Sin intención", "No intent"), NONE),
}
STAGES: Mapping[str, Text] = {
    "none": Text("Sin etapa", "No stage"),
    "awareness": Text("Descubrimiento", "Awareness"),
    "consideration": Text("Consideración", "Consideration"),
    "decision": Text("Decisión", "Decision"),
    "use": Text("Uso", "Use"),
    "advocacy": Text("Recomendación", "Advocacy"),
}

CONTACTS: Mapping[str, tuple[Text, str]] = {
    "like": (Text("Me gusta", "Like"), "#b0478a"),
    "follow": (Text("Seguir", "Follow"), "#0b8a6f"),
    "repost": (Text("Republicar", "Repost"), "#7d66c9"),
    "bookmark": (Text("Guardar", "Bookmark"), "#c98500"),
    "words": (Text("Con palabras", "In words"), "#3f8fd6"),
}
SOURCE_STATES: Mapping[str, tuple[Text, str]] = {
    "live": (Text("En directo", "Live"), CALM),
    "stalled": (Text("Parada", "Stalled"), BAD),
    "stopped": (Text("Terminada", "Ended"), NONE),
    "abandoned": (Text("Callada 7 días", "Silent 7 days"), WARN),
    "unwatched": (Text("Sin latidos", "No heartbeats"), NONE),
}


class ClickHouseQuery(cogvariants.Dataquery):
    """The data source's query, which the SDK does not know."""

    def __init__(self, sql: str, result_format: int) -> None:
        self.sql = sql
        self.result_format = result_format

    def to_json(self) -> dict[str, object]:
        """Return the target as the plugin stores it."""
        return {
            "refId": "A",
            "datasource": DATASOURCE,
            "editorType": "sql",
            "format": self.result_format,
            "queryType": "timeseries" if self.result_format == _TIME_SERIES else "table",
            "rawSql": self.sql,
        }


class ClickHouseQueryBuilder(cogbuilder.Builder[cogvariants.Dataquery]):
    """Builds the query of the file `queries/<name>.sql`."""

    def __init__(self, name: str, result_format: int) -> None:
        self._query = ClickHouseQuery(read_query(name), result_format)

    def build(self) -> cogvariants.Dataquery:
        """Return the query."""
        return self._query


class _CommonPanel(Protocol):
    """What all panel builders of the SDK have in common and we use."""

    def title(self, title: str) -> object: ...
    def description(self, description: str) -> object: ...
    def datasource(self, datasource: models.DataSourceRef) -> object: ...
    def with_target(self, target: cogbuilder.Builder[cogvariants.Dataquery]) -> object: ...
    def id(self, id_val: int) -> object: ...
    def span(self, w: int) -> object: ...
    def height(self, h: int) -> object: ...
    def no_value(self, no_value: str) -> object: ...
    def links(self, links: list[cogbuilder.Builder[models.DashboardLink]]) -> object: ...
    def data_links(self, links: list[cogbuilder.Builder[models.DashboardLink]]) -> object: ...
    def override_by_name(
        self, name: str, properties: list[models.DynamicConfigValue]
    ) -> object: ...


PanelT = TypeVar("PanelT", bound=_CommonPanel)


@dataclass(frozen=True)
class Spot:
    """Which panel this is and how much of the 24-column grid it takes."""

    panel_id: int  # never reused: addresses and alerts point at it
    width: int
    height: int


def stat_panel(
    spot: Spot,
    query: str,
    title: Text,
    description: Text,
    *,
    unit: str = "short",
    decimals: int | None = None,
    limits: tuple[float, float] | None = None,
    color: str = NONE,
) -> stat.Panel:
    """Return one number; with `limits` it is calm below the first and bad from the second on."""
    steps = [models.Threshold(value=None, color=color)]
    if limits is not None:
        steps = [
            models.Threshold(value=None, color=CALM),
            models.Threshold(value=limits[0], color=WARN),
            models.Threshold(value=limits[1], color=BAD),
        ]
    panel = (
        stat.Panel()
        .unit(unit)
        .thresholds(dashboard.ThresholdsConfig().mode(models.ThresholdsMode.ABSOLUTE).steps(steps))
        .color_scheme(dashboard.FieldColor().mode(models.FieldColorModeId.THRESHOLDS))
        .graph_mode(common_models.BigValueGraphMode.NONE)
        .color_mode(common_models.BigValueColorMode.VALUE)
        .reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]).fields("").values(False))
    )
    if decimals is not None:
        panel = panel.decimals(decimals)
    return _dressed(panel, spot, query, title, description, _TABLE)


def time_series_panel(
    spot: Spot,
    query: str,
    title: Text,
    description: Text,
    *,
    unit: str = "short",
    max_points: int = 90,
    stacked_bars: bool = False,
) -> timeseries.Panel:
    """Return lines over time, or bars on top of each other."""
    panel = (
        timeseries.Panel()
        .unit(unit)
        .thresholds(_plain())
        .min(0)
        .max_data_points(max_points)
        .legend(
            common.VizLegendOptions()
            .show_legend(True)
            .display_mode(common_models.LegendDisplayMode.LIST)
            .placement(common_models.LegendPlacement.BOTTOM)
        )
        .tooltip(common.VizTooltipOptions().mode(common_models.TooltipDisplayMode.MULTI))
        .show_points(common_models.VisibilityMode.NEVER)
    )
    if stacked_bars:
        panel = (
            panel.draw_style(common_models.GraphDrawStyle.BARS)
            .line_width(0)
            .fill_opacity(90)
            .stacking(common.StackingConfig().mode(common_models.StackingMode.NORMAL).group("A"))
        )
    else:
        panel = panel.draw_style(common_models.GraphDrawStyle.LINE).line_width(2).fill_opacity(8)
    return _dressed(panel, spot, query, title, description, _TIME_SERIES)


def bars_panel(
    spot: Spot, query: str, title: Text, description: Text, *, category: str
) -> barchart.Panel:
    """Return one bar for each category, lying on its side, its series on top of each other."""
    panel = (
        barchart.Panel()
        .unit("short")
        .thresholds(_plain())
        .x_field(category)
        .orientation(common_models.VizOrientation.HORIZONTAL)
        .stacking(common_models.StackingMode.NORMAL)
        .show_value(common_models.VisibilityMode.NEVER)
        .fill_opacity(90)
        .line_width(0)
        .min(0)
    )
    return _dressed(panel, spot, query, title, description, _TABLE)


def table_panel(
    spot: Spot, query: str, title: Text, description: Text, *, empty: Text | None = None
) -> table.Panel:
    """Return rows and columns; `empty` is what to say when there are none."""
    panel = _dressed(
        # Whole numbers: an offset of 12345 is no "12.3 K".
        table.Panel()
        .unit("none")
        .thresholds(_plain())
        .cell_height(common_models.TableCellHeight.SM),
        spot,
        query,
        title,
        description,
        _TABLE,
    )
    return panel.no_value(empty.inline) if empty else panel


def _dressed(
    panel: PanelT, spot: Spot, query: str, title: Text, description: Text, result_format: int
) -> PanelT:
    panel.id(spot.panel_id)
    panel.span(spot.width)
    panel.height(spot.height)
    panel.title(title.inline)
    panel.description(description.paragraphs)
    panel.datasource(DATASOURCE)
    panel.no_value("—")
    panel.with_target(ClickHouseQueryBuilder(query, result_format))
    for link in LINKS.get(query, ()):
        if link.field:
            panel.override_by_name(link.field, [linked(link)])
        else:
            panel.links([_data_link(link)])
            if not isinstance(panel, table.Panel):  # there, every cell would be a link
                panel.data_links([_data_link(link)])
    return panel


def _plain() -> dashboard.ThresholdsConfig:
    """One colour for all values: there is no good and bad about them."""
    return dashboard.ThresholdsConfig().mode(models.ThresholdsMode.ABSOLUTE).steps(
        [models.Threshold(value=None, color=NONE)]
    )  # fmt: skip


def _data_link(link: Link) -> dashboard.DashboardLink:
    return (
        dashboard.DashboardLink(link.title.inline)
        .type(models.DashboardLinkType.LINK)
        .url(link.url)
        .target_blank(True)
    )


def linked(link: Link) -> models.DynamicConfigValue:
    """Return what makes each value of a column lead somewhere."""
    shown = {"title": link.title.inline, "url": link.url, "targetBlank": True}
    return models.DynamicConfigValue("links", [shown])


def named(text: Text, color: str | None = None) -> list[models.DynamicConfigValue]:
    """Return what gives a series its name and colour."""
    properties = [models.DynamicConfigValue("displayName", text.inline)]
    if color is not None:
        properties.append(
            models.DynamicConfigValue("color", {"mode": "fixed", "fixedColor": color})
        )
    return properties


def mapped(texts: Mapping[str, tuple[Text, str | None]]) -> models.DynamicConfigValue:
    """Return what shows a stored value by its name, and in its colour if it has one."""
    options = {
        value: {"text": text.inline, "index": index} | ({"color": color} if color else {})
        for index, (value, (text, color)) in enumerate(texts.items())
    }
    return models.DynamicConfigValue("mappings", [{"type": "value", "options": options}])


def query_variable(name: str, label: Text) -> dashboard.QueryVariable:
    """Return a list to choose several values from, "All" first; its query is `variable_<name>`."""
    return (
        dashboard.QueryVariable(name)
        .label(label.inline)
        .datasource(DATASOURCE)
        .query(read_query(f"variable_{name}"))
        .refresh(models.VariableRefresh.ON_TIME_RANGE_CHANGED)
        .multi(True)
        .include_all(True)
        .all_value(ALL_VALUE)
        .allow_custom_value(False)
        .current(models.VariableOption(text="All", value="$__all", selected=True))
    )


def columns(panel: table.Panel, columns: dict[str, tuple[Text, int | None]]) -> table.Panel:
    """Return the panel with a heading and, where given, a width in pixels for each column."""
    for name, (heading, width_px) in columns.items():
        properties = named(heading)
        if width_px is not None:
            properties.append(models.DynamicConfigValue("custom.width", width_px))
        panel = panel.override_by_name(name, properties)
    return panel


def alarm_from(limit: int) -> list[models.DynamicConfigValue]:
    """Return what shows a number in red from `limit` on."""
    steps = [{"color": "text", "value": None}, {"color": "#d1453b", "value": limit}]
    return [
        models.DynamicConfigValue("thresholds", {"mode": "absolute", "steps": steps}),
        models.DynamicConfigValue("custom.cellOptions", {"type": "color-text"}),
    ]
