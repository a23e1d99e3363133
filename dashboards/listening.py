"""The first dashboard: what is being said, who would buy, is every record accounted for."""

from grafana_foundation_sdk.builders import dashboard, stat, table
from grafana_foundation_sdk.models import dashboard as models

from dashboards.panels import (
    ACTIVE,
    INTENTS,
    P50,
    P95,
    STAGES,
    Spot,
    Text,
    bars_panel,
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
        .with_variable(query_variable("lang", Text("Idioma", "Language")))
        .with_variable(query_variable("source", Text("Fuente", "Source")))
        .with_variable(query_variable("brand", Text("Marca", "Brand")))
    )
    _headlines(builder)
    builder.with_row(dashboard.Row(Text("Qué se dice", "What is being said").inline).id(20))
    _charts(builder)
    builder.with_panel(_latest_mentions())
    builder.with_row(dashboard.Row(Text("Salud del flujo", "Health of the pipeline").inline).id(21))
    _health(builder)
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
        Spot(9, 12, 8),
        "journey_stages",
        Text("Etapa del recorrido", "Journey stage"),
        Text(
            "Menciones que sitúan a su autor en una etapa, según su intención.",
            "Mentions that place their author in a stage, by intent.",
        ),
        category="stage",
    ).override_by_name("stage", [mapped({value: (text, None) for value, text in STAGES.items()})])
    brands = bars_panel(
        Spot(10, 12, 8),
        "brands",
        Text("Marcas", "Brands"),
        Text(
            "Las diez marcas más mencionadas. Una mención de dos marcas cuenta para ambas.",
            "The ten most mentioned brands. A mention of two brands counts for both.",
        ),
        category="brand",
    )
    for name, (text, color) in INTENTS.items():
        intent = intent.override_by_name(name, named(text, color))
        stages = stages.override_by_name(name, named(text, color))
        brands = brands.override_by_name(name, named(text, color))
    for panel in (volume, intent):
        builder.with_panel(panel)
    for chart in (stages, brands):
        builder.with_panel(chart)


def _latest_mentions() -> table.Panel:
    panel = table_panel(
        Spot(11, 24, 13),
        "latest_mentions",
        Text("Últimas menciones", "Latest mentions"),
        Text(
            "Las 50 más recientes del periodo. La probabilidad es la de la intención mostrada.",
            "The 50 most recent of the period. The probability is that of the intent shown.",
        ),
    )
    panel = _columns(
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
            "url": (Text("Enlace", "Link"), 90),
        },
    )
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


def _health(builder: dashboard.Dashboard) -> None:
    freshness = time_series_panel(
        Spot(12, 9, 8),
        "freshness_over_time",
        Text("Frescura en el tiempo", "Freshness over time"),
        Text(
            "Segundos entre Kafka y ClickHouse: latidos de todo el periodo y menciones de sus "
            "últimas seis horas.",
            "Seconds from Kafka to ClickHouse: heartbeats of the whole period and mentions of its "
            "last six hours.",
        ),
        unit="s",
    )
    freshness = freshness.override_by_name("p50", named(Text("Mediana", "Median"), P50))
    builder.with_panel(freshness.override_by_name("p95", named(Text("p95", "p95"), P95)))
    ledger = table_panel(
        Spot(13, 15, 8),
        "ledger_by_partition",
        Text("Libro de lotes", "Ledger"),
        Text(
            "Lo que pasó con cada registro leído de Kafka, por partición. Huecos debe ser 0.",
            "What became of each record read from Kafka, by partition. Gaps must be 0.",
        ),
    )
    builder.with_panel(
        _columns(
            ledger,
            {
                "topic": (Text("Tema", "Topic"), 140),
                "partition": (Text("Partición", "Partition"), None),
                "from_offset": (Text("Desde", "From"), None),
                "to_offset": (Text("Hasta", "To"), None),
                "batches": (Text("Lotes", "Batches"), None),
                "records": (Text("Registros", "Records"), None),
                "stored": (Text("Guardados", "Stored"), None),
                "duplicates": (Text("Duplicados", "Duplicates"), None),
                "dead_letters": (Text("Cartas muertas", "Dead letters"), None),
                "filtered": (Text("Filtrados", "Filtered"), None),
                "gaps": (Text("Huecos", "Gaps"), None),
            },
        ).override_by_name("gaps", _alarm_from(1))
    )
    letters = table_panel(
        Spot(14, 24, 7),
        "latest_dead_letters",
        Text("Últimas cartas muertas", "Latest dead letters"),
        Text(
            "Registros que no se pudieron procesar, con el motivo y el principio de su contenido.",
            "Records that could not be processed, with the reason and the start of their content.",
        ),
        empty=Text("Ninguna carta muerta en este periodo.", "No dead letters in this period."),
    )
    waiting = {"0": (Text("Espera", "Waiting"), None), "1": (Text("Reenviada", "Replayed"), None)}
    builder.with_panel(
        _columns(
            letters,
            {
                "time": (Text("Vista", "Seen"), 150),
                "stage": (Text("Paso", "Step"), 90),
                "reason": (Text("Motivo", "Reason"), None),
                "topic": (Text("Tema", "Topic"), 150),
                "partition": (Text("Partición", "Partition"), 90),
                "offset": (Text("Posición", "Offset"), 90),
                "value": (Text("Contenido", "Content"), None),
                "replayed": (Text("Estado", "State"), 100),
            },
        ).override_by_name("replayed", [mapped(waiting)])
    )


def _columns(panel: table.Panel, columns: dict[str, tuple[Text, int | None]]) -> table.Panel:
    for name, (heading, width_px) in columns.items():
        properties = named(heading)
        if width_px is not None:
            properties.append(models.DynamicConfigValue("custom.width", width_px))
        panel = panel.override_by_name(name, properties)
    return panel


def _alarm_from(limit: int) -> list[models.DynamicConfigValue]:
    steps = [{"color": "text", "value": None}, {"color": "#d1453b", "value": limit}]
    return [
        models.DynamicConfigValue("thresholds", {"mode": "absolute", "steps": steps}),
        models.DynamicConfigValue("custom.cellOptions", {"type": "color-text"}),
    ]


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
