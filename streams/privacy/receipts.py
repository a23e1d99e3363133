"""The receipt of an erasure: what was erased where, what stays until when, and the proof."""

import hashlib
import os
import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Literal

import msgspec
from clickhouse_connect.driver.client import Client

KEY_FILE = "privacy.key"
KEY_BYTES = 32
SHOWN_CHARS = 16


class Remainder(msgspec.Struct, frozen=True):
    """Something that is not gone yet: why, how much of it, and until when (None: nobody knows).

    `disk`: no reader gets it, the broker's files follow. `expiry`: the broker cannot delete, its
    retention does. `compaction`: a tombstone is written, the broker's cleaner follows.
    """

    place: str
    why: Literal["disk", "expiry", "compaction"]
    records: int
    until: datetime | None


class Erased(msgspec.Struct, frozen=True, kw_only=True):
    """One place before and after."""

    place: str
    before: int
    after: int


class Receipt(msgspec.Struct, frozen=True, kw_only=True):
    """What `escucha forget` did, without a word of whom it was about."""

    receipt_id: str
    subject_hash: str
    requested_at: datetime
    finished_at: datetime
    places: Sequence[Erased]
    kept: Sequence[str]  # left out on the operator's word, for example orders the law wants kept
    remains: Sequence[Remainder]
    searched_columns: int  # of all tables, for ids, handles and hashes of ids and texts
    searched_values: int
    found_columns: Sequence[str]  # where the search still found something; empty when proven
    blocked: bool  # one row stays that lets later events of the person go as well

    @property
    def is_proven(self) -> bool:
        """Whether nothing was found afterwards that could still be read and was not kept."""
        return not self.found_columns and not self.left

    @property
    def left(self) -> list[str]:
        """Places that still hold something and for no reason that the receipt names."""
        waits = {r.place for r in self.remains if r.why != "disk"}
        return [p.place for p in self.places if p.after and p.place not in waits]


_WORDS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "title": "Receipt of erasure {id}",
        "dates": "Requested {requested}, finished {finished} (UTC).",
        "row": "  {place}: {before} before, {after} after",
        "nothing": "  nothing was stored",
        "kept": "Kept at the operator's word: {kept}.",
        "disk": "  {place}: {records} records cannot be read any more; the broker's files follow"
        " by {until}",
        "expiry": "  {place}: this broker cannot delete records; {records} stay until {until}",
        "compaction": "  {place}: {records} records go when the broker compacts the topic",
        "ever": "the topic is deleted",
        "remains": "Not gone yet:",
        "proof": "Searched afterwards: {columns} columns for {values} ids, handles and hashes of"
        " texts.",
        "proven": "Found: nothing.",
        "not proven": "FOUND: {found}. The erasure is not complete; repeat it.",
        "blocked": "One row with the author's id is kept so that later events are removed too.",
        "backups": "Backups and copies outside of Escucha are not reached by this.",
    },
    "es": {
        "title": "Justificante de supresión {id}",
        "dates": "Solicitada {requested}, terminada {finished} (UTC).",
        "row": "  {place}: {before} antes, {after} después",
        "nothing": "  no había nada guardado",
        "kept": "Conservado por indicación del responsable: {kept}.",
        "disk": "  {place}: {records} registros ya no se pueden leer; los archivos del broker"
        " desaparecen antes de {until}",
        "expiry": "  {place}: este broker no sabe borrar registros; {records} siguen hasta {until}",
        "compaction": "  {place}: {records} registros desaparecen cuando el broker compacte",
        "ever": "que se elimine el topic",
        "remains": "Aún no ha desaparecido:",
        "proof": "Búsqueda posterior: {columns} columnas, {values} identificadores, alias y hashes"
        " de textos.",
        "proven": "Encontrado: nada.",
        "not proven": "ENCONTRADO: {found}. La supresión no está completa; repítala.",
        "blocked": "Se conserva una fila con el id del autor para suprimir también lo que llegue.",
        "backups": "Las copias de seguridad y las copias fuera de Escucha no quedan incluidas.",
    },
}


def describe(receipt: Receipt, language: Literal["en", "es"]) -> str:
    """The receipt as text for the person who asked."""
    words = _WORDS[language]
    lines = [
        words["title"].format(id=receipt.receipt_id),
        words["dates"].format(
            requested=f"{receipt.requested_at:%Y-%m-%d %H:%M}",
            finished=f"{receipt.finished_at:%Y-%m-%d %H:%M}",
        ),
    ]
    touched = [place for place in receipt.places if place.before or place.after]
    lines += [
        words["row"].format(place=p.place, before=p.before, after=p.after) for p in touched
    ] or [words["nothing"]]
    if receipt.kept:
        lines.append(words["kept"].format(kept=", ".join(receipt.kept)))
    if receipt.remains:
        lines.append(words["remains"])
        lines += [
            words[r.why].format(
                place=r.place,
                records=r.records,
                until=f"{r.until:%Y-%m-%d %H:%M}" if r.until else words["ever"],
            )
            for r in receipt.remains
        ]
    lines.append(
        words["proof"].format(columns=receipt.searched_columns, values=receipt.searched_values)
    )
    if receipt.is_proven:
        lines.append(words["proven"])
    else:
        lines.append(
            words["not proven"].format(found=", ".join([*receipt.found_columns, *receipt.left]))
        )
    if receipt.blocked:
        lines.append(words["blocked"])
    lines.append(words["backups"])
    return "\n".join(lines)


def store(client: Client, receipt: Receipt) -> None:
    """Keep the receipt; who it is about only as a keyed hash."""
    client.insert(
        "erasure_receipts",
        [
            [
                receipt.receipt_id,
                receipt.subject_hash,
                receipt.requested_at,
                receipt.finished_at,
                msgspec.json.encode(receipt).decode(),
            ]
        ],
        column_names=["receipt_id", "subject_hash", "requested_at", "finished_at", "receipt"],
    )


def subject_hash(run_dir: Path, asked: str, source: str) -> str:
    """Whom a receipt is about, for who holds the key and asks again for the same person."""
    text = f"{source}\0{asked.strip().lstrip('@').casefold()}"
    return hashlib.blake2b(text.encode(), key=_key(run_dir), digest_size=16).hexdigest()


def _key(run_dir: Path) -> bytes:
    """The key of this installation, made the first time; for its owner's eyes only."""
    path = run_dir / KEY_FILE
    run_dir.mkdir(parents=True, exist_ok=True)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_bytes()
    with os.fdopen(descriptor, "wb") as file:
        file.write(secrets.token_bytes(KEY_BYTES))
    return path.read_bytes()
