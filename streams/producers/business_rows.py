"""Rows of orders, gestures and labels: column names people use, and one event of each row."""

from collections.abc import Callable, Mapping, Sequence
from operator import itemgetter
from typing import Any

import msgspec

from streams.producers.amounts import DecimalMark, parse_amount
from streams.producers.columns import Vocabulary
from streams.producers.events import Prepared
from streams.producers.mapping import ColumnMapping
from streams.producers.readers import Row
from streams.producers.rows import Getter, ObjectColumns, Record, identifier
from streams.producers.times import time_parser, zone_named
from streams.steps.business import Kind, KindName, problem_of

_AUTHOR = (
    "author_id", "customer_id", "client_id", "id_cliente", "cliente_id", "user_id", "id_usuario",
    "customer", "client", "cliente", "author", "autor", "user", "usuario", "buyer", "comprador",
)  # fmt: skip
_CURRENCY = ("currency", "currency_code", "moneda", "divisa")

VOCABULARIES: dict[KindName, Vocabulary] = {
    "orders": Vocabulary(
        names={
            "order_id": (
                "order_id", "order_number", "order_no", "id_pedido", "pedido_id",
                "numero_de_pedido", "numero_pedido", "no_pedido", "n_pedido", "pedido", "order",
                "id",
            ),
            "author_id": _AUTHOR,
            "ordered_at": (
                "ordered_at", "order_date", "fecha_pedido", "fecha_de_pedido", "fecha_compra",
                "fecha_hora", "fecha", "paid_at", "created_at", "purchased_at", "datetime", "date",
                "timestamp",
            ),
            "amount": (
                "amount", "total_amount", "importe_total", "importe", "total", "order_total",
                "monto", "valor", "price", "precio",
            ),
            "currency": _CURRENCY,
            "items": ("items", "quantity", "qty", "unidades", "cantidad", "articulos", "units"),
            "product": ("product", "product_name", "producto", "articulo", "sku", "item"),
            "referred_by": (
                "referred_by", "referrer", "referrer_id", "recomendado_por", "referido_por",
                "recomendante",
            ),
        },
        required=("order_id", "author_id", "ordered_at", "amount"),
        time="ordered_at",
        unique=("order_id",),
    ),
    "gestures": Vocabulary(
        names={
            "gesture_id": ("gesture_id", "id_gesto", "gesto_id", "gesture", "gesto", "id"),
            "author_id": _AUTHOR,
            "given_at": (
                "given_at", "fecha_gesto", "fecha_envio", "fecha_hora", "fecha", "sent_at",
                "created_at", "datetime", "date", "timestamp",
            ),
            "cost": ("cost", "coste", "costo", "amount", "importe", "price", "precio"),
            "currency": _CURRENCY,
            "description": (
                "description", "descripcion", "gift", "regalo", "detalle", "note", "nota",
            ),
        },
        required=("gesture_id", "author_id", "given_at", "cost"),
        time="given_at",
        unique=("gesture_id",),
    ),
    "labels": Vocabulary(
        names={
            "mention_id": ("mention_id", "id_mencion", "mencion_id", "mention", "mencion", "id"),
            "labeller": (
                "labeller", "labeler", "annotator", "etiquetador", "etiquetadora", "anotador",
                "anotadora", "revisor", "revisora",
            ),
            "labelled_at": (
                "labelled_at", "labeled_at", "annotated_at", "fecha_etiqueta", "fecha_hora",
                "fecha", "created_at", "datetime", "date", "timestamp",
            ),
            "guide_version": ("guide_version", "guide", "version_guia", "guia"),
            "intent": ("intent", "intencion"),
            "stage": ("stage", "etapa", "fase"),
            "needs_reply": ("needs_reply", "necesita_respuesta", "requiere_respuesta"),
            "sentiment": ("sentiment", "sentimiento"),
            "acts": ("acts", "act", "actos", "acto"),
            "how": ("how", "como"),
            "saw_model": ("saw_model", "vio_modelo"),
        },
        required=("mention_id", "labeller", "labelled_at", "guide_version"),
        time="labelled_at",
        unique=("mention_id",),
    ),
}  # fmt: skip

_YES_OR_NO: Mapping[str, object] = {
    **dict.fromkeys(("yes", "true", "1", "sí", "si"), True),
    **dict.fromkeys(("no", "false", "0"), False),
}
_WORDS: Mapping[str, Mapping[str, object]] = {
    "intent": {"ninguna": "none", "latente": "latent", "activa": "active"},
    "stage": {
        "ninguna": "none", "conocimiento": "awareness", "consideración": "consideration",
        "consideracion": "consideration", "decisión": "decision", "uso": "use",
        "recomendación": "advocacy", "recomendacion": "advocacy",
    },
    "needs_reply": _YES_OR_NO,
    "saw_model": _YES_OR_NO,
    "sentiment": {"negativo": "negative", "neutro": "neutral", "neutral": "neutral",
        "positivo": "positive"},
}  # fmt: skip
_IDS = frozenset({"order_id", "gesture_id", "mention_id", "author_id", "labeller", "referred_by"})


class BusinessRows:
    """Rows of a table as orders, gestures or labels, by a column mapping."""

    def __init__(
        self,
        kind: Kind,
        mapping: ColumnMapping,
        columns: Sequence[str],
        *,
        objects: bool,
        decimal: DecimalMark | None,
    ) -> None:
        """`objects`: rows are JSON lines, else sequences in the order of `columns`."""
        self._kind = kind
        self._decimal = decimal
        self._objects = ObjectColumns(mapping.columns.values()) if objects else None
        self._encode = msgspec.json.Encoder().encode
        self._decode = msgspec.json.Decoder(kind.struct).decode
        parse_time = time_parser(zone_named(mapping.timezone), mapping.time_format)
        money = "amount" if kind.name == "orders" else "cost"
        self._money = money if kind.name != "labels" else ""
        self._readers: list[tuple[str, Getter, Callable[[str, object], object]]] = []
        for target in VOCABULARIES[kind.name].names:
            get = self._getter(target, mapping, columns)
            if get is None or target == self._money:
                continue
            if target == kind.time_field:
                self._readers.append((target, get, lambda _, value: parse_time(value)))
            else:
                self._readers.append((target, get, _reader(target)))
        self._get_money = self._getter(self._money, mapping, columns) if self._money else None

    def __call__(self, row: Row) -> Prepared:
        """The event of one row; raises ValueError with the reason when there is none."""
        record: Record = self._objects.decode(row) if self._objects else row
        fields: dict[str, Any] = {}
        for target, get, read in self._readers:
            value = read(target, get(record))
            if value is not None:
                fields[target] = value
        if self._get_money:
            fields |= self._amount(self._get_money(record), fields.get("currency", ""))
        try:
            value = self._encode(fields)
            event = self._decode(value)
        except UnicodeEncodeError as error:
            raise ValueError("the row is not UTF-8; say what it is, by --encoding") from error
        except msgspec.ValidationError as error:
            raise ValueError(f"against the contract: {error}") from error
        moment = self._kind.time_of(event)
        # What is "now" is the pipeline's to say; years nobody means are refused at once.
        if problem := problem_of(event, self._kind, written_at_sec=moment.timestamp()):
            raise ValueError(problem)
        return Prepared(self._kind.key_of(event).encode(), self._encode(event), moment)

    def _amount(self, value: object, currency: str) -> dict[str, str]:
        amount = parse_amount(value, self._decimal)
        if amount.currency and currency and amount.currency != currency:
            raise ValueError(f"the amount is in {amount.currency}, its currency says {currency}")
        if not (currency or amount.currency):
            raise ValueError("the currency is missing; for all rows: --set currency=EUR")
        return {self._money: amount.text, "currency": currency or amount.currency}

    def _getter(self, target: str, mapping: ColumnMapping, columns: Sequence[str]) -> Getter | None:
        if target in mapping.constants:
            constant = mapping.constants[target]
            return lambda row: constant
        column = mapping.columns.get(target)
        if column is None:
            return None
        return self._objects.getter(column) if self._objects else itemgetter(columns.index(column))


def _reader(target: str) -> Callable[[str, object], object]:
    if target in _IDS:
        return _id
    if target in _WORDS:
        return _word
    if target == "items":
        return _whole
    if target == "acts":
        return _several
    return _currency if target == "currency" else _text


def _id(target: str, value: object) -> str | None:
    return identifier(value, target) or None


def _text(target: str, value: object) -> str | None:
    return None if value is None else str(value).strip() or None


def _currency(target: str, value: object) -> str | None:
    text = _text(target, value)
    return {"€": "EUR", "£": "GBP"}.get(text, text.upper()) if text else None


def _whole(target: str, value: object) -> int | None:
    text = _text(target, value)
    if text is None:
        return None
    digits = identifier(text, target)  # "2.0" is what a table makes of a 2
    if not digits.isdecimal() or len(digits) > 15:
        raise ValueError(f"{target} {text[:40]!r} is not a whole number")
    return int(digits)


def _several(target: str, value: object) -> list[str] | None:
    """Words with commas or blanks between; "none" alone is none of them, an empty cell unjudged."""
    if isinstance(value, list | tuple):
        return [str(one) for one in value]
    text = _text(target, value)
    if text is None:
        return None
    words = text.lower().replace(",", " ").replace(";", " ").split()
    return [] if words in (["none"], ["ninguno"]) else words


def _word(target: str, value: object) -> object:
    text = _text(target, value)
    return None if text is None else _WORDS[target].get(text.lower(), text.lower())
