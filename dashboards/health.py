"""The row that says whether all is well: sources, freshness, the ledger, dead letters."""

from grafana_foundation_sdk.builders import dashboard, table
from grafana_foundation_sdk.models import dashboard as models

from dashboards.panels import (
    P50,
    P95,
    SOURCE_STATES,
    Spot,
    Text,
    alarm_from,
    columns,
    mapped,
    named,
    table_panel,
    time_series_panel,
)


def add_health(builder: dashboard.Dashboard) -> None:
    """Add the sources, freshness, the ledger of batches and the dead letters."""
    builder.with_panel(_sources())
    freshness = time_series_panel(
        Spot(12, 7, 8),
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
        Spot(13, 17, 8),
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
