"""What `escucha models drift` prints."""

from collections.abc import Sequence
from io import StringIO
from math import isnan
from typing import Final

from rich.console import Console
from rich.table import Table

from streams.upkeep import drift_words
from streams.upkeep.drift_store import Calibrated, Drift, Found
from streams.upkeep.drift_words import Language

WIDTH: Final = 110
FARTHEST: Final = 20

_SAYS = {
    "nothing": (
        "todavía no hay con qué comparar: la referencia son los siete primeros días del modelo",
        "nothing to compare with yet: the reference is the model's first seven days",
    ),
    "alarms": ("{n} alarmas", "{n} alarms"),
    "calm": ("sin alarmas", "no alarms"),
    "few": (
        "{n} series tienen menos de 200 voces y no dicen nada",
        "{n} series have fewer than 200 voices and say nothing",
    ),
    "labels": (
        "todavía no hay etiquetas del sorteo en los últimos 30 días",
        "no labels of the random draw in the last 30 days yet",
    ),
}
_HEADINGS = {
    "columns": (
        ("día", "dónde", "qué", "PSI", "por azar", "voces", "qué ha cambiado"),
        ("day", "where", "what", "PSI", "by chance", "voices", "what moved"),
    ),
    "calibration": (
        ("dónde", "pregunta", "etiquetas", "error", "95 %", "por azar", "precisión", "exhaust."),
        ("where", "question", "labels", "error", "95%", "by chance", "precision", "recall"),
    ),
}


def as_text(version: str, found: Found, language: Language, *, everything: bool = False) -> str:
    """Alarms in words, the farthest series, and chances against fresh labels."""
    at = 0 if language == "es" else 1
    lines = [version]
    if not found.drifts:
        lines.append(_SAYS["nothing"][at])
    enough = [one for one in found.drifts if one.shift.is_enough]
    alarms = found.alarms
    lines.append(_SAYS["alarms" if alarms else "calm"][at].format(n=len(alarms)))
    lines += [f"! {drift_words.alarm(one, language)}" for one in alarms]
    if enough:
        farthest = sorted(enough, key=lambda one: one.shift.noise - one.shift.psi)
        lines += ["", _shifts(farthest if everything else farthest[:FARTHEST], language, at)]
    if few := len(found.drifts) - len(enough):
        lines.append(_SAYS["few"][at].format(n=few))
    lines.append("")
    lines.append(
        _calibrations(found.calibrations, language, at)
        if found.calibrations
        else _SAYS["labels"][at]
    )
    return "\n".join(lines)


def _shifts(drifts: Sequence[Drift], language: Language, at: int) -> str:
    rows = [
        (
            f"{one.day:%m-%d}",
            drift_words.place(one.scope, one.name, language),
            drift_words.NAMES[one.what][at],
            f"{'! ' if one.shift.is_alarm else ''}{one.shift.psi:.3f}",
            f"{one.shift.noise:.3f}",
            f"{one.shift.draws:,}",
            drift_words.changes(one, language),
        )
        for one in drifts
    ]
    return _table(_HEADINGS["columns"][at], rows, texts={0, 1, 2, 6})


def _calibrations(found: Sequence[Calibrated], language: Language, at: int) -> str:
    rows = []
    for each in found:
        one = each.found
        rates = [
            f"{rate.value:.2f} ({rate.low:.2f}-{rate.high:.2f})"
            if not isnan(rate.value) and each.head != "stage"
            else "—"
            for rate in (one.precision, one.recall)
        ]
        rows.append(
            (
                drift_words.place(each.scope, each.name, language),
                drift_words.NAMES[each.head][at],
                f"{one.labels:,}",
                f"{'! ' if one.is_alarm else ''}{one.ece:.3f}",
                f"{one.ece_low:.3f}-{one.ece_high:.3f}",
                f"{one.noise:.3f}",
                *rates,
            )
        )
    return _table(_HEADINGS["calibration"][at], rows, texts={0, 1})


def _table(headings: Sequence[str], rows: Sequence[Sequence[str]], *, texts: set[int]) -> str:
    table = Table(box=None, pad_edge=False)
    for at, heading in enumerate(headings):
        table.add_column(heading, justify="left" if at in texts else "right")
    for row in rows:
        table.add_row(*row)
    out = StringIO()
    Console(file=out, width=WIDTH, highlight=False).print(table)
    return out.getvalue().rstrip()
