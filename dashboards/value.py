"""The dashboard of the social customer: what they are worth, whom they move, what ties them."""

from grafana_foundation_sdk.builders import barchart, dashboard, stat
from grafana_foundation_sdk.models import dashboard as models

from dashboards.base import board
from dashboards.panels import ACTIVE, P50, Spot, bars_panel, mapped, named, stat_panel
from dashboards.value_people import (
    SEGMENTS,
    bonds,
    exchange,
    exchange_people,
    interests,
    networks,
    rating,
)
from dashboards.value_tables import customers, influence
from dashboards.words import Text

UID = "escucha-value"


def value() -> models.Dashboard:
    """Return the dashboard; building it twice gives the same."""
    builder = board(
        UID,
        Text("Valor del cliente social", "Social customer value"),
        Text(
            "Lo que vale un cliente más allá de lo que compra: a quién mueve, a quién ayuda y "
            "qué lo une a los demás. Se calcula de nuevo cada pocos minutos.",
            "What a customer is worth beyond what they buy: whom they move, whom they help "
            "and what ties them to others. Computed anew every few minutes.",
        ),
        ("rank", "currency"),
        period="now-90d",
    )
    for headline in _headlines():
        builder.with_panel(headline)
    builder.with_panel(customers(Spot(6, 24, 12)))
    builder.with_row(dashboard.Row(Text("Mover a otros", "Moving others").inline).id(40))
    builder.with_panel(influence(Spot(7, 24, 11)))
    builder.with_row(dashboard.Row(Text("Quién es quién", "Who is who").inline).id(42))
    builder.with_panel(rating(Spot(12, 16, 11)))
    builder.with_panel(_segments())
    builder.with_panel(bonds(Spot(14, 10, 10)))
    builder.with_panel(exchange(Spot(15, 14, 10)))
    builder.with_panel(exchange_people(Spot(22, 24, 10)))
    builder.with_panel(interests(Spot(20, 24, 10)))
    builder.with_panel(networks(Spot(21, 24, 8)))
    return builder.build()


def _headlines() -> tuple[stat.Panel, ...]:
    return (
        stat_panel(
            Spot(1, 12, 3),
            "value_customers_total",
            Text("Clientes", "Customers"),
            Text(
                "Autores con al menos una compra, de siempre.",
                "Authors with at least one purchase, ever.",
            ),
        ),
        stat_panel(
            Spot(2, 12, 3),
            "value_moved",
            Text("Movidos, neto", "Moved, net"),
            Text(
                "Personas que compraron después de una recomendación, menos las que, según otras "
                "parecidas que no la vieron, habrían comprado igual.",
                "People who ordered after a recommendation, less those who, going by similar "
                "people who saw none, would have ordered anyway.",
            ),
            decimals=1,
            color=ACTIVE,
        ),
    )


def _segments() -> barchart.Panel:
    panel = bars_panel(
        Spot(13, 8, 11),
        "value_segments",
        Text("Segmentos", "Segments"),
        Text(
            "Cuántas personas hay de cada clase, según su calificación.",
            "How many people there are of each kind, going by their rating.",
        ),
        category="segment",
    )
    return panel.override_by_name("segment", [mapped(SEGMENTS)]).override_by_name(
        "people", named(Text("Personas", "People"), P50)
    )
