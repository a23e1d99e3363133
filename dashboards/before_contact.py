"""Panels of what is heard before the first contact with a brand, and of what people ask."""

from grafana_foundation_sdk.builders import dashboard, table, timeseries
from grafana_foundation_sdk.models import dashboard as models

from dashboards.panels import (
    ACTIVE,
    CONTACTS,
    NONE,
    Spot,
    columns,
    named,
    stat_panel,
    table_panel,
    time_series_panel,
)
from dashboards.predictive_journeys import STEP_NAMES
from dashboards.words import Text


def add_before_contact(builder: dashboard.Dashboard) -> None:
    """Add the panels; their numbers are 17 and 26 to 29."""
    for headline in (
        stat_panel(
            Spot(26, 12, 4),
            "proactive_share",
            Text("Intención oída a tiempo", "Intent heard in time"),
            Text(
                "Parte de las señales de intención anteriores al primer contacto de su autor con "
                "la marca. Con marcas elegidas, el contacto es con ellas; si no, con las propias.",
                "Share of intent signals from before their author's first contact with the brand. "
                "With brands chosen the contact is with those, else with our own.",
            ),
            unit="percentunit",
            decimals=1,
            color=ACTIVE,
        ),
        stat_panel(
            Spot(27, 12, 4),
            "lead_time",
            Text("Ventaja al escuchar", "Lead time"),
            Text(
                "Mediana del tiempo entre la primera señal de intención y el primer contacto, de "
                "quienes dieron antes la señal. Sigue al periodo y a la fuente.",
                "Median time from the first signal of intent to the first contact, of those whose "
                "signal came first. Follows period and source.",
            ),
            unit="s",
        ),
    ):
        builder.with_panel(headline)
    builder.with_panel(_signals())
    builder.with_panel(first_contacts())
    builder.with_panel(_questions())


def _signals() -> timeseries.Panel:
    return (
        time_series_panel(
            Spot(28, 12, 9),
            "signals_split",
            Text("Señales proactivas y reactivas", "Proactive and reactive signals"),
            Text(
                "Por día. Proactivas: intención de quien aún no trató con la marca. Reactivas: "
                "menciones, respuestas, seguir, me gusta, republicar.",
                "By day. Proactive: intent of people who have not had to do with the brand yet. "
                "Reactive: mentions, answers, follows, likes, reposts.",
            ),
            stacked_bars=True,
        )
        .override_by_name("proactive", named(Text("Proactivas", "Proactive"), ACTIVE))
        .override_by_name("reactive", named(Text("Reactivas", "Reactive"), NONE))
    )


def first_contacts() -> timeseries.Panel:
    """Return who had to do with a brand for the first time, and how."""
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


def _questions() -> table.Panel:
    panel = table_panel(
        Spot(29, 24, 10),
        "touchpoint_questions",
        Text("Qué se pregunta en cada etapa", "What is asked at each stage"),
        Text(
            "Preguntas del periodo por etapa y tema, qué parte contestó la marca y la más nueva.",
            "Questions of the period by stage and topic, what share the brand answered, and the "
            "newest one.",
        ),
    )
    return (
        columns(
            panel,
            {
                "stage": (Text("Etapa", "Stage"), 130),
                "asked_about": (Text("Tema", "Topic"), 140),
                "questions": (Text("Preguntas", "Questions"), 100),
                "answered": (Text("Contestadas", "Answered"), 110),
                "newest": (Text("La más nueva", "The newest"), None),
            },
        )
        .override_by_name("stage", [STEP_NAMES])
        .override_by_name(
            "answered",
            [
                models.DynamicConfigValue("unit", "percentunit"),
                models.DynamicConfigValue("decimals", 0),
            ],
        )
    )
