"""Panels of leads and journeys: what was heard before the first contact, and the way to a purchase.

Their numbers start at 100, so that other subjects of the same dashboard have the ones below.
"""

from grafana_foundation_sdk.builders import barchart, dashboard, table, timeseries
from grafana_foundation_sdk.models import dashboard as models

from dashboards.panels import (
    ACTIVE,
    CALM,
    LATENT,
    NONE,
    P50,
    P95,
    STAGES,
    Spot,
    Text,
    bars_panel,
    columns,
    mapped,
    named,
    stat_panel,
    table_panel,
    time_series_panel,
)

STEPS = {**STAGES, "purchase": Text("Compra", "Purchase")}
_PERCENT = [
    models.DynamicConfigValue("unit", "percentunit"),
    models.DynamicConfigValue("decimals", 0),
]
_STEP_NAMES = mapped({name: (text, None) for name, text in STEPS.items()})


def add_journeys(builder: dashboard.Dashboard) -> None:
    """Add the panels, in their order."""
    builder.with_row(
        dashboard.Row(Text("Antes del primer contacto", "Before the first contact").inline).id(100)
    )
    _headlines(builder)
    builder.with_panel(_signals())
    builder.with_panel(_progress_over_time())
    builder.with_row(
        dashboard.Row(Text("El camino hasta comprar", "The way to a purchase").inline).id(120)
    )
    for panel in (_progress(), _now()):
        builder.with_panel(panel)
    for listed in (_funnel(), _transitions(), _questions()):
        builder.with_panel(listed)


def _headlines(builder: dashboard.Dashboard) -> None:
    panels = (
        stat_panel(
            Spot(101, 6, 4),
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
            Spot(102, 6, 4),
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
        stat_panel(
            Spot(103, 6, 4),
            "progress_median",
            Text("Decisión ya hecha al contactar", "Decision made at first contact"),
            Text(
                "Mediana de cuánto del camino entre la primera señal y la compra se había andado "
                "en el primer contacto. Solo compras del periodo con contacto.",
                "Median of how much of the way from first signal to purchase lay behind at the "
                "first contact. Only purchases of the period with a contact.",
            ),
            unit="percentunit",
            decimals=0,
        ),
        stat_panel(
            Spot(104, 6, 4),
            "open_leads",
            Text("Oportunidades abiertas", "Open leads"),
            Text(
                "Personas con intención abierta en los últimos 30 días; la cola está en "
                "Oportunidades.",
                "People with open intent in the last 30 days; the queue is under Leads.",
            ),
            color=ACTIVE,
        ),
    )
    for panel in panels:
        builder.with_panel(panel)


def _signals() -> timeseries.Panel:
    return (
        time_series_panel(
            Spot(105, 12, 9),
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


def _progress_over_time() -> timeseries.Panel:
    return (
        time_series_panel(
            Spot(106, 12, 9),
            "progress_over_time",
            Text("Decisión hecha al contactar, por semana", "Decision made at contact, by week"),
            Text(
                "Cuartiles por semana de compra. La línea del 60 % es la estimación de DataSift, "
                "solo como referencia: no entra en ningún cálculo.",
                "Quartiles by week of purchase. The line at 60% is DataSift's estimate, for "
                "reference only: it enters no calculation.",
            ),
            unit="percentunit",
        )
        .override_by_name("quarter", named(Text("Primer cuartil", "First quartile"), NONE))
        .override_by_name("median", named(Text("Mediana", "Median"), P50))
        .override_by_name("three_quarters", named(Text("Tercer cuartil", "Third quartile"), P95))
        .override_by_name("reference", named(Text("Referencia: 60 %", "Reference: 60%"), LATENT))
    )


def _progress() -> barchart.Panel:
    tenths = {
        str(tenth): (Text(f"{tenth}–{tenth + 10} %", f"{tenth}–{tenth + 10}%"), None)
        for tenth in range(0, 100, 10)
    }
    none = {"none": (Text("Sin contacto", "No contact"), None)}
    return (
        bars_panel(
            Spot(107, 12, 10),
            "progress_distribution",
            Text("Cuánto estaba decidido", "How much was decided"),
            Text(
                "Compradores del periodo según la parte del camino que llevaban en el primer "
                "contacto. 0 %: el contacto fue antes que la señal; 90–100 % incluye a quien "
                "contactó después de comprar.",
                "Buyers of the period by the part of the way that lay behind at the first contact. "
                "0%: the contact came before the signal; 90–100% includes who made contact after "
                "buying.",
            ),
            category="tenth",
        )
        .override_by_name("tenth", [mapped(tenths | none)])
        .override_by_name("authors", named(Text("Compradores", "Buyers"), ACTIVE))
    )


def _now() -> barchart.Panel:
    return (
        bars_panel(
            Spot(108, 12, 10),
            "journey_now",
            Text("Dónde está cada persona ahora", "Where people are now"),
            Text(
                "Última etapa de cada autor con cada marca. Parados: antes de la compra y sin "
                "ningún paso en 14 días.",
                "Latest stage of each author with each brand. Stalled: before the purchase and "
                "without a step for 14 days.",
            ),
            category="step",
        )
        .override_by_name("step", [_STEP_NAMES])
        .override_by_name("moving", named(Text("En marcha", "Moving"), CALM))
        .override_by_name("stalled", named(Text("Parados", "Stalled"), LATENT))
    )


def _funnel() -> table.Panel:
    panel = table_panel(
        Spot(109, 24, 9),
        "journey_funnel",
        Text("Embudo por semana de la primera señal", "Funnel by week of the first signal"),
        Text(
            "De quienes mostraron intención por primera vez esa semana, qué parte llegó a cada "
            "paso desde entonces.",
            "Of those who first voiced intent in that week, what share has reached each step "
            "since.",
        ),
    )
    panel = columns(
        panel,
        {
            "cohort": (Text("Semana", "Week"), 130),
            "voiced_intent": (Text("Con intención", "Voiced intent"), None),
            "had_contact": (Text("Contacto", "Contact"), None),
            "considered": (Text("Consideró", "Considered"), None),
            "decided": (Text("Decidió", "Decided"), None),
            "bought": (Text("Compró", "Bought"), None),
            "used": (Text("Usa", "Uses"), None),
            "advocated": (Text("Recomienda", "Recommends"), None),
        },
    )
    for name in ("had_contact", "considered", "decided", "bought", "used", "advocated"):
        panel = panel.override_by_name(name, _PERCENT)
    return panel


def _transitions() -> table.Panel:
    panel = table_panel(
        Spot(110, 10, 11),
        "journey_transitions",
        Text("De una etapa a otra", "From stage to stage"),
        Text(
            "Los cambios de etapa más frecuentes del periodo y cuánto se tardó (mediana).",
            "The commonest changes of stage in the period, and how long they took (median).",
        ),
    )
    return (
        columns(
            panel,
            {
                "step": (Text("De", "From"), 140),
                "step_after": (Text("A", "To"), 140),
                "changes": (Text("Cambios", "Changes"), 100),
                "stayed": (Text("Tras", "After"), 100),
            },
        )
        .override_by_name("step", [_STEP_NAMES])
        .override_by_name("step_after", [_STEP_NAMES])
        .override_by_name(
            "stayed",
            [
                models.DynamicConfigValue("unit", "s"),
                models.DynamicConfigValue("decimals", 0),
            ],
        )
    )


def _questions() -> table.Panel:
    panel = table_panel(
        Spot(111, 14, 11),
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
        .override_by_name("stage", [_STEP_NAMES])
        .override_by_name("answered", _PERCENT)
    )
