"""E-mail addresses, telephone, card and account numbers never reach a table.

What is found is replaced by ‹email›, ‹phone›, ‹card› or ‹iban›. When in doubt a number that has
the form of a telephone is masked: a lost order number costs less than a published telephone.
Handles, links, dates, prices and addresses of machines stay.
"""

import re
from collections.abc import Sequence
from itertools import compress
from typing import NamedTuple

import msgspec

from schemas.mention import Mention
from streams.steps.personal import may_be_personal

MASKS = {"email": "‹email›", "phone": "‹phone›", "card": "‹card›", "iban": "‹iban›"}

# How long the account numbers of a country are, as its bank registers them.
_IBAN_CHARS = {
    **dict.fromkeys(("BE",), 16),
    **dict.fromkeys(("DK", "FI", "NL", "FO", "GL"), 18),
    **dict.fromkeys(("SI", "MK"), 19),
    **dict.fromkeys(("AT", "EE", "LT", "LU", "BA", "XK", "KZ"), 20),
    **dict.fromkeys(("CH", "HR", "LI", "LV"), 21),
    **dict.fromkeys(("BG", "DE", "GB", "IE", "ME", "RS", "CR", "GE", "BH"), 22),
    **dict.fromkeys(("AE", "GI", "IL"), 23),
    **dict.fromkeys(("AD", "CZ", "ES", "MD", "PK", "RO", "SA", "SE", "SK", "TN", "VG"), 24),
    **dict.fromkeys(("PT",), 25),
    **dict.fromkeys(("IS", "TR"), 26),
    **dict.fromkeys(("FR", "GR", "IT", "MC", "MR", "SM"), 27),
    **dict.fromkeys(("AL", "AZ", "CY", "DO", "GT", "HU", "LB", "PL", "SV"), 28),
    **dict.fromkeys(("BR", "EG", "PS", "QA", "UA"), 29),
    **dict.fromkeys(("JO", "KW", "MU"), 30),
    **dict.fromkeys(("MT", "SC"), 31),
    "NO": 15,
}
_CARD_DIGITS = (13, 19)
_PHONE_DIGITS = (8, 15)

# Blanks (also the narrow ones of phone keyboards), dots, hyphens of every length, brackets.
_GAP = r"[\s.\-‐-―−()\u200b\u2060]"
_MAYBE_CLEAN = re.compile(r"[\d@＠]").search
_MANY_DIGITS = re.compile(rf"(?:\d{_GAP}{{0,3}}){{8}}|[A-Za-z]{{2}}\d\d").search
_EMAIL = re.compile(
    r"(?<![\w.+@＠-])[\w](?:[\w.+'-]{0,63})[@＠](?:[\w-]{1,63}\.){1,6}[^\W\d_]{2,24}(?![\w@＠])"
)
# A link, a handle or a hashtag is passed over as a whole; then what may be a number.
_CANDIDATE = re.compile(
    r"(?P<skip>(?:https?://|www\.)\S+|(?:\bt\.co|\bwa\.me|\bpic\.twitter\.com)/\S+|[@＠#]\w+)"
    r"|(?P<iban>(?<!\w)[A-Za-z]{2}\d{2}(?:[ \-]?[A-Za-z0-9]){11,30}(?!\w))"
    rf"|(?P<number>(?:(?<![\w.,+＋])(?<![^›]/)\(?|(?<!\w)[+＋]\(?)\d(?:{_GAP}{{0,3}}\d){{6,27}}(?![\w]|[.,]\d))"
)
_LINK_WITH_PHONE = re.compile(r"((?:wa\.me|api\.whatsapp\.com/send\?phone=)/?\+?)\d{8,15}", re.I)

_INTERNATIONAL = re.compile(r"(?:[+＋]|00)[1-9]")
_SHAPES = (
    r"[6789]\d{2} \d{3} \d{3}",  # Spain, as most people write it
    r"[6789]\d{2} \d{2} \d{2} \d{2}",
    r"[89]\d \d{3} \d{2} \d{2}",
    r"[6789]\d{8}",
    r"[89]\d \d{7}",
    r"1? ?\d{3} \d{3} \d{4}",  # North America
    r"0\d{2,4} \d{3,4} \d{3,4}",  # the United Kingdom
    r"0\d{4} \d{6}",
    r"(?:55|33|81|11) \d{4} \d{4}",  # the largest cities of Mexico and Argentina
)
_PHONE_SHAPE = re.compile("|".join(f"(?:{shape})" for shape in _SHAPES)).fullmatch
_CALLED_PHONE = re.compile(
    r"(?:\b(?:tel|tfno|tlf|tfn|tel[eé]fono|phone|m[oó]vil|mobile|cell|celular|dial|whats?app|wasap|wsp"
    r"|call|contact\w*|llama\w*|ll[aá]m\w+|sms)\b)[^\d\n]{0,16}$",
    re.I,
)
_CALLED_OTHERWISE = re.compile(
    r"(?:[€$£#]|\b(?:pedido|reserva|order|ref|referencia|reference|booking|ticket|case|caso"
    r"|incidencia|factura|invoice|localizador|pnr|tracking|seguimiento|imei|serial|serie|isbn|ean"
    r"|flight|vuelo|id|n[ºo°]\.?|number|n[uú]mero)\b)\W{0,4}(?:(?:is|es|no|n[ºo°]\.?)\W{0,3})?$",
    re.I,
)
_MONEY_AFTER = re.compile(
    r"\s?(?:[€$£%]|(?:eur|euros?|usd|d[oó]lares|dollars|pesos|mxn|cop|pounds)\b)", re.I
)


class Masked(NamedTuple):
    """Texts without personal numbers, and what was found in each (sorted kinds)."""

    texts: list[str]
    kinds: list[tuple[str, ...]]


def mask(texts: Sequence[str]) -> Masked:
    """The same texts in the same order with every personal number replaced."""
    masked, kinds = [], []
    for text in texts:
        clean, found = mask_one(text)
        masked.append(clean)
        kinds.append(found)
    return Masked(masked, kinds)


def mask_one(text: str) -> tuple[str, tuple[str, ...]]:
    """One text without personal numbers; masking it again changes nothing."""
    if _MAYBE_CLEAN(text) is None:
        return text, ()
    kinds: set[str] = set()
    while True:
        before = text
        if _stands_in_word(text, "@") or "＠" in text:
            text = _EMAIL.sub(MASKS["email"], text)
            if text != before:
                kinds.add("email")
        if _MANY_DIGITS(text):
            text = _without_numbers(text, kinds)
        if text == before:  # a mask can set free what stood too close to it
            return text, tuple(sorted(kinds))


def mask_mentions(mentions: Sequence[Mention]) -> tuple[list[Mention], list[tuple[str, ...]]]:
    """Mentions as they may be stored, and for each the kinds that were masked in it.

    Looks at the text, the text of its parent, the author's shown name and the links.
    """
    masked = list(mentions)
    kinds: list[tuple[str, ...]] = [()] * len(masked)
    for row in _rows_to_mask(mentions):
        masked[row], kinds[row] = _mask_mention(mentions[row])
    return masked, kinds


def _rows_to_mask(mentions: Sequence[Mention]) -> list[int]:
    """Rows of the mentions that may hold something personal, in order."""
    texts = [mention.text for mention in mentions]
    rows = list(range(len(texts)))
    for row, mention in enumerate(mentions):
        if mention.parent_text:
            texts.append(mention.parent_text)
            rows.append(row)
        if mention.author.name:
            texts.append(mention.author.name)
            rows.append(row)
    suspects = set(compress(rows, may_be_personal(texts).tolist()))
    suspects.update(row for row, m in enumerate(mentions) if m.links and _may_name(m.links))
    return sorted(suspects)


def _may_name(links: Sequence[str]) -> bool:
    return any("@" in link or "wa.me" in link or "whatsapp" in link for link in links)


def _mask_mention(mention: Mention) -> tuple[Mention, tuple[str, ...]]:
    text, found = mask_one(mention.text)
    parent_text, in_parent = mask_one(mention.parent_text)
    name, in_name = mask_one(mention.author.name)
    links: tuple[str, ...] = mention.links
    in_links: tuple[str, ...] = ()
    if _may_name(links):
        each = mask(links)
        links = tuple(each.texts)
        in_links = tuple(kind for kinds in each.kinds for kind in kinds)
    if not (found or in_parent or in_name or in_links):
        return mention, ()
    author = msgspec.structs.replace(mention.author, name=name) if in_name else mention.author
    mention = msgspec.structs.replace(
        mention, text=text, parent_text=parent_text, author=author, links=links
    )
    return mention, tuple(sorted({*found, *in_parent, *in_name, *in_links}))


def _stands_in_word(text: str, at: str) -> bool:
    """Whether an `at` follows something; most begin a handle, and a pattern is slow to say so."""
    place = text.find(at)
    while place >= 0:
        if place and not text[place - 1].isspace():
            return True
        place = text.find(at, place + 1)
    return False


def _without_numbers(text: str, kinds: set[str]) -> str:
    out: list[str] = []
    done = at = 0
    while (candidate := _CANDIDATE.search(text, at)) is not None:
        start, at = candidate.span()
        kind, end = "", at
        if candidate.lastgroup == "skip":
            link, phones = _LINK_WITH_PHONE.subn(rf"\1{MASKS['phone']}", candidate[0])
            if phones:
                out += (text[done:start], link)
                kinds.add("phone")
                done = at
            continue
        if candidate.lastgroup == "iban":
            kind, end = "iban", start + _iban_length(candidate[0])
            if end == start:  # no account: its digits may still be a telephone
                at = start + 2
                continue
        else:
            # A bracket that closes after the number belongs to the sentence.
            start += candidate[0].startswith("(") and ")" not in candidate[0]
            kind = _kind_of_number(text, start, at)
        if kind:
            out += (text[done:start], MASKS[kind])
            kinds.add(kind)
            done = at = end
    out.append(text[done:])
    return "".join(out)


def _kind_of_number(text: str, start: int, end: int) -> str:
    """What the digits from `start` to `end` are: card, phone, or nothing personal."""
    shown = text[start:end]
    digits = [int(c) for c in shown if c.isdecimal()]
    if (
        _CARD_DIGITS[0] <= len(digits) <= _CARD_DIGITS[1]
        and 2 <= digits[0] <= 6
        and shown[0] not in "+＋"
        and _passes_luhn(digits)
    ):
        return "card"
    if not _PHONE_DIGITS[0] <= len(digits) <= _PHONE_DIGITS[1]:
        return ""
    before = text[max(0, start - 40) : start]
    if _CALLED_PHONE.search(before):
        return "phone"
    if _INTERNATIONAL.match(shown):
        return "phone"
    if _CALLED_OTHERWISE.search(before) or _MONEY_AFTER.match(text, end):
        return ""
    plain = "".join(str(int(c)) if c.isdecimal() else " " for c in shown)
    return "phone" if _PHONE_SHAPE(" ".join(plain.split())) else ""


def _passes_luhn(digits: Sequence[int]) -> bool:
    doubled = (sum(divmod(2 * d, 10)) for d in digits[-2::-2])
    return (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0 and any(digits)


def _iban_length(shown: str) -> int:
    """Characters of `shown` from its beginning that are a valid account number, or 0."""
    wanted = _IBAN_CHARS.get(shown[:2].upper(), 0)
    if not wanted or not shown.isascii():
        return 0
    account = ""
    for place, char in enumerate(shown, start=1):
        account += char.upper() if char.isalnum() else ""
        if len(account) == wanted:
            if shown[place : place + 1].isalnum():
                return 0
            moved = account[4:] + account[:4]
            return place if int("".join(str(int(c, 36)) for c in moved)) % 97 == 1 else 0
    return 0
