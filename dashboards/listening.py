"""The dashboard of proactive listening: what is being said and where, and who would buy."""

from grafana_foundation_sdk.builders import dashboard, stat, table, timeseries
from grafana_foundation_sdk.models import dashboard as models

from dashboards.base import board
from dashboards.before_contact import add_before_contact
from dashboards.health import headlines
from dashboards.panels import (
    ACTIVE,
    INTENTS,
    NONE,
    STAGES,
    Spot,
    bars_panel,
    columns,
    mapped,
    named,
    stat_panel,
    table_panel,
    time_series_panel,
)
from dashboards.words import Text

UID = "escucha-listening"


def listening() -> models.Dashboard:
    """Return the dashboard; building it twice gives the same."""
    builder = board(
        UID,
        Text("Escucha proactiva", "Proactive listening"),
        Text(
            "Dónde se habla y de qué, qué se pregunta, quién muestra intención de compra y cuánta "
            "se oye antes del primer contacto.",
            "Where people talk and about what, what they ask, who shows purchase intent, and how "
            "much of it is heard before the first contact.",
        ),
        ("lang", "source", "brand", "topic"),
        period="now-30d",
        refresh="5s",
    )
    _headlines(builder)
    builder.with_row(dashboard.Row(Text("Qué se dice", "What is being said").inline).id(20))
    _charts(builder)
    builder.with_panel(_latest_mentions())
    before = Text("Antes del primer contacto", "Before the first contact")
    builder.with_row(dashboard.Row(before.inline).id(22))
    add_before_contact(builder)
    return builder.build()


def _headlines(builder: dashboard.Dashboard) -> None:
    panels: tuple[stat.Panel, ...] = (
        stat_panel(
            Spot(1, 4, 3),
            "mentions_total",
            Text("Menciones", "Mentions"),
            Text(
                "Menciones publicadas en el periodo, contadas una vez cada una.",
                "Mentions published in the period, each counted once.",
            ),
        ),
        stat_panel(
            Spot(2, 4, 3),
            "active_intent_total",
            Text("Intención activa", "Active intent"),
            Text(
                "Menciones cuyo autor busca, compara o decide una compra ahora.",
                "Mentions whose author is looking for, comparing or deciding on a purchase now.",
            ),
            color=ACTIVE,
        ),
        stat_panel(
            Spot(3, 4, 3),
            "intent_share",
            Text("Con intención", "With intent"),
            Text(
                "Parte de las menciones con intención de compra, latente o activa.",
                "Share of mentions with purchase intent, latent or active.",
            ),
            unit="percentunit",
            decimals=1,
        ),
    )
    # Who reads these figures has to see whether they are whole; the rest of it is on the dashboard
    # of the pipeline.
    for panel in (*panels, *headlines(first=4)):
        builder.with_panel(panel)


def _charts(builder: dashboard.Dashboard) -> None:
    volume = time_series_panel(
        Spot(7, 12, 9),
        "volume_by_language",
        Text("Volumen por idioma", "Volume by language"),
        Text(
            "Menciones por momento de publicación: los cinco idiomas más frecuentes y el resto.",
            "Mentions by time of publication: the five commonest languages and the rest.",
        ),
    ).display_name("${__field.labels.language}")
    for code, (text, color) in _LANGUAGES.items():
        volume = volume.override_by_name(code, named(text, color))
    intent = time_series_panel(
        Spot(8, 12, 9),
        "intent_by_hour",
        Text("Intención por hora", "Intent by hour"),
        Text(
            "Menciones según su intención de compra. Hasta seis horas, por minutos; en periodos "
            "largos, cada barra abarca más de una hora.",
            "Mentions by purchase intent. Up to six hours, by the minute; in long periods a bar "
            "spans more than an hour.",
        ),
        stacked_bars=True,
    )
    stages = bars_panel(
        Spot(9, 6, 9),
        "journey_stages",
        Text("Etapa del recorrido", "Journey stage"),
        Text(
            "Menciones que sitúan a su autor en una etapa, según su intención.",
            "Mentions that place their author in a stage, by intent.",
        ),
        category="stage",
    ).override_by_name("stage", [mapped({value: (text, None) for value, text in STAGES.items()})])
    brands = bars_panel(
        Spot(10, 6, 9),
        "brands",
        Text("Marcas", "Brands"),
        Text(
            "Las diez marcas más mencionadas. Una mención de dos marcas cuenta para ambas.",
            "The ten most mentioned brands. A mention of two brands counts for both.",
        ),
        category="brand",
    )
    topics = bars_panel(
        Spot(15, 6, 9),
        "topics",
        Text("Temas", "Topics"),
        Text(
            "Los diez temas más mencionados. Una mención de dos temas cuenta para ambos.",
            "The ten most mentioned topics. A mention of two topics counts for both.",
        ),
        category="topic",
    )
    places = bars_panel(
        Spot(19, 6, 9),
        "places",
        Text("Dónde se habla", "Where people talk"),
        Text(
            "Menciones por red o fuente, según su intención.",
            "Mentions by network or source, by intent.",
        ),
        category="source",
    )
    for name, (text, color) in INTENTS.items():
        places = places.override_by_name(name, named(text, color))
        intent = intent.override_by_name(name, named(text, color))
        stages = stages.override_by_name(name, named(text, color))
        brands = brands.override_by_name(name, named(text, color))
        topics = topics.override_by_name(name, named(text, color))
    for panel in (volume, intent, _raw_and_net(), _voice()):
        builder.with_panel(panel)
    for chart in (topics, stages, brands, places):
        builder.with_panel(chart)


def _raw_and_net() -> timeseries.Panel:
    return (
        time_series_panel(
            Spot(16, 12, 9),
            "raw_and_net",
            Text("Todo y sin copias", "Everything and without copies"),
            Text(
                "Todo: cada mención. Sin copias: sin textos repetidos, republicaciones ni "
                "participaciones en sorteos. Las copias se buscan cada pocos segundos.",
                "Everything: each mention. Without copies: no repeated texts, reposts or giveaway "
                "entries. Copies are looked for every few seconds.",
            ),
        )
        .override_by_name("raw", named(Text("Todo", "Everything"), NONE))
        .override_by_name("net", named(Text("Sin copias", "Without copies"), ACTIVE))
    )


def _voice() -> timeseries.Panel:
    return time_series_panel(
        Spot(25, 12, 9),
        "share_of_voice",
        Text("Cuota de voz", "Share of voice"),
        Text(
            "Qué parte de lo que nombra alguna marca nombra a cada una: las cinco más nombradas. "
            "Con marcas elegidas, esas; la parte sigue siendo de todas. Una mención de dos cuenta "
            "para ambas.",
            "What share of what names any brand names each: the five named most. With brands "
            "chosen, those; the share is still of all. A mention of two counts for both.",
        ),
        unit="percentunit",
    ).display_name("${__field.labels.brand}")


def _latest_mentions() -> table.Panel:
    panel = table_panel(
        Spot(11, 24, 13),
        "latest_mentions",
        Text("Últimas menciones", "Latest mentions"),
        Text(
            "Las 50 más recientes del periodo. La probabilidad es la de la intención mostrada; las"
            " palabras que deciden son las que más pesaron a su favor.",
            "The 50 most recent of the period. The probability is that of the intent shown; the"
            " driving words are those that weighed most for it.",
        ),
    )
    panel = columns(
        panel,
        {
            "time": (Text("Publicada", "Published"), 150),
            "source": (Text("Fuente", "Source"), 100),
            "author": (Text("Autor", "Author"), 130),
            "lang": (Text("Idioma", "Language"), 80),
            "text": (Text("Texto", "Text"), None),
            "intent": (Text("Intención", "Intent"), 130),
            "probability": (Text("Probabilidad", "Probability"), 110),
            "stage": (Text("Etapa", "Stage"), 130),
            "driving_words": (Text("Palabras que deciden", "Driving words"), 170),
            "url": (Text("Enlace", "Link"), 90),
        },
    )
    # The console needs it to take labels; nobody needs to read it.
    panel = panel.override_by_name("mention_id", [models.DynamicConfigValue("custom.hidden", True)])
    return (
        panel.override_by_name(
            "intent",
            [
                mapped({value: (text, color) for value, (text, color) in INTENTS.items()}),
                models.DynamicConfigValue("custom.cellOptions", {"type": "color-text"}),
            ],
        )
        .override_by_name(
            "stage", [mapped({value: (text, None) for value, text in STAGES.items()})]
        )
        .override_by_name(
            "probability",
            [
                models.DynamicConfigValue("unit", "percentunit"),
                models.DynamicConfigValue("decimals", 0),
            ],
        )
        .override_by_name(
            "url",
            [
                models.DynamicConfigValue(
                    "links",
                    [
                        {
                            "title": Text("Abrir", "Open").inline,
                            "url": "${__value.raw}",
                            "targetBlank": True,
                        }
                    ],
                )
            ],
        )
    )


_LANGUAGES = {
    "es": (Text("Español", "Spanish"), "#0b8a6f"),
    "en": (Text("Inglés", "English"), "#b0478a"),
    "pt": (Text("Portugués", "Portuguese"), "#3f8fd6"),
    "ca": (Text("Catalán", "Catalan"), "#c4602a"),
    "fr": (Text("Francés", "French"), "#7d66c9"),
    "de": (Text("Alemán", "German"), "#8a7a2e"),
    "it": (Text("Italiano", "Italian"), "#c4602a"),
    "other": (Text("Otros", "Other"), "#8492a6"),
    "unknown": (Text("Sin idioma", "Unknown"), "#a8744f"),
}
