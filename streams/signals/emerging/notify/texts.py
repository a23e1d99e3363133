"""What people read: one alert, in Spanish or English."""

from typing import Final, Literal

from schemas.business import Alert

Language = Literal["es", "en"]

_TITLES: Final = {
    "es": {
        "opened": "Intención de compra que surge: {series} ({lang})",
        "growing": "La intención de compra crece: {series} ({lang})",
    },
    "en": {
        "opened": "Purchase intent emerges: {series} ({lang})",
        "growing": "Purchase intent grows: {series} ({lang})",
    },
}
_BODIES: Final = {
    "es": (
        "{observed} personas desde {since:%d/%m %H:%M} UTC; lo habitual serían {expected:.1f}.",
        "Gravedad {severity} de 10. Certeza: {sure:.1%} (en una semana el azar no da otra así).",
        "Palabras: {words}.",
        "El {share:.0%} no había tenido trato con la marca.",
        "Verlo: {link}",
    ),
    "en": (
        "{observed} people since {since:%d %b %H:%M} UTC; usually it would be {expected:.1f}.",
        "Severity {severity} of 10. Certainty: {sure:.1%} (chance brings none such in a week).",
        "Words: {words}.",
        "{share:.0%} had had nothing to do with the brand before.",
        "See it: {link}",
    ),
}


def title(alert: Alert, language: Language) -> str:
    """One line."""
    titles = _TITLES[language]
    form = titles.get(alert.event, titles["opened"])
    return form.format(series=alert.series, lang=alert.lang or "?")


def body(alert: Alert, language: Language) -> str:
    """What it rests on; nothing is said of what is not known."""
    count, rank, words, share, link = _BODIES[language]
    lines = [
        count.format(observed=alert.observed, since=alert.since, expected=alert.expected),
        # Never more certain than it can be said to be.
        rank.format(severity=alert.severity, sure=min(alert.sure, 0.999)),
    ]
    if alert.words:
        lines.append(words.format(words=", ".join(alert.words)))
    if alert.before_contact is not None:
        lines.append(share.format(share=alert.before_contact))
    if alert.link:
        lines.append(link.format(link=alert.link))
    return "\n".join(lines)
