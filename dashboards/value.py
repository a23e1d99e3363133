"""The dashboard of the social customer: what they are worth, whom they move, what ties them."""

from grafana_foundation_sdk.builders import barchart, dashboard, stat, timeseries
from grafana_foundation_sdk.models import dashboard as models

from dashboards.annotations import annotated
from dashboards.panels import (
    ACTIVE,
    LATENT,
    NONE,
    P50,
    Spot,
    Text,
    bars_panel,
    mapped,
    named,
    query_variable,
    stat_panel,
    time_series_panel,
)
from dashboards.value_people import (
    SEGMENTS,
    attributes,
    bonds,
    capital,
    coherence,
    exchange,
    presence,
    rating,
)
from dashboards.value_tables import customers, gestures, influence, referral_types

UID = "escucha-value"


def value() -> models.Dashboard:
    """Return the dashboard; building it twice gives the same."""
    builder = (
        dashboard.Dashboard(Text("Valor del cliente social", "Social customer value").inline)
        .uid(UID)
        .description(
            Text(
                "Lo que vale un cliente más allá de lo que compra: a quién mueve, a quién ayuda y "
                "qué lo une a los demás. Se calcula de nuevo cada pocos minutos.",
                "What a customer is worth beyond what they buy: whom they move, whom they help "
                "and what ties them to others. Computed anew every few minutes.",
            ).paragraphs
        )
        .tags(["escucha"])
        .timezone("browser")
        .time("now-90d", "now")
        .refresh("1m")
        .timepicker(dashboard.TimePicker().refresh_intervals(["10s", "1m", "5m", "15m"]))
        .readonly()
        .with_variable(query_variable("rank", Text("Ordenar por", "Rank by")))
        .with_variable(query_variable("currency", Text("Moneda", "Currency")))
    )
    for headline in _headlines():
        builder.with_panel(headline)
    builder.with_panel(customers(Spot(6, 24, 12)))
    builder.with_row(dashboard.Row(Text("Recomendar", "Recommending").inline).id(40))
    builder.with_panel(influence(Spot(7, 14, 11)))
    builder.with_panel(_referrals())
    builder.with_panel(referral_types(Spot(9, 24, 8)))
    builder.with_row(dashboard.Row(Text("Gestos", "Gestures").inline).id(41))
    builder.with_panel(_gestures_over_time())
    builder.with_panel(gestures(Spot(11, 14, 10)))
    builder.with_row(dashboard.Row(Text("Quién es quién", "Who is who").inline).id(42))
    builder.with_panel(rating(Spot(12, 16, 11)))
    builder.with_panel(_segments())
    builder.with_panel(bonds(Spot(14, 10, 10)))
    builder.with_panel(exchange(Spot(15, 14, 10)))
    builder.with_row(dashboard.Row(Text("Comunidad", "Community").inline).id(43))
    builder.with_panel(capital(Spot(16, 13, 10)))
    builder.with_panel(presence(Spot(17, 11, 10)))
    builder.with_row(dashboard.Row(Text("Coherencia", "Coherence").inline).id(44))
    builder.with_panel(coherence(Spot(18, 24, 8)))
    builder.with_panel(attributes(Spot(19, 24, 10)))
    return annotated(builder).build()


def _headlines() -> tuple[stat.Panel, ...]:
    return (
        stat_panel(
            Spot(1, 5, 3),
            "value_customers_total",
            Text("Clientes", "Customers"),
            Text(
                "Autores con al menos una compra, de siempre.",
                "Authors with at least one purchase, ever.",
            ),
        ),
        stat_panel(
            Spot(2, 5, 3),
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
        stat_panel(
            Spot(3, 5, 3),
            "value_referred_share",
            Text("Con recomendación", "By recommendation"),
            Text(
                "Parte de las compras del periodo, por meses, que siguen a una recomendación "
                "conocida. El resto no se puede atribuir a nadie.",
                "Share of the orders of the period, by months, that follow a known "
                "recommendation. The rest cannot be attributed to anybody.",
            ),
            unit="percentunit",
            decimals=1,
        ),
        stat_panel(
            Spot(4, 5, 3),
            "value_listen_react",
            Text("Respuestas por anuncio", "Answers per broadcast"),
            Text(
                "Respuestas de la marca a otros por cada mensaje a nadie en particular. Por encima "
                "de 1 escucha y reacciona; por debajo, habla.",
                "Answers of the brand to others for each post to nobody in particular. Above 1 it "
                "listens and reacts; below, it talks.",
            ),
            decimals=1,
        ),
        stat_panel(
            Spot(5, 4, 3),
            "value_mutual_share",
            Text("Reciprocidad", "Reciprocity"),
            Text(
                "De las parejas de personas de una comunidad que se respondieron, en cuántas lo "
                "hicieron las dos.",
                "Of the pairs of people of a community who answered one another, in how many both "
                "did.",
            ),
            unit="percentunit",
            decimals=0,
        ),
    )


def _referrals() -> timeseries.Panel:
    panel = time_series_panel(
        Spot(8, 10, 11),
        "value_referrals",
        Text("Compras recomendadas", "Recommended orders"),
        Text(
            "Por mes y por cómo se sabe: la tienda nombra a quien recomendó, se lo recomendaron al "
            "responderle, o reaccionó a una recomendación.",
            "By month and by how it is known: the shop names who recommended, it was recommended "
            "in an answer to the buyer, or the buyer reacted to a recommendation.",
        ),
        stacked_bars=True,
    )
    return (
        panel.override_by_name("by_name", named(Text("Nombrada", "Named"), ACTIVE))
        .override_by_name("by_answer", named(Text("Al responder", "In an answer"), LATENT))
        .override_by_name("by_reaction", named(Text("Tras reaccionar", "After reacting"), P50))
    )


def _gestures_over_time() -> timeseries.Panel:
    panel = time_series_panel(
        Spot(10, 10, 10),
        "value_gestures_over_time",
        Text("Saldo de los gestos", "Balance of gestures"),
        Text(
            "Lo que compraron quienes recibieron algo, menos lo que costó, más lo que otros "
            "compraron por su palabra. Seguro: solo clientes nuevos que la tienda atribuye. Como "
            "mucho: también tras reacciones. En la moneda más usada si no se elige otra.",
            "What those bought who were given something, less what it cost, plus what others "
            "bought by their word. Sure: only new customers whom the shop attributes. At most: "
            "after reactions too. In the commonest currency unless one is chosen.",
        ),
    )
    return (
        panel.min(None)  # type: ignore[arg-type]
        .override_by_name("net", named(Text("Saldo", "Balance"), ACTIVE))
        .override_by_name("net_low", named(Text("Seguro", "Sure"), NONE))
        .override_by_name("net_high", named(Text("Como mucho", "At most"), LATENT))
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
