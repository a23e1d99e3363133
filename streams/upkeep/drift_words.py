"""Drift in words, in Spanish and English, for a person at a terminal or a log."""

from datetime import datetime
from typing import Final, Literal

from clickhouse_connect.driver.client import Client

from streams.settings import Settings
from streams.upkeep import drift
from streams.upkeep.drift_store import Calibrated, Drift

Language = Literal["es", "en"]

# What is watched, as (Spanish, English); the models dashboard has the same.
NAMES: Final = {
    "lang": ("idioma", "language"),
    "source": ("fuente", "source"),
    "length": ("longitud del texto", "length of text"),
    "unseen": ("parte del texto que el modelo no conoce", "share of text new to the model"),
    "spam": ("spam", "spam"),
    "topic": ("tema", "topic"),
    "intent": ("intención", "intent"),
    "intent_probability": ("probabilidad de intención", "chance of intent"),
    "active_probability": ("probabilidad de intención activa", "chance of active intent"),
    "stage": ("etapa", "stage"),
    "stage_probability": ("probabilidad de la etapa", "chance of the stage"),
    "needs_reply": ("pide respuesta", "needs a reply"),
    "needs_reply_probability": ("probabilidad de pedir respuesta", "chance of needing a reply"),
    "sentiment": ("sentimiento", "sentiment"),
    "sentiment_score": ("puntuación del sentimiento", "sentiment score"),
    "act": ("acto", "act"),
}
_SCOPES: Final = {"lang": ("idioma", "language"), "source": ("fuente", "source")}
_EVERYWHERE: Final = ("todo", "everywhere")
_NONE: Final = ("ninguno", "none")


def place(scope: str, name: str, language: Language) -> str:
    """Say where: everywhere, or a language or source by name."""
    if scope not in _SCOPES:
        return _in(_EVERYWHERE, language)
    return f"{_in(_SCOPES[scope], language)} {name or '?'}"


def changes(drift: Drift, language: Language) -> str:
    """Say which bins moved, from which share to which."""
    return "; ".join(
        f"{one.bin or _in(_NONE, language)} {one.before:.0%} → {one.now:.0%}"
        for one in drift.shift.moved
    )


def alarm(one: Drift | Calibrated, language: Language = "en") -> str:
    """Say in one line what a person should look at."""
    where = place(one.scope, one.name, language)
    start = f"{one.day} {one.model_version}, {where}:"
    if isinstance(one, Drift):
        shift, what = one.shift, _in(NAMES[one.what], language)
        if language == "es":
            end = f"PSI {shift.psi:.2f} ({shift.noise:.2f} por azar), {shift.draws} voces"
            return f"{start} ha cambiado: {what}: {changes(one, language)} ({end})"
        end = f"PSI {shift.psi:.2f} (chance gives {shift.noise:.2f}), {shift.draws} voices"
        return f"{start} {what} changed: {changes(one, language)} ({end})"
    found, head = one.found, _in(NAMES[one.head], language)
    if language == "es":
        return (
            f"{start} las probabilidades no se cumplen: {head}: error de calibración"
            f" {found.ece:.2f} ({found.noise:.2f} por azar), {found.labels} etiquetas"
        )
    return (
        f"{start} chances do not come true: {head}: calibration error {found.ece:.2f}"
        f" (chance gives {found.noise:.2f}), {found.labels} labels"
    )


def _in(text: tuple[str, str], language: Language) -> str:
    return text[0] if language == "es" else text[1]


def look_apart(
    settings: Settings, client: Client, since: datetime
) -> list[tuple[tuple[str, ...], str]]:
    """Bring the tables of drift up to date; returns the series of each alarm, and it in words."""
    alarms = drift.keep(client, since, settings.model_store).alarms
    return [(one.series, alarm(one)) for one in alarms]
