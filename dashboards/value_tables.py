"""The tables of the dashboard of the social customer: worth, influence, referrals, gestures."""

from collections.abc import Mapping

from grafana_foundation_sdk.builders import stat, table, timeseries
from grafana_foundation_sdk.models import dashboard as models

from dashboards.panels import (
    ACTIVE,
    LATENT,
    NONE,
    P50,
    Spot,
    columns,
    named,
    stat_panel,
    table_panel,
    time_series_panel,
)
from dashboards.words import Text

Columns = Mapping[str, tuple[Text, int | None]]

NOT_YET = Text(
    "Todavía no hay nada: hacen falta pedidos (escucha ingest --kind orders) y un minuto.",
    "Nothing yet: it takes orders (escucha ingest --kind orders) and a minute.",
)
NOBODY_YET = Text("Todavía no hay nada que mostrar.", "There is nothing to show yet.")
_NO_GESTURES = Text(
    "No hay gestos: se envían con escucha ingest --kind gestures.",
    "There are no gestures: they are sent with escucha ingest --kind gestures.",
)


def decimals(places: int) -> list[models.DynamicConfigValue]:
    """Return what shows so many decimals."""
    return [models.DynamicConfigValue("decimals", places)]


def percent(places: int = 0) -> list[models.DynamicConfigValue]:
    """Return what shows a share of one as a percentage."""
    return [models.DynamicConfigValue("unit", "percentunit"), *decimals(places)]


def value_table(
    spot: Spot,
    query: str,
    title: Text,
    description: Text,
    headings: Columns,
    empty: Text = NOBODY_YET,
    *,
    money: tuple[str, ...] = (),
    shares: tuple[str, ...] = (),
    whole: tuple[str, ...] = (),
) -> table.Panel:
    """Return a table with its headings and the numbers of columns as they are read."""
    panel = columns(table_panel(spot, query, title, description, empty=empty), dict(headings))
    for name in money:
        panel = panel.override_by_name(name, decimals(2))
    for name in whole:
        panel = panel.override_by_name(name, decimals(0))
    for name in shares:
        panel = panel.override_by_name(name, percent())
    return panel


def customers(spot: Spot) -> table.Panel:
    """Return who is worth most, step by step and summed up."""
    steps = (
        "value_items_shown",
        "value_trips_shown",
        "value_influence_shown",
        "value_collaboration_shown",
    )
    parts = (
        "lifetime_value_shown",
        "referral_value_shown",
        "influence_value_shown",
        "knowledge_value_shown",
    )
    return value_table(
        spot,
        "value_customers",
        Text("Valor del cliente social", "Social customer value"),
        Text(
            "De siempre, por valor social si no se elige otra cosa. "
            "Cuatro pasos acumulados: precio por artículos de un viaje, por viajes, "
            "por personas que compraron tras su recomendación, por actos de colaboración. El "
            "producto cuenta doble; al lado, el valor aditivo cuenta cada importe una vez: lo "
            "comprado, lo referido, lo influido (neto) y lo sabido.",
            "Ever, by social value unless chosen otherwise. "
            "Four cumulative steps: price by items of a trip, by trips, by people who "
            "ordered after their recommendation, by collaborative acts. The product counts "
            "double; beside it, the additive value counts each amount once: bought, referred, "
            "influenced (net) and known.",
        ),
        {
            "place": (Text("Puesto", "Rank"), 70),
            "customer": (Text("Cliente", "Customer"), 130),
            "currency": (Text("Moneda", "Currency"), 70),
            "value_items_shown": (Text("Artículos", "Items"), None),
            "value_trips_shown": (Text("× viajes", "× trips"), None),
            "influence_factor": (Text("Influencia", "Influence"), 80),
            "value_influence_shown": (Text("× influencia", "× influence"), None),
            "collaboration_factor": (Text("Colaboración", "Collaboration"), 95),
            "value_collaboration_shown": (Text("× colaboración", "× collaboration"), None),
            "lifetime_value_shown": (Text("Comprado", "Bought"), None),
            "referral_value_shown": (Text("Referido", "Referred"), None),
            "influence_value_shown": (Text("Influido", "Influenced"), None),
            "knowledge_value_shown": (Text("Sabido", "Known"), None),
            "additive_value_shown": (Text("Aditivo", "Additive"), None),
        },
        NOT_YET,
        money=(*steps, *parts, "additive_value_shown"),
    )


def influence(spot: Spot) -> table.Panel:
    """Return who moves whom."""
    panel = value_table(
        spot,
        "value_influence",
        Text("Influencia", "Influence"),
        Text(
            "Cuántas personas reaccionaron a sus recomendaciones, cuántas compraron después y "
            "cuántas de ellas se deben a eso: menos las que habrían comprado igual, repartidas "
            "entre quienes recomendaron, y entre qué valores está, al 95 %. Sin pareja: nadie es "
            "comparable, así que no se descuenta nada.",
            "How many people reacted to their recommendations, how many ordered after, and how "
            "many of these are due to that: less those who would have ordered anyway, shared "
            "among the recommenders; the bounds are at 95%. Unmatched: nobody is "
            "comparable, so nothing is taken off.",
        ),
        {
            "person": (Text("Persona", "Person"), 130),
            "followers": (Text("Seguidores", "Followers"), None),
            "recommended": (Text("Recomienda", "Recommends"), None),
            "exposed_people": (Text("Lo vieron", "Saw it"), None),
            "influenced_people": (Text("Compraron", "Ordered"), None),
            "influenced_net_shown": (Text("Neto", "Net"), None),
            "net_low_shown": (Text("Neto, desde", "Net, from"), None),
            "net_high_shown": (Text("Neto, hasta", "Net, to"), None),
            "unmatched": (Text("Sin pareja", "Unmatched"), None),
        },
    )
    for name in ("influenced_net_shown", "net_low_shown", "net_high_shown"):
        panel = panel.override_by_name(name, decimals(1))
    return panel


def referral_types(spot: Spot) -> table.Panel:
    """Return how many of the orders came by a recommendation, and how many cannot be told."""
    return value_table(
        spot,
        "value_referral_types",
        Text("Referencias por tipo", "Referrals by type"),
        Text(
            "Tipo 1: llegó por la recomendación. Tipo 2: habría llegado igual, porque ya había "
            "comprado o hablado de comprar. Sin atribuir: no se conoce recomendación alguna.",
            "Type 1: came by the recommendation. Type 2: would have come anyway, having bought or "
            "spoken of buying before. Unattributed: no recommendation is known.",
        ),
        {
            "in_month": (Text("Mes", "Month"), 110),
            "currency": (Text("Moneda", "Currency"), 80),
            "orders": (Text("Compras", "Orders"), None),
            "type_1": (Text("Tipo 1", "Type 1"), None),
            "type_2": (Text("Tipo 2", "Type 2"), None),
            "unattributed": (Text("Sin atribuir", "Unattributed"), None),
            "unattributed_share": (Text("Parte sin atribuir", "Unattributed share"), None),
            "amount_type_1_shown": (Text("Importe, tipo 1", "Amount, type 1"), None),
            "amount_type_2_shown": (Text("Importe, tipo 2", "Amount, type 2"), None),
        },
        NOT_YET,
        money=("amount_type_1_shown", "amount_type_2_shown"),
        shares=("unattributed_share",),
    )


def gestures(spot: Spot) -> table.Panel:
    """Return what each gesture cost and brought."""
    money = (
        "cost_shown",
        "direct_revenue_shown",
        "referred_revenue_shown",
        "net_shown",
        "net_low_shown",
        "net_high_shown",
    )
    return value_table(
        spot,
        "value_gestures",
        Text("Lo que vuelve de un gesto", "What comes back of a gesture"),
        Text(
            "Por persona: lo que costó, lo que compró ella, lo que otros compraron por su palabra "
            "y el saldo, entre lo seguro y lo máximo.",
            "By person: what it cost, what they bought, what others bought by their word, and the "
            "balance, between what is sure and the most it can be.",
        ),
        {
            "person": (Text("Persona", "Person"), 120),
            "currency": (Text("Moneda", "Currency"), 70),
            "gestures": (Text("Gestos", "Gestures"), 70),
            "first_given_at": (Text("Desde", "Since"), 150),
            "cost_shown": (Text("Coste", "Cost"), None),
            "direct_revenue_shown": (Text("Directo", "Direct"), None),
            "referred_revenue_shown": (Text("Referido", "Referred"), None),
            "net_shown": (Text("Saldo", "Balance"), None),
            "net_low_shown": (Text("Seguro", "Sure"), None),
            "net_high_shown": (Text("Como mucho", "At most"), None),
        },
        _NO_GESTURES,
        money=money,
    )


def referred_share(spot: Spot) -> stat.Panel:
    """Return what share of orders follows a known recommendation."""
    return stat_panel(
        spot,
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
    )


def recommended_orders(spot: Spot) -> timeseries.Panel:
    """Return orders that follow a recommendation, by how that is known."""
    panel = time_series_panel(
        spot,
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


def balance_of_gestures(spot: Spot) -> timeseries.Panel:
    """Return what all gestures cost and brought so far."""
    panel = time_series_panel(
        spot,
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
