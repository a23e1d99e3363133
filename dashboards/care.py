"""The dashboard "Listen and react": what needed a reply, who got one, and how soon."""

from grafana_foundation_sdk.builders import barchart, dashboard, stat, table, timeseries
from grafana_foundation_sdk.models import dashboard as models

from dashboards.base import board
from dashboards.panels import (
    BAD,
    CALM,
    P50,
    P95,
    WARN,
    Spot,
    bars_panel,
    columns,
    mapped,
    named,
    stat_panel,
    table_panel,
    time_series_panel,
)
from dashboards.value_people import capital, listen_react, mutual_share, presence
from dashboards.words import Text

UID = "escucha-care"

_FATES = {
    "in_time": (Text("A tiempo", "In time"), CALM),
    "late": (Text("Tarde", "Late"), WARN),
    "unanswered": (Text("Sin respuesta", "Unanswered"), BAD),
}
SENTIMENTS: dict[str, tuple[Text, str | None]] = {
    "negative": (Text("Negativo", "Negative"), None),
    "neutral": (Text("Neutro", "Neutral"), None),
    "positive": (Text("Positivo", "Positive"), None),
    "": (Text("Sin juicio", "Not judged"), None),
}
_WHAT = Text(
    "Pide respuesta lo que el modelo dice o lo que habla a una cuenta de la marca.",
    "What the model says, or what speaks to an account of the brand, needs a reply.",
)


def care() -> models.Dashboard:
    """Return the dashboard; building it twice gives the same."""
    builder = board(
        UID,
        Text("Escuchar y reaccionar", "Listen and react"),
        Text(
            f"A quién se responde, cuándo y cuándo no, y qué une a la gente. {_WHAT.es}",
            f"Who is answered, when, and when not, and what ties people. {_WHAT.en}",
        ),
        ("lang", "source", "brand", "topic"),
        period="now-30d",
    )
    for number in _numbers():
        builder.with_panel(number)
    for line in (_over_time(), _wait()):
        builder.with_panel(line)
    for bars in _bars():
        builder.with_panel(bars)
    builder.with_panel(_definitions())
    builder.with_panel(_queue())
    ties = Text("Reciprocidad y comunidades", "Reciprocity and communities")
    builder.with_row(dashboard.Row(ties.inline).id(20))
    builder.with_panel(listen_react(Spot(21, 12, 4)))
    builder.with_panel(mutual_share(Spot(22, 12, 4)))
    builder.with_panel(presence(Spot(23, 24, 8)))
    builder.with_panel(capital(Spot(24, 24, 10)))
    return builder.build()


def _numbers() -> tuple[stat.Panel, ...]:
    return (
        stat_panel(
            Spot(1, 5, 4),
            "care_waiting",
            Text("Esperan ahora", "Waiting now"),
            Text(
                "Menciones de los últimos 14 días sin respuesta, como estaban hace unos minutos; "
                "la cola está en Atender.",
                "Mentions of the last 14 days without a reply, as they stood some minutes ago; the "
                "queue is under Care.",
            ),
        ),
        stat_panel(
            Spot(2, 5, 4),
            "care_overdue",
            Text("Vencidas", "Overdue"),
            Text("De ellas, las que pasan del plazo.", "Those of them past their time."),
            limits=(1, 20),
        ),
        stat_panel(
            Spot(3, 4, 4),
            "care_in_time",
            Text("A tiempo", "In time"),
            Text(
                "Parte de lo que pedía respuesta y la tuvo (o ya daba las gracias) dentro del "
                "plazo: 60 minutos si nadie dijo otro. Lo que espera y aún está en plazo no "
                "cuenta.",
                "Share of what needed a reply and had one (or was thanked for) within the target: "
                "60 minutes unless somebody set another. What waits and is not yet due does not "
                "count.",
            ),
            unit="percentunit",
            decimals=1,
        ),
        stat_panel(
            Spot(4, 5, 4),
            "care_first_reply_median",
            Text("Primera respuesta, mediana", "First reply, median"),
            Text(
                "De lo contestado: la mitad esperó menos.",
                "Of what was answered: half waited less.",
            ),
            unit="s",
        ),
        stat_panel(
            Spot(5, 5, 4),
            "care_first_reply_p90",
            Text("Primera respuesta, p90", "First reply, p90"),
            Text(
                "De lo contestado: nueve de cada diez esperaron menos.",
                "Of what was answered: nine in ten waited less.",
            ),
            unit="s",
        ),
    )


def _over_time() -> timeseries.Panel:
    panel = time_series_panel(
        Spot(6, 12, 9),
        "care_over_time",
        Text("Qué pedía respuesta", "What needed a reply"),
        Text(
            "Por la hora en que se preguntó, según cómo acabó. Sin respuesta está también lo que "
            "aún está en plazo.",
            "By the time it was asked, and what became of it. What is not yet due is among the "
            "unanswered.",
        ),
        stacked_bars=True,
    )
    for name, (text, color) in _FATES.items():
        panel = panel.override_by_name(name, named(text, color))
    return panel


def _wait() -> timeseries.Panel:
    return (
        time_series_panel(
            Spot(7, 12, 9),
            "care_wait_over_time",
            Text("Cuánto se esperó", "How long people waited"),
            Text(
                "Hasta la primera respuesta, por la hora en que se preguntó.",
                "Until the first reply, by the time it was asked.",
            ),
            unit="s",
        )
        .override_by_name("median", named(Text("Mediana", "Median"), P50))
        .override_by_name("p90", named(Text("p90", "p90"), P95))
    )


def _bars() -> tuple[barchart.Panel, ...]:
    days = {
        "campaign": (Text("En campaña", "During campaigns"), None),
        "outside": (Text("Fuera de campaña", "Outside campaigns"), None),
    }
    panels = (
        bars_panel(
            Spot(8, 12, 7),
            "care_by_sentiment",
            Text("Por sentimiento", "By sentiment"),
            Text(
                "¿Se responde a lo negativo y también a lo positivo?",
                "Are the negative ones answered, and the positive ones too?",
            ),
            category="sentiment",
        ).override_by_name("sentiment", [mapped(SENTIMENTS)]),
        bars_panel(
            Spot(9, 12, 7),
            "care_by_campaign",
            Text("En campaña y fuera", "In campaigns and outside"),
            Text(
                "Por los días de las campañas de las reglas de escucha (UTC).",
                "By the days of the campaigns in the listening rules (UTC).",
            ),
            category="days",
        ).override_by_name("days", [mapped(days)]),
        bars_panel(
            Spot(10, 12, 15),
            "care_by_account",
            Text("Por cuenta", "By account"),
            Text(
                "La cuenta que respondió o, si nadie lo hizo, aquella a la que se habló.",
                "The account that answered or, where none did, the one that was spoken to.",
            ),
            category="account",
        ),
        bars_panel(
            Spot(11, 12, 15),
            "care_by_hour",
            Text("Por hora del día (UTC)", "By hour of the day (UTC)"),
            Text(
                "¿Cuándo se pregunta y cuándo se tarda?",
                "When do people ask, and when does it take long?",
            ),
            category="hour",
        ),
    )
    for panel in panels:
        for name, (text, color) in _FATES.items():
            panel.override_by_name(name, named(text, color))
    return panels


def _definitions() -> table.Panel:
    names = {
        "either": (Text("Cualquiera de las dos", "Either of the two"), None),
        "needs_reply": (Text("Según el modelo", "By the model"), None),
        "addressed": (Text("Habla a la marca", "Speaks to the brand"), None),
    }
    panel = table_panel(
        Spot(12, 24, 6),
        "care_by_definition",
        Text("Según qué se entienda por pedir respuesta", "By what needing a reply means"),
        Text(
            "Contestadas, a tiempo (de las que no siguen en plazo), resueltas (gracias, o 72 "
            "horas sin volver) y reabiertas (vuelve a pedir en 7 días).",
            "Answered, in time (of those that are not still within their time), resolved (thanks, "
            "or 72 hours without coming back), and reopened (asks again within 7 days).",
        ),
    )
    panel = columns(
        panel,
        {
            "definition": (Text("Pide respuesta", "Needs a reply"), 220),
            "asked": (Text("Menciones", "Mentions"), None),
            "answered": (Text("Contestadas", "Answered"), None),
            "in_time": (Text("A tiempo", "In time"), None),
            "resolved": (Text("Resueltas", "Resolved"), None),
            "reopened": (Text("Reabiertas", "Reopened"), None),
        },
    ).override_by_name("definition", [mapped(names)])
    percent = [
        models.DynamicConfigValue("unit", "percentunit"),
        models.DynamicConfigValue("decimals", 0),
    ]
    for name in ("answered", "in_time", "resolved", "reopened"):
        panel = panel.override_by_name(name, percent)
    return panel


def _queue() -> table.Panel:
    panel = table_panel(
        Spot(13, 24, 9),
        "care_queue_top",
        Text("Lo que más urge", "What is most urgent"),
        Text(
            "Los primeros de la cola por su plazo, como estaban hace unos minutos. Se atienden en "
            "la consola.",
            "The first of the queue by their time, as they stood some minutes ago. They are dealt "
            "with in the console.",
        ),
        empty=Text("Nadie espera respuesta.", "Nobody waits for a reply."),
    )
    return columns(
        panel,
        {
            "due_at": (Text("Plazo", "Due"), 150),
            "asked_at": (Text("Preguntó", "Asked"), 150),
            "author": (Text("Autor", "Author"), 140),
            "account": (Text("Cuenta", "Account"), 140),
            "sentiment": (Text("Sentimiento", "Sentiment"), 110),
            "about": (Text("De qué", "About"), None),
            "lang": (Text("Idioma", "Language"), 80),
            "owner": (Text("Lo lleva", "Who has it"), 120),
        },
    ).override_by_name("sentiment", [mapped(SENTIMENTS)])
