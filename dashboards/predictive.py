"""The dashboard of predictive signals: what will be wanted, before anybody asks the brand."""

from grafana_foundation_sdk.builders import dashboard
from grafana_foundation_sdk.models import dashboard as models

from dashboards.emerging import AlertMarks, add_emerging
from dashboards.panels import Text, query_variable

UID = "escucha-predictive"


def predictive() -> models.Dashboard:
    """Return the dashboard; building it twice gives the same."""
    builder = (
        dashboard.Dashboard(Text("Señales predictivas", "Predictive signals").inline)
        .uid(UID)
        .description(
            Text(
                "La intención de compra que surge, antes del primer contacto.",
                "Purchase intent as it emerges, before the first contact.",
            ).paragraphs
        )
        .tags(["escucha"])
        .timezone("browser")
        .time("now-30d", "now")
        .refresh("10s")
        .timepicker(dashboard.TimePicker().refresh_intervals(["5s", "10s", "1m", "5m", "15m"]))
        .tooltip(models.DashboardCursorSync.CROSSHAIR)
        .readonly()
        .with_variable(query_variable("lang", Text("Idioma", "Language")))
        .with_variable(query_variable("brand", Text("Marca", "Brand")))
        .with_variable(query_variable("topic", Text("Tema", "Topic")))
        .annotation(AlertMarks())
    )
    add_emerging(builder)
    return builder.build()
