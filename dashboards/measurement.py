"""The dashboard of measurement: quality instead of quantity, and what comes of it."""

from grafana_foundation_sdk.builders import dashboard, stat, table, timeseries
from grafana_foundation_sdk.models import dashboard as models

from dashboards.base import board
from dashboards.panels import (
    ACTIVE,
    CALM,
    LATENT,
    P50,
    P95,
    Spot,
    named,
    stat_panel,
    time_series_panel,
)
from dashboards.value_people import attributes, coherence, experiences
from dashboards.value_tables import (
    NOBODY_YET,
    balance_of_gestures,
    decimals,
    gestures,
    recommended_orders,
    referral_types,
    referred_share,
    value_table,
)
from dashboards.words import Text

UID = "escucha-measurement"
_NO_CAMPAIGNS = Text(
    "No hay campañas: se declaran en las reglas de escucha.",
    "There are no campaigns: they are declared in the listening rules.",
)


def measurement() -> models.Dashboard:
    """Return the dashboard; building it twice gives the same."""
    builder = board(
        UID,
        Text("Medición", "Measurement"),
        Text(
            "Si la gente conversa, vuelve y se responde, si recomienda y qué se vende por eso, qué "
            "traen los gestos y las campañas, y si lo que se dice es lo que la marca publica.",
            "Whether people converse, return and answer one another, whether they recommend and "
            "what is sold by that, what gestures and campaigns bring, and whether what is said is "
            "what the brand publishes.",
        ),
        ("brand", "source", "lang", "currency"),
        period="now-90d",
    )
    for headline in _headlines():
        builder.with_panel(headline)
    builder.with_row(_row(10, Text("Calidad, no cantidad", "Quality, not quantity")))
    builder.with_panel(_depth())
    builder.with_panel(_shares())
    builder.with_panel(_by_brand())
    builder.with_row(_row(20, Text("Recomendar y vender", "Recommending and selling")))
    builder.with_panel(_recommendations())
    builder.with_panel(recommended_orders(Spot(22, 12, 9)))
    builder.with_panel(referral_types(Spot(23, 24, 8)))
    builder.with_row(_row(30, Text("Gestos", "Gestures")))
    builder.with_panel(balance_of_gestures(Spot(31, 10, 10)))
    builder.with_panel(gestures(Spot(32, 14, 10)))
    builder.with_row(_row(40, Text("Campañas", "Campaigns")))
    builder.with_panel(_campaigns_over_time())
    builder.with_panel(_campaigns())
    builder.with_row(_row(45, Text("Experiencias", "Experiences")))
    builder.with_panel(experiences(Spot(46, 24, 8)))
    builder.with_row(_row(50, Text("Coherencia", "Coherence")))
    builder.with_panel(coherence(Spot(51, 24, 8)))
    builder.with_panel(attributes(Spot(52, 24, 10)))
    return builder.build()


def _row(number: int, title: Text) -> dashboard.Row:
    return dashboard.Row(title.inline).id(number)


def _headlines() -> tuple[stat.Panel, ...]:
    return (
        stat_panel(
            Spot(1, 6, 4),
            "engagement_depth",
            Text("Profundidad de conversación", "Depth of conversation"),
            Text(
                "Cuántas respuestas hay de media hasta la más honda de cada conversación. 1: todas "
                "acaban en una respuesta que nadie contesta. Con varias marcas, cada una cuenta.",
                "How many answers down the deepest one of a conversation lies, on average. 1: all "
                "end in an answer that nobody answers. With several brands each counts.",
            ),
            decimals=2,
            color=ACTIVE,
        ),
        stat_panel(
            Spot(2, 6, 4),
            "engagement_returning",
            Text("Vuelven", "Return"),
            Text(
                "De quienes hablaron en una semana, qué parte ya había hablado en otra anterior.",
                "Of those who spoke in a week, what share had spoken in an earlier one.",
            ),
            unit="percentunit",
            decimals=0,
        ),
        stat_panel(
            Spot(3, 6, 4),
            "engagement_reciprocity",
            Text("Se responden", "Answer one another"),
            Text(
                "De las parejas de personas en que una respondió a otra en una semana, en cuántas "
                "lo habían hecho ya las dos. Sin las cuentas de la marca.",
                "Of the pairs of people of whom one answered the other in a week, in how many both "
                "had. Accounts of the brand aside.",
            ),
            unit="percentunit",
            decimals=0,
        ),
        referred_share(Spot(4, 6, 4)),
    )


def _depth() -> timeseries.Panel:
    return (
        time_series_panel(
            Spot(11, 12, 9),
            "engagement_depth_over_time",
            Text("Profundidad por semana", "Depth by week"),
            Text(
                "Profundidad media de las conversaciones que empezaron cada semana (desde el "
                "lunes, UTC).",
                "Mean depth of the conversations that began in each week (from Monday, UTC).",
            ),
            unit="none",
        )
        .decimals(2)
        .override_by_name("depth", named(Text("Profundidad media", "Mean depth"), ACTIVE))
    )


def _shares() -> timeseries.Panel:
    return (
        time_series_panel(
            Spot(12, 12, 9),
            "engagement_over_time",
            Text("Señales de calidad por semana", "Signs of quality by week"),
            Text(
                "Conversaciones en que alguien respondió a una respuesta, personas que ya habían "
                "hablado antes y parejas que se respondieron las dos.",
                "Conversations in which somebody answered an answer, people who had spoken before, "
                "and pairs in which both answered.",
            ),
            unit="percentunit",
        )
        .override_by_name("deep", named(Text("Con réplica", "Went deeper"), P50))
        .override_by_name("returning", named(Text("Vuelven", "Return"), CALM))
        .override_by_name("reciprocity", named(Text("Se responden", "Answer one another"), P95))
    )


def _by_brand() -> table.Panel:
    return value_table(
        Spot(13, 24, 8),
        "engagement_by_brand",
        Text("Por marca", "By brand"),
        Text(
            "Las mismas señales del periodo, marca a marca. Los números no dicen si va bien; las "
            "partes, sí.",
            "The same signs over the period, brand by brand. Numbers do not tell whether it goes "
            "well; the shares do.",
        ),
        {
            "brand": (Text("Marca", "Brand"), 160),
            "conversations": (Text("Conversaciones", "Conversations"), None),
            "mean_depth": (Text("Profundidad", "Depth"), None),
            "deep_share": (Text("Con réplica", "Went deeper"), None),
            "authors": (Text("Personas, por semanas", "People, by weeks"), None),
            "returning_share": (Text("Vuelven", "Return"), None),
            "pairs": (Text("Parejas", "Pairs"), None),
            "reciprocity": (Text("Se responden", "Answer one another"), None),
        },
        NOBODY_YET,
        shares=("deep_share", "returning_share", "reciprocity"),
    ).override_by_name("mean_depth", decimals(2))


def _recommendations() -> timeseries.Panel:
    return (
        time_series_panel(
            Spot(21, 12, 9),
            "recommendations",
            Text("Recomendaciones por mes", "Recommendations by month"),
            Text(
                "Cuántas dieron y cuántas pidieron las personas, sin copias ni republicaciones. "
                "Las redes son un canal de recomendación: la venta ocurre en otra parte.",
                "How many people gave and how many they asked for, without copies or reposts. "
                "Networks are a channel of recommendation: the sale happens elsewhere.",
            ),
            stacked_bars=True,
        )
        .override_by_name("given", named(Text("Dadas", "Given"), ACTIVE))
        .override_by_name("asked", named(Text("Pedidas", "Asked for"), LATENT))
    )


def _campaigns_over_time() -> timeseries.Panel:
    return time_series_panel(
        Spot(41, 24, 8),
        "campaigns_over_time",
        Text("Lo que se dice de las campañas", "What is said of campaigns"),
        Text(
            "Menciones por día de las cinco campañas de las que más se habla. Con marca elegida no "
            "cambian: una campaña es de quien escucha.",
            "Mentions by day of the five campaigns that are talked about most. A chosen brand does "
            "not change them: a campaign is of whoever listens.",
        ),
    ).display_name("${__field.labels.campaign}")


def _campaigns() -> table.Panel:
    usual = Text("lo demás", "the rest")
    return value_table(
        Spot(42, 24, 8),
        "campaign_results",
        Text("Qué trajo cada campaña", "What each campaign brought"),
        Text(
            "Al lado de cada parte, la de lo que se dijo los mismos días y no es de ninguna "
            "campaña. Partes de las palabras propias de la gente, sin copias ni spam. A favor: de "
            "lo que lleva sentimiento.",
            "Beside each share, that of what was said on the same days and belongs to no campaign. "
            "Shares of people's own words, without copies or spam. In favour: of what has a "
            "feeling.",
        ),
        {
            "campaign": (Text("Campaña", "Campaign"), 150),
            "since": (Text("Desde", "From"), 110),
            "until": (Text("Hasta", "To"), 110),
            "said": (Text("Se dice", "Said"), None),
            "published": (Text("Publica la marca", "Brand publishes"), None),
            "intent_share": (Text("Con intención", "With intent"), None),
            "usual_intent_share": (
                Text(f"Con intención, {usual.es}", f"With intent, {usual.en}"),
                None,
            ),
            "liked": (Text("A favor", "In favour"), None),
            "usually_liked": (Text(f"A favor, {usual.es}", f"In favour, {usual.en}"), None),
            "recommending_share": (Text("Recomiendan", "Recommend"), None),
            "usual_recommending_share": (
                Text(f"Recomiendan, {usual.es}", f"Recommend, {usual.en}"),
                None,
            ),
        },
        _NO_CAMPAIGNS,
        shares=(
            "intent_share",
            "usual_intent_share",
            "liked",
            "usually_liked",
            "recommending_share",
            "usual_recommending_share",
        ),
    )
