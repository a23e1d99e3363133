"""The tables of the dashboard of the social customer: people, communities, coherence."""

from collections.abc import Mapping

from grafana_foundation_sdk.builders import stat, table

from dashboards.panels import Spot, mapped, stat_panel
from dashboards.value_tables import NOT_YET, decimals, value_table
from dashboards.words import Text

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
_NO_ATTRIBUTES = Text(
    "Las reglas de escucha no declaran atributos de la experiencia.",
    "The listening rules declare no attributes of the experience.",
)


def rating(spot: Spot) -> table.Panel:
    """Return the rating of people with its components."""
    parts = (
        "reach", "recommendation", "influence", "collaboration", "reciprocity", "loyalty",
        "constancy",
    )  # fmt: skip
    return value_table(
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
    return value_table(
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
        NOT_YET,
        whole=("structural", "emotional", "financial", "social"),
    )


def exchange(spot: Spot) -> table.Panel:
    """Return what communities give and get."""
    return value_table(
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


def exchange_people(spot: Spot) -> table.Panel:
    """Return what those who give most give and get."""
    return value_table(
        spot,
        "value_exchange_people",
        Text("Quién da y qué recibe", "Who gives, and what they get"),
        Text(
            "Las 50 personas que más dan (saber, recomendaciones y compras; luego, atención), y "
            "qué reciben de la marca y de los demás. Son actos, no dinero.",
            "The 50 people who give most (knowledge, recommendations and orders; then attention), "
            "and what they get from the brand and from the others. Acts, not money.",
        ),
        {
            "person": (Text("Persona", "Person"), 150),
            "attention_given": (Text("Da atención", "Gives attention"), None),
            "knowledge_given": (Text("Da saber", "Gives knowledge"), None),
            "recommendations_given": (Text("Recomienda", "Recommends"), None),
            "orders_given": (Text("Compra", "Orders"), None),
            "answers_received_from_brand": (
                Text("La marca responde", "Brand answers"),
                None,
            ),
            "gestures_received": (Text("Recibe gestos", "Gets gestures"), None),
            "answers_received_from_people": (Text("Otros responden", "Others answer"), None),
            "reactions_received": (Text("Otros reaccionan", "Others react"), None),
        },
    )


def networks(spot: Spot) -> table.Panel:
    """Return people who are heard in several networks."""
    return value_table(
        spot,
        "value_networks",
        Text("En varias redes", "In several networks"),
        Text(
            "Personas a quienes se oye en más de una red. Las cuentas de una persona las une quien "
            "opera, con escucha value link; nunca se adivinan.",
            "People who are heard in more than one network. Accounts of one person are linked by "
            "an operator, with escucha value link; never by guess.",
        ),
        {
            "person": (Text("Persona", "Person"), 200),
            "accounts": (Text("Cuentas", "Accounts"), None),
            "network_names": (Text("Redes", "Networks"), 200),
            "community_count": (Text("Comunidades", "Communities"), None),
            "mentions": (Text("Menciones", "Mentions"), None),
        },
        Text(
            "Nadie está en varias redes; una cuenta con otra: escucha value link.",
            "Nobody is in several networks; to link accounts: escucha value link.",
        ),
    )


def interests(spot: Spot) -> table.Panel:
    """Return what people worth a gesture talk about besides the brand."""
    return value_table(
        spot,
        "value_interests",
        Text("De qué más hablan", "What else they talk about"),
        Text(
            "Intereses de las 200 personas mejor calificadas, de lo que dicen cuando no hablan de "
            "ninguna marca, con lo último que lo muestra: para saber qué les gustaría recibir.",
            "Interests of the 200 best rated people, from what they say when they speak of no "
            "brand, with the newest words that show it: to know what they would like to be given.",
        ),
        {
            "person": (Text("Persona", "Person"), 150),
            "interest": (Text("Interés", "Interest"), 130),
            "mentions": (Text("Menciones", "Mentions"), 100),
            "last_at": (Text("La última", "The latest"), 150),
            "rating": (Text("Calificación", "Rating"), 100),
            "newest": (Text("Lo último que dijo", "What they said last"), None),
        },
        whole=("rating",),
    )


def capital(spot: Spot) -> table.Panel:
    """Return what ties communities together."""
    return value_table(
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
    ).override_by_name("brand_reciprocity", decimals(1))


def presence(spot: Spot) -> table.Panel:
    """Return where people talk against where the brand answers."""
    return value_table(
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


def experiences(spot: Spot) -> table.Panel:
    """Return whether people tell their own experience with a brand or somebody else's."""
    return value_table(
        spot,
        "experiences",
        Text("Experiencia propia o de otros", "Own experience or others'"),
        Text(
            "Menciones de quien usa o recomienda una marca: si cuentan solo lo vivido por quien "
            "escribe, o también lo de otra persona o lo oído a otros. En español e inglés; de lo "
            "que llama ajeno acierta dos de cada tres.",
            "Mentions of who uses or recommends a brand: whether they tell only what the author "
            "lived through, or also what somebody else did or what was heard of others. In Spanish "
            "and English; of what it calls others' two in three are.",
        ),
        {
            "brand": (Text("Marca", "Brand"), 160),
            "own": (Text("Propia", "Own"), None),
            "others": (Text("De otros", "Others'"), None),
            "others_share": (Text("Parte de otros", "Share of others'"), None),
            "own_liked": (Text("Propia, a favor", "Own, in favour"), None),
            "others_liked": (Text("De otros, a favor", "Others', in favour"), None),
        },
        shares=("others_share", "own_liked", "others_liked"),
    )


def coherence(spot: Spot) -> table.Panel:
    """Return whether what is said, declared and published go together."""
    return value_table(
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
    return value_table(
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


def listen_react(spot: Spot) -> stat.Panel:
    """Return how many answers the brand gives for each of its broadcasts."""
    return stat_panel(
        spot,
        "value_listen_react",
        Text("Respuestas por anuncio", "Answers per broadcast"),
        Text(
            "Respuestas de la marca a otros por cada mensaje a nadie en particular. Por encima "
            "de 1 escucha y reacciona; por debajo, habla.",
            "Answers of the brand to others for each post to nobody in particular. Above 1 it "
            "listens and reacts; below, it talks.",
        ),
        decimals=1,
    )


def mutual_share(spot: Spot) -> stat.Panel:
    """Return how many of the pairs of a community answered each other."""
    return stat_panel(
        spot,
        "value_mutual_share",
        Text("Reciprocidad", "Reciprocity"),
        Text(
            "De las parejas de personas de una comunidad que se respondieron, en cuántas lo "
            "hicieron las dos.",
            "Of the pairs of people of a community who answered one another, in how many both did.",
        ),
        unit="percentunit",
        decimals=0,
    )
