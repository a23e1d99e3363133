"""Heads of the accurate profile kept beside the fast model of the same version.

    <place>/20261121T233000Z-0a1b2c3d/                       the fast model: see `models.store`
    <place>/20261121T233000Z-0a1b2c3d+accurate/heads.skops   networks, and how languages are read
    <place>/20261121T233000Z-0a1b2c3d+accurate/learnt        fingerprints of what they learnt from
    <place>/20261121T233000Z-0a1b2c3d+accurate/heads.json    what they are, and the hashes of those

Heads are written once for a version and never changed: a row that says "…+accurate" says by what
it was judged. As in `models.store`, files are not pickles, and only types listed here are rebuilt.
"""

import hashlib
import zipfile
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np
from skops import io as skops_io

from models.accurate import ACCURATE, AccurateHeads
from models.accurate_training import AccurateReport
from models.behaviour import BehaviourReport
from models.encoder.sentences import NAME as ENCODER_NAME
from models.errors import PUT_BACK, ModelExistsError, ModelNotFoundError, ModelRefusedError
from models.languages import Languages
from models.network import HeadNetwork
from models.outputs import N_OUTPUTS, outputs_of
from models.predictions import HEADS
from models.skops_file import rebuilt, refused
from models.storage import open_storage

TRUSTED_TYPES: Final = ("models.network.HeadNetwork",)
HEADS_FILE: Final = "heads.skops"
LEARNT_FILE: Final = "learnt"
CARD_FILE: Final = "heads.json"  # written last: where it is, the others are
FILES: Final = (HEADS_FILE, LEARNT_FILE, CARD_FILE)
CLASSES: Final = {name: list(head.classes) for name, head in HEADS.items()}
_ARRAYS: Final = ("mean", "scale", "rule_out")
OTHERS: Final = ""  # among the languages of a card: all that it does not name


class AccurateCard(msgspec.Struct, frozen=True, kw_only=True):
    """What stored heads are; new fields need a default, so older cards still decode."""

    version: str  # of the fast model that they stand beside
    created_at: datetime  # UTC
    heads_sha256: str
    learnt_sha256: str
    encoder: str  # which vectors they read
    languages: list[str]  # each is read in its own way; the last, "", stands for all others
    classes: dict[str, list[str]]
    trained_on: list[str]
    label_set_hash: str
    training: AccurateReport
    behaviour: BehaviourReport | None = None
    # As of a fast model's card; in those of before, figures have the thresholds, and none leans.
    thresholds: dict[str, float | None] = {}
    leanings: dict[str, dict[str, dict[str, float]]] = {}


class AccurateStore:
    """Heads in the place of a model store; any number of processes read."""

    def __init__(self, place: Path | str) -> None:
        """Touch nothing yet; raises ModelStoreError when the address needs a missing package."""
        self.place = str(place)
        self._storage = open_storage(place)

    def save(
        self,
        heads: AccurateHeads,
        report: AccurateReport,
        *,
        version: str,
        created_at: datetime,
        trained_on: list[str],
        label_set_hash: str,
        learnt: Collection[str],
        behaviour: BehaviourReport | None = None,
    ) -> AccurateCard:
        """Write heads beside a version, whole or not at all, and return their card.

        `learnt` are fingerprints of the texts they learnt from, so that nobody judges them by
        those. Raises ModelExistsError when that version has heads.
        """
        read = heads.languages
        parts = {"networks": list(heads.networks), "languages": read.arrays()}
        parts |= {name: getattr(heads, name) for name in _ARRAYS}
        content: bytes = skops_io.dumps(parts, compression=zipfile.ZIP_DEFLATED)
        fingerprints = "".join(f"{one}\n" for one in sorted(set(learnt))).encode()
        card = AccurateCard(
            version=version,
            created_at=created_at.astimezone(UTC),
            heads_sha256=hashlib.sha256(content).hexdigest(),
            learnt_sha256=hashlib.sha256(fingerprints).hexdigest(),
            encoder=ENCODER_NAME,
            languages=[*read.names, OTHERS],
            thresholds={lang or "other": read.threshold(lang) for lang in (OTHERS, *read.names)},
            leanings={lang: read.leaning(lang) for lang in read.names},
            classes=CLASSES,
            trained_on=trained_on,
            label_set_hash=label_set_hash,
            training=report,
            behaviour=behaviour,
        )
        said = msgspec.json.format(msgspec.json.encode(card))
        self._add(version, content, fingerprints, said)
        return card

    def adopt(self, other: "AccurateStore", version: str) -> None:
        """Take over the heads of another store as they are; nothing where there are none."""
        if other.has(version) and not self.has(version):
            other.load(version)
            self.add(version, other.files(version))

    def files(self, version: str) -> dict[str, bytes]:
        """Return the files of a version's heads, checked, in the order to write them.

        Raises ModelNotFoundError, or ModelRefusedError when one is not what the card describes.
        """
        card = self.card(version)
        return {
            HEADS_FILE: self._checked(version, HEADS_FILE, card.heads_sha256),
            LEARNT_FILE: self._checked(version, LEARNT_FILE, card.learnt_sha256),
            CARD_FILE: self._storage.read(version + ACCURATE, CARD_FILE),
        }

    def add(self, version: str, files: Mapping[str, bytes]) -> None:
        """Store what `files` gave out; nothing happens where the version has heads already.

        Raises ModelRefusedError when files are not what their card describes.
        """
        if not self.has(version):
            self._add(version, *(files[name] for name in FILES))
        self.files(version)

    def has(self, version: str) -> bool:
        """Whether a version has heads."""
        return version + ACCURATE in self._storage.folders(CARD_FILE)

    def card(self, version: str) -> AccurateCard:
        """Return the card; raises ModelNotFoundError with the remedy, or ModelRefusedError."""
        try:
            content = self._storage.read(version + ACCURATE, CARD_FILE)
        except FileNotFoundError as error:
            raise ModelNotFoundError(
                f"{version} has no heads for the accurate profile: escucha train --profile accurate"
            ) from error
        try:
            card = msgspec.json.decode(content, type=AccurateCard)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise ModelRefusedError(f"{version}: {CARD_FILE}: {error}") from error
        if card.version != version:
            raise ModelRefusedError(f"{version}: {CARD_FILE} is that of {card.version}")
        return card

    def load(self, version: str) -> AccurateHeads:
        """Return the heads of a version.

        Raises ModelNotFoundError with the remedy where it has none, or ModelRefusedError when the
        file is not the one its card describes, holds a type that is not trusted, or was made for
        other classes or vectors.
        """
        card = self.card(version)
        made_for = (card.classes, card.encoder)
        if made_for != (CLASSES, ENCODER_NAME):
            raise ModelRefusedError(
                f"{version}: heads made for other classes or encoders: {made_for}"
            )
        content = self._checked(version, HEADS_FILE, card.heads_sha256)
        return _rebuild(content, version, card.languages)

    def learnt(self, version: str) -> frozenset[str]:
        """Return fingerprints of what the heads of a version learnt from; raises as `load`."""
        content = self._checked(version, LEARNT_FILE, self.card(version).learnt_sha256)
        return frozenset(content.decode("ascii").split())

    def _checked(self, version: str, file: str, sha256: str) -> bytes:
        try:
            content = self._storage.read(version + ACCURATE, file)
        except FileNotFoundError as error:
            raise ModelRefusedError(f"{version}: {file}: No such file: {PUT_BACK}") from error
        if hashlib.sha256(content).hexdigest() != sha256:
            raise ModelRefusedError(f"{version}: {file} is not what its card describes: {PUT_BACK}")
        return content

    def _add(self, version: str, *contents: bytes) -> None:
        try:
            self._storage.add_folder(version + ACCURATE, dict(zip(FILES, contents, strict=True)))
        except FileExistsError as error:
            raise ModelExistsError(version + ACCURATE) from error


def _rebuild(content: bytes, version: str, languages: list[str]) -> AccurateHeads:
    with refused(version, HEADS_FILE):
        parts = rebuilt(content, version, HEADS_FILE, TRUSTED_TYPES)
        networks = parts["networks"]
        if not all(isinstance(one, HeadNetwork) for one in networks):
            raise ModelRefusedError(f"{version}: {HEADS_FILE} holds other things than networks")
        if "languages" not in parts:
            parts |= _of_first_form(parts, languages)
        arrays = {name: np.asarray(parts[name], dtype=np.float32) for name in _ARRAYS}
        read = Languages.from_arrays(parts["languages"])
        return AccurateHeads(networks=networks, languages=read, **arrays)


def _of_first_form(parts: Mapping[str, Any], languages: list[str]) -> dict[str, Any]:
    """How languages were read by heads from before prevalence and precision were heeded.

    A temperature of each head and a threshold of intent, as labelled, and the row for all other
    languages was the last; no shifts and no leanings.
    """
    rows = [len(languages) - 1, *range(len(languages) - 1)]
    temperatures = np.asarray(parts["temperatures"], dtype=np.float32)[rows]
    scales = np.ones((len(rows), N_OUTPUTS), np.float32)
    for at, name in enumerate(HEADS):
        scales[:, outputs_of(name)] = 1 / temperatures[:, [at]]
    read = {
        "names": languages[:-1],
        "scales": scales,
        "shifts": np.zeros_like(scales),
        "thresholds": np.asarray(parts["thresholds"])[rows],
        "leanings": np.zeros_like(scales),
    }
    return {"languages": read, "rule_out": np.asarray(parts["rule_out"])[rows]}
