"""Turns whatever a file calls an amount into a decimal as text, never by way of a float."""

import re
import unicodedata
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

DecimalMark = Literal["comma", "point"]

_MARKS: dict[DecimalMark, str] = {"comma": ",", "point": "."}
_CURRENCY_OF_SIGN = {"€": "EUR", "£": "GBP", "₹": "INR", "₺": "TRY", "R$": "BRL"}
_AMBIGUOUS_SIGNS = ("$", "¥", "kr")  # of several currencies: what they mean is said elsewhere
_CODE = re.compile(r"[A-Za-z]{3}", re.ASCII)
_AFFIXED = re.compile(r"(?P<before>[^\d,.]*)(?P<number>\d[\d.,' ]*?|[.,]\d+)(?P<after>[^\d,.]*)")
_GROUPED = re.compile(r"\d{1,3}([ ']\d{3})+", re.ASCII)
_WHOLE_DIGITS, _DECIMALS = 14, 4


@dataclass(frozen=True, slots=True)
class Amount:
    """A decimal as text, and the currency when it was written beside it."""

    text: str
    currency: str = ""


def parse_amount(value: object, mark: DecimalMark | None = None) -> Amount:
    """The amount in a cell; `mark` says which character stands before decimals.

    Raises ValueError with a reason fit for a rejected row; one that can be read in two ways is
    refused and not guessed at.
    """
    if isinstance(value, bool) or not isinstance(value, (str, int, float, Decimal)):
        raise ValueError("the amount is missing" if value is None else f"{value!r} is no amount")
    if not isinstance(value, str):
        # A number of JSON or Parquet: its shortest form is what was written, point and all.
        value, mark = str(value), "point"
    shown = repr(value.strip()[:40])
    text = unicodedata.normalize("NFKC", value).strip().replace("−", "-").replace("’", "'")
    if not text:
        raise ValueError("the amount is empty")
    negative = text.startswith("(") and text.endswith(")")
    match = _AFFIXED.fullmatch(text[1:-1] if negative else text)
    if match is None:
        raise ValueError(f"{shown} is no amount")
    words = (match["before"] + " " + match["after"]).strip()
    if words.count("-") > 1 or (negative and "-" in words):
        raise ValueError(f"{shown} is no amount: more than one sign")
    negative = negative or "-" in words
    currency = _currency(words.replace("-", " ").replace("+", " ").split(), shown)
    whole, decimals = _split(match["number"].strip(), mark, shown)
    if len(decimals) > _DECIMALS:
        decimals = decimals.rstrip("0").ljust(_DECIMALS, "0")
    if len(decimals) > _DECIMALS or len(whole) > _WHOLE_DIGITS:
        raise ValueError(f"{shown} has more than {_WHOLE_DIGITS} digits or {_DECIMALS} decimals")
    return Amount(
        ("-" if negative else "") + whole + (f".{decimals}" if decimals else ""), currency
    )


def _currency(words: list[str], shown: str) -> str:
    found = ""
    for word in words:
        if word in _AMBIGUOUS_SIGNS:
            continue
        code = _CURRENCY_OF_SIGN.get(word) or (word.upper() if _CODE.fullmatch(word) else "")
        if not code or (found and found != code):
            raise ValueError(f"{shown} is no amount in one currency")
        found = code
    return found


def _split(number: str, mark: DecimalMark | None, shown: str) -> tuple[str, str]:
    """Digits before and after the decimal mark."""
    commas, points = number.count(","), number.count(".")
    if mark is not None:
        decimal = _MARKS[mark]
    elif commas and points:
        decimal = max(",.", key=number.rfind)  # the last one stands before the decimals
    elif commas + points == 1:
        decimal = "," if commas else "."
        whole, _, rest = number.partition(decimal)
        if len(rest) == 3 and whole.isdecimal() and len(whole) <= 3 and not whole.startswith("0"):
            raise ValueError(
                f"{shown} may be {whole}{rest} or {whole}.{rest}: say which, with"
                f" --decimal {'comma' if commas else 'point'} if {decimal!r} stands before"
                f" decimals, else --decimal {'point' if commas else 'comma'}"
            )
    else:
        decimal = "." if commas else ","  # several of one kind: between thousands
    whole, _, decimals = number.partition(decimal)
    other = "." if decimal == "," else ","
    if other in decimals or decimal in decimals or (decimal in number and not decimals):
        raise ValueError(f"{shown} is no amount{_asked(mark)}")
    whole = _ungrouped(whole, other)
    if not whole.isdecimal() or (decimals and not decimals.isdecimal()):
        raise ValueError(f"{shown} is no amount{_asked(mark)}")
    return whole.lstrip("0") or "0", decimals


def _ungrouped(whole: str, separator: str) -> str:
    """Digits without what stands between thousands; as it was where that is not regular."""
    first, *rest = whole.split(separator)
    if rest:
        regular = first.isdecimal() and len(first) <= 3
        return first + "".join(rest) if regular and all(len(g) == 3 for g in rest) else whole
    if _GROUPED.fullmatch(whole):
        return whole.replace(" ", "").replace("'", "")
    return whole or "0"


def _asked(mark: DecimalMark | None) -> str:
    return f" with a decimal {mark}" if mark else ""
