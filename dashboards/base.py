"""What all dashboards have in common: how they look, where they lead, what they are filtered by."""

from collections.abc import Sequence

from grafana_foundation_sdk.builders import dashboard
from grafana_foundation_sdk.models import dashboard as models

from dashboards.annotations import annotated
from dashboards.panels import query_variable
from dashboards.words import Text

# Where the console is, for links out of Grafana; in the console itself links stay where they are.
CONSOLE_ADDRESS = "http://localhost:8080"
VARIABLES: dict[str, Text] = {
    "lang": Text("Idioma", "Language"),
    "source": Text("Fuente", "Source"),
    "brand": Text("Marca", "Brand"),
    "topic": Text("Tema", "Topic"),
    "currency": Text("Moneda", "Currency"),
    "rank": Text("Ordenar por", "Rank by"),
}


def board(
    uid: str,
    title: Text,
    description: Text,
    variables: Sequence[str],
    *,
    period: str,
    refresh: str = "1m",
) -> dashboard.Dashboard:
    """Return a dashboard without panels, with its variables, links and annotations."""
    builder = (
        dashboard.Dashboard(title.inline)
        .uid(uid)
        .description(description.paragraphs)
        .tags(["escucha"])
        .timezone("browser")
        .time(period, "now")
        .refresh(refresh)
        .timepicker(
            dashboard.TimePicker().refresh_intervals(["5s", "10s", "30s", "1m", "5m", "15m"])
        )
        .tooltip(models.DashboardCursorSync.CROSSHAIR)
        .readonly()
    )
    for name in variables:
        builder = builder.with_variable(query_variable(name, VARIABLES[name]))
    address = models.VariableOption(text=CONSOLE_ADDRESS, value=CONSOLE_ADDRESS, selected=True)
    builder = builder.with_variable(
        dashboard.TextBoxVariable("console")
        .label(Text("Dirección de la consola", "Address of the console").inline)
        .default_value(CONSOLE_ADDRESS)
        .current(address)
        .options([address])
    )
    for link in _links():
        builder = builder.link(link)
    return annotated(builder)


def _links() -> tuple[dashboard.DashboardLink, ...]:
    return (
        dashboard.DashboardLink("Escucha")
        .type(models.DashboardLinkType.DASHBOARDS)
        .tags(["escucha"])
        .as_dropdown(True)
        .include_vars(True)
        .keep_time(True),
        dashboard.DashboardLink(Text("Consola", "Console").inline)
        .type(models.DashboardLinkType.LINK)
        .url("${console}/")
        .icon("external link")
        .target_blank(True),
    )
