"""The first dashboard: what is being said, who would buy, is every record accounted for."""

from grafana_foundation_sdk.builders import dashboard, stat, table, timeseries
from grafana_foundation_sdk.models import dashboard as models

from dashboards.emerging import AlertMarks
from dashboards.health import add_health
from dashboards.panels import (
    ACTIVE,
    CONTACTS,
    INTENTS,
    NONE,
    STAGES,
    Spot,
    Text,
    bars_panel,
    columns,
    mapped,
    named,
    query_variable,
    stat_panel,
    table_panel,
    time_series_panel,
)

UID = "escucha-listening"


def listening() -> models.Dashboard:
    """Return the dashboard; building it twice gives the same."""
    builder = (
        dashboard.Dashboard(Text("Escucha en directo", "Live listening").inline)
        .uid(UID)
        .description(
            Text(
                "Qué se dice, quién muestra intención de compra y si cada registro está contado.",
                "What is being said, who shows purchase intent, and is every record accounted for.",
            ).paragraphs
        )
        .tags(["escucha"])
        .timezone("browser")
        .time("now-30d", "now")
        .refresh("5s")
        .timepicker(
            dashboard.TimePicker().refresh_intervals(["5s", "10s", "30s", "1m", "5m", "15m"])
        )
        .tooltip(models.DashboardCursorSync.CROSSHAIR)
        .readonly()
        .annotation(AlertMarks())
        .with_variable(query_variable("lang", Text("Idioma", "Language")))
        .with_variable(query_variable("source", Text("Fuente", "Source")))
        .with_variable(query_variable("brand", Text("Marca", "Brand")))
        .with_variable(query_variable("topic", Text("Tema", "Topic")))
    )
    _headlines(builder)
    builder.with_row(dashboard.Row(Text("Qué se dice", "What is being said").inline).id(20))
    _charts(builder)
    builder.with_panel(_latest_mentions())
    builder.with_row(dashboard.Row(Text("Salud del flujo", "Health of the pipeline").inline).id(21))
    add_health(builder)
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
        stat_panel(
            Spot(4, 4, 3),
            "freshness_p95",
            Text("Frescura p95", "Freshness p95"),
            Text(
                "Segundos entre Kafka y ClickHouse que no supera el 95 % de lo guardado en los "
                "últimos 15 minutos.",
                "Seconds from Kafka to ClickHouse that 95% of what was stored in the last 15 "
                "minutes stays under.",
            ),
            unit="s",
            decimals=1,
            limits=(5, 30),
        ),
        stat_panel(
            Spot(5, 4, 3),
            "dead_letters_waiting",
            Text("Cartas muertas", "Dead letters"),
            Text(
                "Registros ilegibles del periodo que esperan arreglo y reenvío.",
                "Unreadable records of the period that wait to be fixed and replayed.",
            ),
            limits=(1, 100),
        ),
        stat_panel(
            Spot(6, 4, 3),
            "ledger_gap",
            Text("Descuadre", "Ledger gap"),
            Text(
                "Registros que el libro de lotes no explica, por huecos o por sumas. 0 es exacto.",
                "Records the ledger of batches does not explain, by gaps or by sums. 0 is exact.",
            ),
            limits=(1, 1),
        ),
    )
    for panel in panels:
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
        Spot(9, 8, 9),
        "journey_stages",
        Text("Etapa del recorrido", "Journey stage"),
        Text(
            "Menciones que sitúan a su autor en una etapa, según su intención.",
            "Mentions that place their author in a stage, by intent.",
        ),
        category="stage",
    ).override_by_name("stage", [mapped({value: (text, None) for value, text in STAGES.items()})])
    brands = bars_panel(
        Spot(10, 8, 9),
        "brands",
        Text("Marcas", "Brands"),
        Text(
            "Las diez marcas más mencionadas. Una mención de dos marcas cuenta para ambas.",
            "The ten most mentioned brands. A mention of two brands counts for both.",
        ),
        category="brand",
    )
    topics = bars_panel(
        Spot(15, 8, 9),
        "topics",
        Text("Temas", "Topics"),
        Text(
            "Los diez temas más mencionados. Una mención de dos temas cuenta para ambos.",
            "The ten most mentioned topics. A mention of two topics counts for both.",
        ),
        category="topic",
    )
    for name, (text, color) in INTENTS.items():
        intent = intent.override_by_name(name, named(text, color))
        stages = stages.override_by_name(name, named(text, color))
        brands = brands.override_by_name(name, named(text, color))
        topics = topics.override_by_name(name, named(text, color))
    for panel in (volume, intent, _raw_and_net(), _first_contacts()):
        builder.with_panel(panel)
    for chart in (topics, stages, brands):
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


def _first_contacts() -> timeseries.Panel:
    panel = time_series_panel(
        Spot(17, 12, 9),
        "first_contacts",
        Text("Primeros contactos", "First contacts"),
        Text(
            "Autores que tratan por primera vez con una marca, por día (por hora hasta tres días), "
            "y cómo: con una reacción o con palabras. Lo que llega tarde lo corrige. Las "
            "reacciones no tienen idioma ni tema: con esos filtros no cuentan.",
            "Authors who have to do with a brand for the first time, by day (by hour up to three "
            "days), and how: by a reaction or in words. What comes late corrects it. Reactions "
            "have no language or topic: under those filters they do not count.",
        ),
        stacked_bars=True,
    )
    for kind, (text, color) in CONTACTS.items():
        panel = panel.override_by_name(kind, named(text, color))
    return panel


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
