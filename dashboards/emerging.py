"""Panels of emerging purchase intent."""

from grafana_foundation_sdk.builders import dashboard, table, timeseries
from grafana_foundation_sdk.models import dashboard as models

from dashboards.panels import (
    ACTIVE,
    BAD,
    CALM,
    INTENTS,
    NONE,
    WARN,
    Spot,
    columns,
    mapped,
    named,
    stat_panel,
    table_panel,
    time_series_panel,
)
from dashboards.words import Text

STATES: dict[str, tuple[Text, str | None]] = {
    "open": (Text("Abierta", "Open"), ACTIVE),
    "growing": (Text("Crece", "Growing"), BAD),
    "fading": (Text("Se apaga", "Fading"), NONE),
    "acknowledged": (Text("Atendida", "In hand"), CALM),
    "snoozed": (Text("Silenciada", "Snoozed"), NONE),
}
SEVERITIES: dict[str, tuple[Text, str]] = {
    "light": (Text("Leve (1–3)", "Light (1–3)"), NONE),
    "medium": (Text("Media (4–6)", "Medium (4–6)"), WARN),
    "strong": (Text("Fuerte (7–10)", "Strong (7–10)"), BAD),
}
_KINDS: dict[str, tuple[Text, str | None]] = {
    "brand": (Text("Marca", "Brand"), None),
    "topic": (Text("Tema", "Topic"), None),
}
_NOTHING = Text(
    "Nada fuera de lo habitual. Se vigila mientras corre `escucha signals`.",
    "Nothing out of the usual. It is watched while `escucha signals` runs.",
)


def add_emerging(builder: dashboard.Dashboard) -> None:
    """Add the panels; their ids are 31 to 34, under the row 30."""
    builder.with_row(dashboard.Row(Text("Intención que surge", "Emerging intent").inline).id(30))
    builder.with_panel(
        stat_panel(
            Spot(31, 4, 9),
            "alerts_open",
            Text("Alertas abiertas", "Open alerts"),
            Text(
                "Marcas y temas de los que ahora mismo habla con intención de compra más gente "
                "de la que explican la hora, el día y el azar.",
                "Brands and topics that more people speak of with purchase intent right now than "
                "hour, day and chance explain.",
            ),
            color=ACTIVE,
        )
    )
    builder.with_panel(_over_time())
    builder.with_panel(_now())
    builder.with_panel(_evidence())


def _over_time() -> timeseries.Panel:
    panel = time_series_panel(
        Spot(33, 20, 9),
        "alerts_over_time",
        Text("Alertas en el tiempo", "Alerts over time"),
        Text(
            "Alertas por el momento en que se abrieron. Gravedad 1: lo bastante rara para avisar; "
            "cada punto más, diez veces más rara.",
            "Alerts by when they opened. Severity 1: rare enough to be told; each point more, ten "
            "times rarer.",
        ),
        stacked_bars=True,
    )
    for name, (text, color) in SEVERITIES.items():
        panel = panel.override_by_name(name, named(text, color))
    return panel


def _now() -> table.Panel:
    panel = table_panel(
        Spot(32, 24, 9),
        "alerts_now",
        Text("Intención que surge ahora", "Intent emerging now"),
        Text(
            "Personas distintas desde que empezó, y cuántas habría en cualquier otra semana. "
            "Certeza: probabilidad de que en una semana el azar no dé otra así en ninguna serie. "
            "Antes del contacto: parte que no había tenido trato con la marca.",
            "Different people since it began, and how many there would be in any other week. "
            "Certainty: the chance that in a week chance brings none such in any series. Before "
            "contact: the share that had had nothing to do with the brand.",
        ),
        empty=_NOTHING,
    )
    panel = columns(
        panel,
        {
            "since": (Text("Desde", "Since"), 150),
            "series": (Text("De qué", "About"), 150),
            "kind": (Text("Clase", "Kind"), 80),
            "lang": (Text("Idioma", "Language"), 80),
            "state": (Text("Estado", "State"), 100),
            "severity": (Text("Gravedad", "Severity"), 90),
            "observed": (Text("Personas", "People"), 90),
            "expected": (Text("Lo habitual", "Usual"), 100),
            "sure": (Text("Certeza", "Certainty"), 90),
            "before_contact": (Text("Antes del contacto", "Before contact"), 130),
            "driving_words": (Text("Palabras que deciden", "Driving words"), None),
            "link": (Text("Ver", "See"), 70),
            "alert": (Text("Alerta", "Alert"), 110),
        },
    )
    return (
        panel.override_by_name("before_contact", _percent(0))
        .override_by_name("sure", _percent(1))
        .override_by_name("state", [mapped(STATES), _coloured()])
        .override_by_name("kind", [mapped(_KINDS)])
        .override_by_name("expected", [models.DynamicConfigValue("decimals", 1)])
        .override_by_name("link", [_link()])
    )


def _evidence() -> table.Panel:
    panel = table_panel(
        Spot(34, 24, 9),
        "alert_evidence",
        Text("Lo que dicen", "What they say"),
        Text(
            "Hasta cinco menciones de cada una de las últimas 20 alertas del periodo, de autores "
            "distintos y sin copias. Lo retirado o borrado ya no aparece.",
            "Up to five mentions of each of the last 20 alerts of the period, of different authors "
            "and without copies. What was taken back or erased is gone from here.",
        ),
        empty=Text("Sin alertas en el periodo.", "No alerts in the period."),
    )
    panel = columns(
        panel,
        {
            "time": (Text("Publicada", "Published"), 150),
            "series": (Text("De qué", "About"), 150),
            "author": (Text("Autor", "Author"), 130),
            "lang": (Text("Idioma", "Language"), 80),
            "text": (Text("Texto", "Text"), None),
            "intent": (Text("Intención", "Intent"), 110),
            "url": (Text("Enlace", "Link"), 90),
        },
    )
    return panel.override_by_name(
        "intent", [mapped({value: (text, color) for value, (text, color) in INTENTS.items()})]
    ).override_by_name("url", [_link()])


def _percent(decimals: int) -> list[models.DynamicConfigValue]:
    return [
        models.DynamicConfigValue("unit", "percentunit"),
        models.DynamicConfigValue("decimals", decimals),
    ]


def _coloured() -> models.DynamicConfigValue:
    return models.DynamicConfigValue("custom.cellOptions", {"type": "color-text"})


def _link() -> models.DynamicConfigValue:
    link = {"title": Text("Abrir", "Open").inline, "url": "${__value.raw}", "targetBlank": True}
    return models.DynamicConfigValue("links", [link])
