"""The dashboard of the pipeline and its models: is all well, do they drift, are they right."""

from grafana_foundation_sdk.builders import dashboard, table
from grafana_foundation_sdk.models import dashboard as dashboard_models

from dashboards.base import board
from dashboards.drift import add_drift
from dashboards.health import add_health
from dashboards.panels import Spot, columns, mapped, table_panel
from dashboards.words import Text

UID = "escucha-models"

HEADS: dict[str, Text] = {
    "intent": Text("Intención", "Intent"),
    "stage": Text("Etapa", "Stage"),
    "needs_reply": Text("Pide respuesta", "Needs a reply"),
    "sentiment": Text("Sentimiento", "Sentiment"),
    "question": Text("Acto: pregunta", "Act: question"),
    "order_status": Text("Acto: estado del pedido", "Act: order status"),
    "incident": Text("Acto: incidencia", "Act: incident"),
    "complaint": Text("Acto: queja", "Act: complaint"),
    "praise": Text("Acto: elogio", "Act: praise"),
    "asks_recommendation": Text("Acto: pide consejo", "Act: asks advice"),
    "gives_recommendation": Text("Acto: da consejo", "Act: gives advice"),
    "usage_tip": Text("Acto: truco de uso", "Act: usage tip"),
}
_PERCENT = [
    dashboard_models.DynamicConfigValue("unit", "percentunit"),
    dashboard_models.DynamicConfigValue("decimals", 0),
]
_EMPTY = Text(
    "Todavía no hay etiquetas en este periodo. Se ponen en la consola, en Etiquetar.",
    "There are no labels in this period yet. They are given in the console, under Label.",
)


def models() -> dashboard_models.Dashboard:
    """Return the dashboard; building it twice gives the same."""
    builder = board(
        UID,
        Text("Flujo y modelos", "Pipeline and models"),
        Text(
            "Si todo llega, se guarda y cuadra, qué programas corren y con qué modelo y reglas; si "
            "lo que llega al modelo y lo que dice es lo de siempre, y cuánto acierta.",
            "Whether everything comes in, is stored and adds up, which programs run and by which "
            "model and rules; whether what the model is given, and says, is what it was, and how "
            "often it is right.",
        ),
        (),
        period="now-30d",
    )
    add_health(builder)
    drift = Text("Deriva del modelo", "Drift of the model")
    builder.with_row(dashboard.Row(drift.inline).id(50))
    add_drift(builder)
    people = Text("Etiquetas y aciertos", "Labels and how often it is right")
    builder.with_row(dashboard.Row(people.inline).id(51))
    return builder.with_panel(_with_the_model()).with_panel(_between_people()).build()


def _with_the_model() -> table.Panel:
    panel = table_panel(
        Spot(1, 24, 6),
        "label_model_agreement",
        Text("Acierto del modelo en la intención", "Is the model right about intent"),
        Text(
            "Solo menciones sorteadas y juzgadas sin ver al modelo: valen para todas, sin copias. "
            "Precisión: de lo que marca con intención, cuánto la tiene. Exhaustividad: de lo que "
            "la tiene, cuánto marca. Entre qué valores está, al 95 %.",
            "Only mentions of the random draw, judged without a look at the model: they stand for "
            "all, copies aside. Precision: of what it marks with intent, how much has it. Recall: "
            "of what has it, how much it marks. The bounds are at 95%.",
        ),
        empty=_EMPTY,
    )
    panel = columns(
        panel,
        {
            "lang": (Text("Idioma", "Language"), 90),
            "mentions": (Text("Menciones", "Mentions"), None),
            "people_yes": (Text("Con intención", "With intent"), None),
            "model_yes": (Text("Según el modelo", "By the model"), None),
            "both_yes": (Text("Coinciden", "Both"), None),
            "precision": (Text("Precisión", "Precision"), None),
            "precision_from": (Text("Precisión, desde", "Precision, from"), None),
            "precision_to": (Text("Precisión, hasta", "Precision, to"), None),
            "recall": (Text("Exhaustividad", "Recall"), None),
            "recall_from": (Text("Exhaustividad, desde", "Recall, from"), None),
            "recall_to": (Text("Exhaustividad, hasta", "Recall, to"), None),
        },
    )
    for name in ("precision", "recall"):
        for column in (name, f"{name}_from", f"{name}_to"):
            panel = panel.override_by_name(column, _PERCENT)
    return panel


def _between_people() -> table.Panel:
    panel = table_panel(
        Spot(2, 24, 13),
        "label_agreement",
        Text("Acuerdo entre personas", "Agreement between people"),
        Text(
            "Por pregunta: respuestas, quiénes, y de las menciones que juzgaron dos sin ver al "
            "modelo, en cuántas coinciden. Kappa descuenta lo que coincidirían por azar: 0 es "
            "azar, 1 es todo.",
            "By question: answers, by how many people, and of the mentions that two judged "
            "without a look at the model, on how many they agree. Kappa takes off what chance "
            "would give: 0 is chance, 1 is all.",
        ),
        empty=_EMPTY,
    )
    return (
        columns(
            panel,
            {
                "head": (Text("Pregunta", "Question"), 220),
                "answers": (Text("Respuestas", "Answers"), None),
                "labellers": (Text("Personas", "People"), None),
                "pairs": (Text("Juzgadas por dos", "Judged by two"), None),
                "agreement": (Text("Coinciden", "They agree"), None),
                "kappa": (Text("Kappa de Cohen", "Cohen's kappa"), None),
            },
        )
        .override_by_name("head", [mapped({name: (text, None) for name, text in HEADS.items()})])
        .override_by_name("agreement", _PERCENT)
        .override_by_name("kappa", [dashboard_models.DynamicConfigValue("decimals", 2)])
    )
