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
    bars_panel,
    columns,
    mapped,
    named,
    stat_panel,
    table_panel,
    time_series_panel,
)
from dashboards.words import Text

STEPS = {**STAGES, "purchase": Text("Compra", "Purchase")}
LEAD_KINDS: dict[str, tuple[Text, str | None]] = {
    "ready_to_buy": (Text("Va a comprar", "Ready to buy"), None),
    "asks_recommendation": (Text("Pide consejo", "Asks for advice"), None),
    "unhappy_with_rival": (Text("Descontenta con otra marca", "Unhappy with a rival"), None),
    "comparing": (Text("Compara", "Comparing"), None),
    "thinking": (Text("Lo piensa", "Thinking"), None),
}
EVIDENCE: dict[str, tuple[Text, str | None]] = {
    "active this week": (Text("Activa esta semana", "Active this week"), None),
    "active this month": (Text("Activa este mes", "Active this month"), None),
    "latent this month": (Text("Latente este mes", "Latent this month"), None),
    "none": (Text("Nada", "Nothing"), None),
}
# What a chance rests on, or why there is none.
KNOWN_BY: dict[str, tuple[Text, str | None]] = {
    "probability": (Text("Lo aprendido de compras", "Learnt from orders"), None),
    "too few orders": (
        Text("Pocas compras: solo lo que se oyó", "Too few orders: only what was heard"),
        None,
    ),
}
_PERCENT = [
    models.DynamicConfigValue("unit", "percentunit"),
    models.DynamicConfigValue("decimals", 0),
]
STEP_NAMES = mapped({name: (text, None) for name, text in STEPS.items()})


def add_journeys(builder: dashboard.Dashboard) -> None:
    """Add the panels, in their order."""
    builder.with_row(
        dashboard.Row(Text("Oportunidades y decisión", "Leads and decisions").inline).id(100)
    )
    _headlines(builder)
    builder.with_panel(_leads())
    builder.with_panel(_propensity())
    builder.with_panel(_progress_over_time())
    builder.with_row(
        dashboard.Row(Text("El camino hasta comprar", "The way to a purchase").inline).id(120)
    )
    for panel in (_progress(), _now()):
        builder.with_panel(panel)
    for listed in (_funnel(), _transitions()):
        builder.with_panel(listed)


def _headlines(builder: dashboard.Dashboard) -> None:
    panels = (
        stat_panel(
            Spot(103, 12, 4),
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
            Spot(104, 12, 4),
            "open_leads",
            Text("Oportunidades abiertas", "Open leads"),
            Text(
                "Personas con intención abierta en los últimos 30 días, como estaban hace unos "
                "minutos; la cola está en Oportunidades.",
                "People with open intent in the last 30 days, as they stood some minutes ago; the "
                "queue is under Leads.",
            ),
            color=ACTIVE,
        ),
    )
    for panel in panels:
        builder.with_panel(panel)


def _leads() -> table.Panel:
    panel = table_panel(
        Spot(112, 12, 10),
        "leads_top",
        Text("Las mejores oportunidades", "The best leads"),
        Text(
            "Las primeras de la cola, como estaban hace unos minutos. Fuerza: la mayor "
            "probabilidad de intención, a la mitad cada semana.",
            "The first of the queue, as they stood some minutes ago. Strength: the largest chance "
            "of intent, halved each week.",
        ),
        empty=Text("Ninguna oportunidad abierta.", "No open leads."),
    )
    panel = columns(
        panel,
        {
            "person": (Text("Persona", "Person"), 130),
            "kind": (Text("Clase", "Kind"), 150),
            "strength": (Text("Fuerza", "Strength"), 80),
            "about": (Text("De qué", "About"), None),
            "last_at": (Text("Última señal", "Latest signal"), 140),
            "owner": (Text("La lleva", "Who has it"), 100),
        },
    )
    return panel.override_by_name("kind", [mapped(LEAD_KINDS)]).override_by_name(
        "strength", [models.DynamicConfigValue("decimals", 2)]
    )


def _propensity() -> table.Panel:
    panel = table_panel(
        Spot(113, 12, 10),
        "propensity_top",
        Text("Quién comprará", "Who will buy"),
        Text(
            "Probabilidad de que compre en los días del plazo, y entre qué valores está, al 95 %. "
            "Donde hay pocas compras de que aprender no se dice ninguna, solo lo que se oyó.",
            "The chance that they buy within so many days, and its bounds at 95%. Where there are "
            "too few orders to learn from none is told, only what was heard.",
        ),
        empty=Text(
            "Nadie calculado todavía: escucha models propensity score.",
            "Nobody reckoned yet: escucha models propensity score.",
        ),
    )
    panel = columns(
        panel,
        {
            "person": (Text("Persona", "Person"), 130),
            "days": (Text("Días", "Days"), 70),
            "chance": (Text("Probabilidad", "Chance"), 100),
            "chance_from": (Text("Desde", "From"), 80),
            "chance_to": (Text("Hasta", "To"), 80),
            "known_by": (Text("De dónde sale", "How it is known"), 220),
            "evidence": (Text("Lo que se oyó", "What was heard"), None),
            "active_30d": (Text("Activa, 30 días", "Active, 30 days"), 90),
            "latent_30d": (Text("Latente, 30 días", "Latent, 30 days"), 90),
        },
    )
    for name in ("chance", "chance_from", "chance_to"):
        panel = panel.override_by_name(name, _PERCENT)
    panel = panel.override_by_name("known_by", [mapped(KNOWN_BY)])
    return panel.override_by_name("evidence", [mapped(EVIDENCE)])


def _progress_over_time() -> timeseries.Panel:
    return (
        time_series_panel(
            Spot(106, 24, 8),
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
        .override_by_name("step", [STEP_NAMES])
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
        Spot(110, 24, 9),
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
        .override_by_name("step", [STEP_NAMES])
        .override_by_name("step_after", [STEP_NAMES])
        .override_by_name(
            "stayed",
            [
                models.DynamicConfigValue("unit", "s"),
                models.DynamicConfigValue("decimals", 0),
            ],
        )
    )
