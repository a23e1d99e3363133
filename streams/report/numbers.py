"""Figures as people of each language write them."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from streams.report.panels import Column, Language

UNKNOWN: Final = "—"
_NARROW: Final = "\N{NO-BREAK SPACE}"
_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400
_MONTHS: Final = {
    "es": ("ene", "feb", "mar", "abr", "may", "jun", "jul", "ago", "sept", "oct", "nov", "dic"),
    "en": ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
}
_WEEKDAYS: Final = {
    "es": ("lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo"),
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
}


class Numbers:
    """Writes figures in one language; what is not known is a dash."""

    def __init__(self, language: Language) -> None:
        self.language = language

    def decimal(self, value: float | Decimal | None, digits: int = 0) -> str:
        """With so many digits after the point."""
        if value is None or value != value:  # NaN
            return UNKNOWN
        plain = f"{value:,.{digits}f}"
        if self.language == "en":
            return plain
        return plain.replace(",", " ").replace(".", ",").replace(" ", ".")

    def share(self, value: float | None, digits: int = 1) -> str:
        """A part of one, in percent."""
        if value is None or value != value:
            return UNKNOWN
        sign = "%" if self.language == "en" else f"{_NARROW}%"
        return f"{self.decimal(100 * value, digits)}{sign}"

    def day(self, moment: date) -> str:
        """Day and month."""
        month = _MONTHS[self.language][moment.month - 1]
        return f"{moment.day}{_NARROW}{month}"

    def weekday(self, moment: date) -> str:
        """Its name, with day and month."""
        return f"{_WEEKDAYS[self.language][moment.weekday()]} {self.day(moment)}"

    def moment(self, moment: datetime) -> str:
        """To the minute, in UTC."""
        return f"{self.day(moment)}, {moment:%H:%M}{_NARROW}UTC"

    def duration(self, seconds: float | None) -> str:
        """In the largest unit that makes sense."""
        if seconds is None or seconds != seconds:
            return UNKNOWN
        for unit, name in ((_DAY, "d"), (_HOUR, "h"), (_MINUTE, "min")):
            if seconds >= unit:
                return f"{self.decimal(seconds / unit, 1)}{_NARROW}{name}"
        return f"{self.decimal(seconds, 1)}{_NARROW}s"

    def cell(self, value: Any, column: Column) -> str:
        """A cell as the panel shows it."""
        match value:
            case None | "":
                return UNKNOWN
            case str() if value in column.words:
                return column.words[value].within(self.language)
            case str():
                return value
            case bool():
                return self.cell("1" if value else "0", column)
            case datetime():
                return self.moment(value)
            case date():
                return self.day(value)
            case int() if str(value) in column.words:
                return column.words[str(value)].within(self.language)
        if column.unit == "percentunit":
            return self.share(value)
        if column.unit in {"s", "dtdurations"}:
            return self.duration(value)
        digits = column.decimals or (0 if float(value).is_integer() else 2)
        return self.decimal(value, digits)
