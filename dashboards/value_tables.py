"""The tables of the dashboard of the social customer."""

from collections.abc import Mapping

from grafana_foundation_sdk.builders import table
from grafana_foundation_sdk.models import dashboard as models

from dashboards.panels import Spot, Text, columns, mapped, table_panel

Columns = Mapping[str, tuple[Text, int | None]]

SEGMENTS: Mapping[str, tuple[Text, str | None]] = {
    "champion": (Text("Compra y mueve", "Buys and moves"), None),
    "recommender": (Text("Recomienda", "Recommends"), None),
    "helper": (Text("Ayuda", "Helps"), None),
    "loyal": (Text("Compra", "Buys"), None),
    "constant": (Text("Siempre está", "Always there"), None),
    "quiet": (Text("De paso", "Passing by"), None),
}
VERDICTS: Mapping[str, tuple[Text, str | None]] = {
    "thin": (Text("Hay muy poco para decirlo", "Too thin to say"), None),
    "coherent": (Text("Se dice lo que se publica", "What is published is what is said"), None),
    "partly": (Text("Coincide en parte", "They go together in part"), None),
    "denied": (
        Text("Se habla de lo mismo, pero con quejas", "The same is talked about, but as complaint"),
        None,
    ),
    "apart": (Text("La gente dice otra cosa", "People say something else"), None),
}
_NOT_YET = Text(
    "Todavía no hay nada: hacen falta pedidos (escucha ingest --kind orders) y un minuto.",
    "Nothing yet: it takes orders (escucha ingest --kind orders) and a minute.",
)
_NOBODY_YET = Text("Todavía no hay nada que mostrar.", "There is nothing to show yet.")
_NO_GESTURES = Text(
    "No hay gestos: se envían con escucha ingest --kind gestures.",
    "There are no gestures: they are sent with escucha ingest --kind gestures.",
)
_NO_ATTRIBUTES = Text(
    "Las reglas de escucha no declaran atributos de la experiencia.",
    "The listening rules declare no attributes of the experience.",
)


def _decimals(places: int) -> list[models.DynamicConfigValue]:
    return [models.DynamicConfigValue("decimals", places)]


def _percent(places: int = 0) -> list[models.DynamicConfigValue]:
    return [models.DynamicConfigValue("unit", "percentunit"), *_decimals(places)]


def _table(
    spot: Spot,
    query: str,
    title: Text,
    description: Text,
    headings: Columns,
    empty: Text = _NOBODY_YET,
    *,
    money: tuple[str, ...] = (),
    shares: tuple[str, ...] = (),
    whole: tuple[str, ...] = (),
) -> table.Panel:
    panel = columns(table_panel(spot, query, title, description, empty=empty), dict(headings))
    for name in money:
        panel = panel.override_by_name(name, _decimals(2))
    for name in whole:
        panel = panel.override_by_name(name, _decimals(0))
    for name in shares:
        panel = panel.override_by_name(name, _percent())
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
    return _table(
        spot,
        "value_customers",
        Text("Valor del cliente social", "Social customer value"),
        Text(
            "De siempre. Cuatro pasos acumulados: precio por artículos de un viaje, por viajes, "
            "por personas que compraron tras su recomendación, por actos de colaboración. El "
            "producto cuenta doble; al lado, el valor aditivo cuenta cada importe una vez: lo "
            "comprado, lo referido, lo influido (neto) y lo sabido.",
            "Ever. Four cumulative steps: price by items of a trip, by trips, by people who "
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
        _NOT_YET,
        money=(*steps, *parts, "additive_value_shown"),
    )


def influence(spot: Spot) -> table.Panel:
    """Return who moves whom."""
    panel = _table(
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
        panel = panel.override_by_name(name, _decimals(1))
    return panel


def referral_types(spot: Spot) -> table.Panel:
    """Return how many of the orders came by a recommendation, and how many cannot be told."""
    return _table(
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
        _NOT_YET,
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
    return _table(
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


def rating(spot: Spot) -> table.Panel:
    """Return the rating of people with its components."""
    parts = (
        "reach", "recommendation", "influence", "collaboration", "reciprocity", "loyalty",
        "constancy",
    )  # fmt: skip
    return _table(
        spot,
        "value_rating",
        Text("Calificación social", "Social rating"),
        Text(
            "De 0 a 100, la media de los siete componentes que están al lado. En cada uno, 50 es "
            "la mediana de quienes tienen algo.",
            "From 0 to 100, the mean of the seven components beside it. In each, 50 is the median "
            "of those who have any.",
        ),
        {
            "person": (Text("Persona", "Person"), 120),
            "rating": (Text("Calificación", "Rating"), None),
            "segment": (Text("Segmento", "Segment"), 130),
            "reach": (Text("Alcance", "Reach"), None),
            "recommendation": (Text("Recomienda", "Recommends"), None),
            "influence": (Text("Influencia", "Influence"), None),
            "collaboration": (Text("Colabora", "Collaborates"), None),
            "reciprocity": (Text("Reciprocidad", "Reciprocity"), None),
            "loyalty": (Text("Compra", "Buys"), None),
            "constancy": (Text("Constancia", "Constancy"), None),
        },
        whole=(*parts, "rating"),
    ).override_by_name("segment", [mapped(SEGMENTS)])


def bonds(spot: Spot) -> table.Panel:
    """Return the four bonds of customers."""
    return _table(
        spot,
        "value_bonds",
        Text("Cuatro vínculos", "Four bonds"),
        Text(
            "De 0 a 100. Estructural: productos, redes y semanas. Emocional: cuánto de lo que "
            "siente es bueno. Financiero: lo gastado. Social: lazos con otras personas.",
            "From 0 to 100. Structural: products, networks and weeks. Emotional: how much of what "
            "they feel is good. Financial: what they spent. Social: ties to other people.",
        ),
        {
            "customer": (Text("Cliente", "Customer"), 120),
            "structural": (Text("Estructural", "Structural"), None),
            "emotional": (Text("Emocional", "Emotional"), None),
            "financial": (Text("Financiero", "Financial"), None),
            "social": (Text("Social", "Social"), None),
        },
        _NOT_YET,
        whole=("structural", "emotional", "financial", "social"),
    )


def exchange(spot: Spot) -> table.Panel:
    """Return what communities give and get."""
    return _table(
        spot,
        "value_exchange",
        Text("Intercambio de valor", "Exchange of value"),
        Text(
            "Qué da cada comunidad y qué recibe de la marca. Sin número: quien no es de ninguna.",
            "What each community gives and what it gets from the brand. Without a number: people "
            "of none.",
        ),
        {
            "community_number": (Text("Comunidad", "Community"), 90),
            "people": (Text("Personas", "People"), None),
            "attention_given": (Text("Da atención", "Gives attention"), None),
            "knowledge_given": (Text("Da saber", "Gives knowledge"), None),
            "recommendations_given": (Text("Recomienda", "Recommends"), None),
            "orders_given": (Text("Compra", "Orders"), None),
            "answers_received_from_brand": (Text("Recibe respuestas", "Gets answers"), None),
            "gestures_received": (Text("Recibe gestos", "Gets gestures"), None),
        },
    )


def capital(spot: Spot) -> table.Panel:
    """Return what ties communities together."""
    return _table(
        spot,
        "value_capital",
        Text("Capital social", "Social capital"),
        Text(
            "Comunidades de quienes se responden, de mayor a menor. Reciprocidad: parejas que se "
            "respondieron las dos. Vuelven: hablaron en más de una semana. Ayudan: respondieron a "
            "quien pedía algo. Marca: sus respuestas por cada una que recibe.",
            "Communities of who answers whom, largest first. Reciprocity: pairs in which both "
            "answered. Return: spoke in more than one week. Help: answered somebody who asked. "
            "Brand: its answers for each it gets.",
        ),
        {
            "community": (Text("Comunidad", "Community"), 90),
            "brand": (Text("Marca", "Brand"), 110),
            "members": (Text("Miembros", "Members"), None),
            "ties": (Text("Lazos", "Ties"), None),
            "reciprocity": (Text("Reciprocidad", "Reciprocity"), None),
            "returning_share": (Text("Vuelven", "Return"), None),
            "helping_share": (Text("Ayudan", "Help"), None),
            "brand_reciprocity": (Text("Con la marca", "With the brand"), None),
        },
        shares=("reciprocity", "returning_share", "helping_share"),
    ).override_by_name("brand_reciprocity", _decimals(1))


def presence(spot: Spot) -> table.Panel:
    """Return where people talk against where the brand answers."""
    return _table(
        spot,
        "value_presence",
        Text("Presencia", "Presence"),
        Text(
            "Dónde se habla de las marcas o se pide respuesta, y dónde responde la marca, por "
            "meses del periodo.",
            "Where people talk of the brands or need a reply, and where the brand answers, by "
            "months of the period.",
        ),
        {
            "network": (Text("Red", "Network"), 100),
            "place": (Text("Lugar", "Place"), None),
            "spoken": (Text("Se dice", "Said"), None),
            "answered": (Text("Responde", "Answers"), None),
            "published": (Text("Publica", "Publishes"), None),
            "spoken_share": (Text("Parte de lo dicho", "Share of what is said"), None),
            "answered_share": (Text("Parte de respuestas", "Share of answers"), None),
        },
        shares=("spoken_share", "answered_share"),
    )


def coherence(spot: Spot) -> table.Panel:
    """Return whether what is said, declared and published go together."""
    return _table(
        spot,
        "value_coherence",
        Text("Coherencia", "Coherence"),
        Text(
            "Por campaña y por mes: si la gente nombra los atributos que la marca declara en la "
            "proporción en que ella los publica, y con qué ánimo.",
            "By campaign and by month: whether people name the attributes that the brand declares "
            "in the proportion in which it publishes them, and in what mood.",
        ),
        {
            "what": (Text("Campaña o mes", "Campaign or month"), 150),
            "verdict": (Text("En una frase", "In a sentence"), 380),
            "people_said": (Text("Dice la gente", "People say"), None),
            "brand_published": (Text("Publica la marca", "Brand publishes"), None),
            "never_said": (Text("Nadie dice", "Nobody says"), None),
            "likeness": (Text("Parecido", "Likeness"), None),
            "favourable": (Text("A favor", "Favourable"), None),
        },
        _NO_ATTRIBUTES,
        shares=("likeness", "favourable"),
    ).override_by_name("verdict", [mapped(VERDICTS)])


def attributes(spot: Spot) -> table.Panel:
    """Return the attributes one by one, with an example."""
    return _table(
        spot,
        "value_attributes",
        Text("Atributos declarados", "Declared attributes"),
        Text(
            "Cada atributo que la marca declara: cuánto lo dice la gente, cuánto lo publica ella, "
            "y la mención más reciente que lo dice.",
            "Each attribute that the brand declares: how often people say it, how often it "
            "publishes it, and the newest mention that says so.",
        ),
        {
            "what": (Text("Campaña o mes", "Campaign or month"), 150),
            "attribute": (Text("Atributo", "Attribute"), 130),
            "people_mentions": (Text("Dice la gente", "People say"), 100),
            "people_positive": (Text("A favor", "In favour"), 80),
            "people_negative": (Text("En contra", "Against"), 80),
            "brand_mentions": (Text("Publica la marca", "Brand publishes"), 110),
            "example": (Text("Ejemplo", "Example"), None),
        },
        _NO_ATTRIBUTES,
    )
