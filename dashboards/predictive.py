"""The dashboard of predictive analytics; each subject's panels come from a module of its own."""

from grafana_foundation_sdk.builders import dashboard
from grafana_foundation_sdk.models import dashboard as models

from dashboards.annotations import annotated
from dashboards.emerging import add_emerging
from dashboards.panels import Text, query_variable
from dashboards.predictive_journeys import add_journeys

UID = "escucha-predictive"


def predictive() -> models.Dashboard:
    """Return the dashboard; building it twice gives the same."""
    builder = (
        dashboard.Dashboard(Text("Analítica predictiva", "Predictive analytics").inline)
        .uid(UID)
        .description(
            Text(
                "Quién va a comprar, desde cuándo se podía saber y en qué punto del camino está.",
                "Who is going to buy, since when it could be known, and how far along they are.",
            ).paragraphs
        )
        .tags(["escucha"])
        .timezone("browser")
        .time("now-90d", "now")
        .refresh("1m")
        .timepicker(dashboard.TimePicker().refresh_intervals(["10s", "1m", "5m", "15m"]))
        .readonly()
        .with_variable(query_variable("lang", Text("Idioma", "Language")))
        .with_variable(query_variable("source", Text("Fuente", "Source")))
        .with_variable(query_variable("brand", Text("Marca", "Brand")))
        .with_variable(query_variable("topic", Text("Tema", "Topic")))
    )
    add_emerging(builder)
    add_journeys(builder)
    return annotated(builder).build()
