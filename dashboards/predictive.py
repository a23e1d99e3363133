"""The dashboard of predictive analytics; each subject's panels come from a module of its own."""

from grafana_foundation_sdk.models import dashboard as models

from dashboards.base import board
from dashboards.emerging import add_emerging
from dashboards.predictive_journeys import add_journeys
from dashboards.words import Text

UID = "escucha-predictive"


def predictive() -> models.Dashboard:
    """Return the dashboard; building it twice gives the same."""
    builder = board(
        UID,
        Text("Analítica predictiva", "Predictive analytics"),
        Text(
            "Quién va a comprar, desde cuándo se podía saber y en qué punto del camino está.",
            "Who is going to buy, since when it could be known, and how far along they are.",
        ),
        ("lang", "source", "brand", "topic"),
        period="now-90d",
    )
    add_emerging(builder)
    add_journeys(builder)
    return builder.build()
