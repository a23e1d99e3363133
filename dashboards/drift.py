"""Panels of drift: is what the models are given, and say, still what it was."""

from grafana_foundation_sdk.builders import dashboard, table, timeseries
from grafana_foundation_sdk.models import dashboard as models

from dashboards.panels import (
    Spot,
    columns,
    mapped,
    named,
    table_panel,
    time_series_panel,
)
from dashboards.words import Text

WATCHED: dict[str, Text] = {
    "lang": Text("Idioma", "Language"),
    "source": Text("Fuente", "Source"),
    "length": Text("Longitud del texto", "Length of text"),
    "unseen": Text("Nuevo para el modelo", "New to the model"),
    "spam": Text("Spam", "Spam"),
    "topic": Text("Tema", "Topic"),
    "intent": Text("Intención", "Intent"),
    "intent_probability": Text("Probabilidad de intención", "Chance of intent"),
    "active_probability": Text("Probabilidad de intención activa", "Chance of active intent"),
    "stage": Text("Etapa", "Stage"),
    "stage_probability": Text("Probabilidad de la etapa", "Chance of the stage"),
    "needs_reply": Text("Pide respuesta", "Needs a reply"),
    "needs_reply_probability": Text("Probabilidad de pedirla", "Chance of needing one"),
    "sentiment": Text("Sentimiento", "Sentiment"),
    "sentiment_score": Text("Puntuación del sentimiento", "Sentiment score"),
    "act": Text("Acto", "Act"),
}
# An alarm in words: what a person reads in the first column.
ALARMS: dict[str, Text] = {
    **{
        what: Text(
            f"Ha cambiado: {text.es[0].lower()}{text.es[1:]}",
            f"Changed: {text.en[0].lower()}{text.en[1:]}",
        )
        for what, text in WATCHED.items()
    },
    "calibration_intent": Text(
        "Las probabilidades de intención no se cumplen", "Chances of intent do not come true"
    ),
    "calibration_stage": Text(
        "Las probabilidades de la etapa no se cumplen", "Chances of the stage do not come true"
    ),
    "calibration_needs_reply": Text(
        "Las probabilidades de pedir respuesta no se cumplen",
        "Chances of needing a reply do not come true",
    ),
}
SCOPES: dict[str, tuple[Text, str | None]] = {
    "": (Text("Todo", "Everywhere"), None),
    "lang": (Text("Idioma", "Language"), None),
    "source": (Text("Fuente", "Source"), None),
}
_PSI = Text(
    "PSI frente a la primera semana del modelo: 0 es igual; desde 0,2 por encima del azar, alarma. "
    "Solo con 200 voces o más (una voz: un autor en una hora).",
    "PSI against the model's first week: 0 is the same; from 0.2 beyond chance on, an alarm. "
    "Only with 200 voices or more (a voice: an author in an hour).",
)
_NOTHING_YET = Text(
    "Todavía no hay con qué comparar: hace falta más de un día del modelo.",
    "There is nothing to compare with yet: the model needs more than a day.",
)


def add_drift(builder: dashboard.Dashboard) -> None:
    """Add alarms in words, distances over time, and chances against fresh labels."""
    builder.with_panel(_alarms())
    over_time = (
        (
            Spot(4, 12, 9),
            "drift_of_input",
            Text("Lo que llega al modelo", "What the model is given"),
        ),
        (Spot(5, 12, 9), "drift_of_output", Text("Lo que dice el modelo", "What the model says")),
        (
            Spot(6, 12, 8),
            "drift_by_language",
            Text("Por idioma, lo más lejano", "Farthest by language"),
        ),
        (
            Spot(7, 12, 8),
            "drift_by_source",
            Text("Por fuente, lo más lejano", "Farthest by source"),
        ),
    )
    for spot, query, title in over_time:
        builder.with_panel(_over_time(spot, query, title))
    builder.with_panel(_calibration())


def _over_time(spot: Spot, query: str, title: Text) -> timeseries.Panel:
    panel = time_series_panel(spot, query, title, _PSI, unit="none")
    panel = panel.no_value(_NOTHING_YET.inline).decimals(2)
    for what, text in WATCHED.items():
        panel = panel.override_by_name(what, named(text))
    return panel


def _alarms() -> table.Panel:
    panel = table_panel(
        Spot(3, 24, 7),
        "drift_alarms",
        Text("Alarmas", "Alarms"),
        Text(
            "Lo que ha cambiado desde la primera semana del modelo más de lo que da el azar, y las "
            "probabilidades que no se cumplen según las etiquetas de los últimos 30 días.",
            "What has changed since the model's first week by more than chance gives, and chances "
            "that do not come true by the labels of the last 30 days.",
        ),
        empty=Text("Ninguna alarma en este periodo.", "No alarms in this period."),
    )
    decimals = [models.DynamicConfigValue("decimals", 2)]
    return (
        columns(
            panel,
            {
                "day": (Text("Día", "Day"), 110),
                "what": (Text("Qué pasa", "What it is"), 290),
                "scope": (Text("Dónde", "Where"), 90),
                "name": (Text("Cuál", "Which"), 110),
                "changed": (Text("De cuánto a cuánto", "From which share to which"), None),
                "distance": (Text("Distancia", "Distance"), 90),
                "by_chance": (Text("Por azar", "By chance"), 90),
                "counted": (Text("Voces o etiquetas", "Voices or labels"), 110),
                "model_version": (Text("Modelo", "Model"), 190),
            },
        )
        .override_by_name("what", [mapped({name: (text, None) for name, text in ALARMS.items()})])
        .override_by_name("scope", [mapped(SCOPES)])
        .override_by_name("distance", decimals)
        .override_by_name("by_chance", decimals)
    )


def _calibration() -> table.Panel:
    panel = table_panel(
        Spot(8, 24, 8),
        "calibration_on_labels",
        Text("¿Se cumplen las probabilidades?", "Do chances come true?"),
        Text(
            "Con las etiquetas de 30 días que salieron por sorteo y se dieron sin ver al modelo. "
            "Error de calibración: cuánto se aleja lo prometido de lo que pasó; por azar, cuánto "
            "se alejaría un modelo perfecto con tan pocas etiquetas. Entre qué valores, al 95 %.",
            "By the labels of 30 days that were drawn at random and given without a look at the "
            "model. Calibration error: how far promises are from what came; by chance, how far "
            "those of a perfect model would be with so few labels. The bounds are at 95%.",
        ),
        empty=Text(
            "Todavía no hay etiquetas del sorteo en los últimos 30 días.",
            "There are no labels of the random draw in the last 30 days yet.",
        ),
    )
    panel = columns(
        panel,
        {
            "head": (Text("Pregunta", "Question"), 130),
            "scope": (Text("Dónde", "Where"), 90),
            "name": (Text("Cuál", "Which"), 100),
            "labels": (Text("Etiquetas", "Labels"), None),
            "ece": (Text("Error", "Error"), None),
            "ece_low": (Text("Error, desde", "Error, from"), None),
            "ece_high": (Text("Error, hasta", "Error, to"), None),
            "by_chance": (Text("Por azar", "By chance"), None),
            "precision": (Text("Precisión", "Precision"), None),
            "precision_from": (Text("Precisión, desde", "Precision, from"), None),
            "precision_to": (Text("Precisión, hasta", "Precision, to"), None),
            "recall": (Text("Exhaustividad", "Recall"), None),
            "recall_from": (Text("Exhaustividad, desde", "Recall, from"), None),
            "recall_to": (Text("Exhaustividad, hasta", "Recall, to"), None),
            "is_alarm": (Text("Alarma", "Alarm"), 80),
            "model_version": (Text("Modelo", "Model"), 190),
        },
    )
    for name in ("ece", "ece_low", "ece_high", "by_chance"):
        panel = panel.override_by_name(name, [models.DynamicConfigValue("decimals", 3)])
    percent = [
        models.DynamicConfigValue("unit", "percentunit"),
        models.DynamicConfigValue("decimals", 0),
    ]
    for name in ("precision", "recall"):
        for column in (name, f"{name}_from", f"{name}_to"):
            panel = panel.override_by_name(column, percent)
    heads = {name: (WATCHED[name], None) for name in ("intent", "stage", "needs_reply")}
    answers = {"0": (Text("No", "No"), None), "1": (Text("Sí", "Yes"), None)}
    return (
        panel.override_by_name("head", [mapped(heads)])
        .override_by_name("scope", [mapped(SCOPES)])
        .override_by_name("is_alarm", [mapped(answers)])
    )
