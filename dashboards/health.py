"""Panels that say whether all is well: freshness, sources, programs, the ledger, dead letters."""

from grafana_foundation_sdk.builders import dashboard, stat, table, timeseries
from grafana_foundation_sdk.models import dashboard as models

from dashboards.panels import (
    BAD,
    CALM,
    P50,
    P95,
    SOURCE_STATES,
    Spot,
    alarm_from,
    columns,
    mapped,
    named,
    stat_panel,
    table_panel,
    time_series_panel,
)
from dashboards.words import Text

JOBS: dict[str, Text] = {
    "deletions": Text("Borrados y ediciones", "Deletions and edits"),
    "near_duplicates": Text("Copias", "Copies"),
    "value": Text("Valor: se mira si cambió algo", "Value: has anything changed"),
    "value run": Text("Valor: última cuenta", "Value: last run"),
    "listened": Text("Reglas en vigor", "Rules in force"),
    "sources": Text("Fuentes paradas", "Stalled sources"),
    "drift": Text("Deriva", "Drift"),
    "books": Text("Cuentas", "Books"),
    "purge": Text("Purga del disco", "Purge of the disk"),
    "retention": Text("Plazos de conservación", "Retention"),
    "signals": Text("Señales: última mirada", "Signals: last look"),
}


def add_health(builder: dashboard.Dashboard) -> None:
    """Add what tells that all is well, then sources, workers, the ledger and dead letters."""
    for headline in headlines():
        builder.with_panel(headline)
    for number in _signs_of_life():
        builder.with_panel(number)
    builder.with_row(
        dashboard.Row(Text("Fuentes y frescura", "Sources and freshness").inline).id(30)
    )
    builder.with_panel(_sources())
    freshness = time_series_panel(
        Spot(12, 12, 8),
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
    builder.with_panel(_throughput())
    builder.with_row(dashboard.Row(Text("Programas", "Programs").inline).id(31))
    builder.with_panel(_workers())
    builder.with_panel(_jobs())
    builder.with_panel(_kept_views())
    books = Text("Cuentas y cartas muertas", "Books and dead letters")
    builder.with_row(dashboard.Row(books.inline).id(32))
    ledger = table_panel(
        Spot(13, 24, 8),
        "ledger_by_partition",
        Text("Libro de lotes", "Ledger"),
        Text(
            "Lo que pasó con cada registro leído de Kafka, por partición. Huecos debe ser 0.",
            "What became of each record read from Kafka, by partition. Gaps must be 0.",
        ),
    )
    builder.with_panel(
        columns(
            ledger,
            {
                "topic": (Text("Tema de Kafka", "Kafka topic"), 140),
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
        ).override_by_name("gaps", alarm_from(1))
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
        columns(
            letters,
            {
                "time": (Text("Vista", "Seen"), 150),
                "stage": (Text("Paso", "Step"), 90),
                "reason": (Text("Motivo", "Reason"), None),
                "topic": (Text("Tema de Kafka", "Kafka topic"), 150),
                "partition": (Text("Partición", "Partition"), 90),
                "offset": (Text("Posición", "Offset"), 90),
                "value": (Text("Contenido", "Content"), None),
                "replayed": (Text("Estado", "State"), 100),
            },
        ).override_by_name("replayed", [mapped(waiting)])
    )


def headlines(first: int = 21) -> tuple[stat.Panel, ...]:
    """Return the three numbers by which any reader of figures knows whether they are whole.

    Their ids are `first` and the two after it.
    """
    return (
        stat_panel(
            Spot(first, 4, 3),
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
            Spot(first + 1, 4, 3),
            "dead_letters_waiting",
            Text("Cartas muertas", "Dead letters"),
            Text(
                "Registros ilegibles del periodo que esperan arreglo y reenvío.",
                "Unreadable records of the period that wait to be fixed and replayed.",
            ),
            limits=(1, 100),
        ),
        stat_panel(
            Spot(first + 2, 4, 3),
            "ledger_gap",
            Text("Descuadre", "Ledger gap"),
            Text(
                "Registros que el libro de lotes no explica, por huecos o por sumas. 0 es exacto.",
                "Records the ledger of batches does not explain, by gaps or by sums. 0 is exact.",
            ),
            limits=(1, 1),
        ),
    )


def _sources() -> table.Panel:
    panel = table_panel(
        Spot(18, 24, 7),
        "sources",
        Text("Fuentes", "Sources"),
        Text(
            "Cómo está cada fuente ahora, sin filtros. Parada: faltan cuatro latidos seguidos. "
            "Terminada: su productor se despidió. Sin latidos: solo sus menciones hablan de ella. "
            "Si el flujo va atrasado, sus latidos aún esperan en Kafka. Retraso: de la publicación "
            "al guardado, en el último día.",
            "How each source is now, without filters. Stalled: four heartbeats in a row are "
            "missing. Ended: its producer said goodbye. No heartbeats: only its mentions tell of "
            "it. If the pipeline is behind, heartbeats still wait in Kafka. Lag: from publishing "
            "to storing, in the last day.",
        ),
        empty=Text("Todavía no se ha oído ninguna fuente.", "No source has been heard yet."),
    )
    lag = [models.DynamicConfigValue("unit", "s")]
    return (
        columns(
            panel,
            {
                "source": (Text("Fuente", "Source"), 130),
                "state": (Text("Estado", "State"), 190),
                "last_sign_at": (Text("Última señal", "Last sign of life"), 170),
                "kept_last_hour": (Text("Guardados en 1 h", "Kept in 1 h"), None),
                "kept_last_day": (Text("Guardados en 24 h", "Kept in 24 h"), None),
                "lag_p50_sec": (Text("Retraso mediano", "Median lag"), None),
                "lag_p95_sec": (Text("Retraso p95", "Lag p95"), None),
            },
        )
        .override_by_name(
            "state",
            [
                mapped(SOURCE_STATES),
                models.DynamicConfigValue("custom.cellOptions", {"type": "color-text"}),
            ],
        )
        .override_by_name("lag_p50_sec", lag)
        .override_by_name("lag_p95_sec", lag)
    )


def _signs_of_life() -> tuple[stat.Panel, ...]:
    return (
        stat_panel(
            Spot(24, 4, 3),
            "sources_stalled",
            Text("Fuentes paradas", "Stalled sources"),
            Text(
                "Fuentes que deberían hablar y callan; sus nombres, en la tabla de fuentes.",
                "Sources that should speak and are silent; their names are in the table.",
            ),
            limits=(1, 2),
        ),
        stat_panel(
            Spot(25, 4, 3),
            "heartbeat_age",
            Text("Último latido", "Latest heartbeat"),
            Text(
                "Hace cuánto se guardó el último latido de una fuente: crece si el flujo se para o "
                "se retrasa. Lo que espera en Kafka, en registros, lo dice "
                "escucha_group_lag_records.",
                "How long ago the latest heartbeat of a source was stored: it grows when the "
                "pipeline stops or falls behind. What waits in Kafka, in records, is told by "
                "escucha_group_lag_records.",
            ),
            unit="s",
            limits=(60, 300),
        ),
        stat_panel(
            Spot(26, 4, 3),
            "workers_heard",
            Text("Procesos de trabajo", "Workers"),
            Text(
                "Los que han dicho algo en los últimos tres minutos.",
                "Those that have said something in the last three minutes.",
            ),
        ),
    )


def _throughput() -> timeseries.Panel:
    return time_series_panel(
        Spot(27, 12, 8),
        "throughput_by_worker",
        Text("Registros por segundo", "Records per second"),
        Text(
            "Lo que lee cada proceso de trabajo, según el libro de lotes.",
            "What each worker reads, by the ledger of batches.",
        ),
        unit="none",
    ).display_name("${__field.labels.worker}")


def _workers() -> table.Panel:
    panel = table_panel(
        Spot(28, 12, 9),
        "workers",
        Text("Procesos de trabajo", "Workers"),
        Text(
            "De cada uno del último día: por qué modelo juzga, con qué reglas, cuánto leyó en la "
            "última hora y, si lo hay, por qué no toma el modelo que debería.",
            "Of each of the last day: by which model it judges, with which rules, what it read in "
            "the last hour and, if so, why it does not take up the model it should.",
        ),
        empty=Text("Ningún proceso de trabajo en el último día.", "No worker in the last day."),
    )
    panel = columns(
        panel,
        {
            "worker": (Text("Proceso", "Worker"), 150),
            "seen_at": (Text("Visto", "Seen"), 140),
            "records": (Text("Registros en 1 h", "Records in 1 h"), 90),
            "model": (Text("Modelo", "Model"), 150),
            "shadow": (Text("En la sombra", "In shadow"), 120),
            "rules": (Text("Reglas", "Rules"), 110),
            "trouble": (Text("Problema", "Trouble"), None),
        },
    )
    return panel.override_by_name("trouble", [models.DynamicConfigValue("noValue", "—")])


def _jobs() -> table.Panel:
    panel = table_panel(
        Spot(29, 12, 9),
        "jobs",
        Text("Trabajos y señales", "Jobs and signals"),
        Text(
            "Cuándo acabó bien por última vez cada trabajo de `escucha upkeep`, la última cuenta "
            "del valor de los clientes y la última mirada de `escucha signals`.",
            "When each job of `escucha upkeep` last ended well, the last run of customer value, "
            "and the last look of `escucha signals`.",
        ),
        empty=Text("Todavía no ha corrido nada.", "Nothing has run yet."),
    )
    panel = columns(
        panel,
        {
            "job": (Text("Trabajo", "Job"), None),
            "ended_at": (Text("Acabó", "Ended"), 160),
            "age": (Text("Hace", "Ago"), 110),
        },
    )
    names = {name: (text, None) for name, text in JOBS.items()}
    return panel.override_by_name("job", [mapped(names)]).override_by_name(
        "age", [models.DynamicConfigValue("unit", "s"), models.DynamicConfigValue("decimals", 0)]
    )


def _kept_views() -> table.Panel:
    panel = table_panel(
        Spot(33, 24, 10),
        "kept_views",
        Text("Tablas que se rehacen solas", "Tables that are kept"),
        Text(
            "Lo que rehace ClickHouse cada pocos minutos y leen los paneles: cuándo salió bien, "
            "cuánto tardó y qué falló.",
            "What ClickHouse makes anew every few minutes and panels read: when it last went well, "
            "how long it took, and what failed.",
        ),
    )
    states: dict[str, tuple[Text, str | None]] = {
        "Scheduled": (Text("Espera su hora", "Waits for its time"), CALM),
        "Running": (Text("En marcha", "Running"), P50),
        "RunningOnAnotherReplica": (Text("En otra réplica", "On another replica"), P50),
        "WaitingForDependencies": (Text("Espera a otras", "Waits for others"), CALM),
        "Disabled": (Text("Parada", "Stopped"), BAD),
    }
    panel = columns(
        panel,
        {
            "kept": (Text("Tabla", "Table"), 210),
            "status": (Text("Estado", "State"), 150),
            "succeeded_at": (Text("Salió bien", "Went well"), 150),
            "age": (Text("Hace", "Ago"), 90),
            "took": (Text("Tardó", "Took"), 90),
            "rows": (Text("Filas", "Rows"), 100),
            "trouble": (Text("Error", "Error"), None),
        },
    ).override_by_name("status", [mapped(states)])
    for name, places in (("age", 0), ("took", 1)):
        panel = panel.override_by_name(
            name,
            [
                models.DynamicConfigValue("unit", "s"),
                models.DynamicConfigValue("decimals", places),
            ],
        )
    return panel
