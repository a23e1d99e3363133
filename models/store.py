"""Trained models kept: written once, checked at every load, one of them current.

    <place>/current                                a version, and below it how it came to be
    <place>/20261121T233000Z-0a1b2c3d/model.skops  the text transform and the heads
    <place>/20261121T233000Z-0a1b2c3d/learnt       fingerprints of the texts it learnt from
    <place>/20261121T233000Z-0a1b2c3d/card.json    what it is, and the hashes of the above

The place is a directory or, through fsspec, object storage; see `models.storage`.

The files are not pickles. skops rebuilds only types it trusts or that are listed here, so a
changed file can be wrong, which its hash tells, but cannot run code.
"""

import hashlib
import re
import unicodedata
import zipfile
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np
from skops import io as skops_io

from models.analyser import HashedText
from models.errors import (
    PUT_BACK,
    ModelExistsError,
    ModelNotFoundError,
    ModelRefusedError,
    ModelStoreError,
)
from models.heads import Model
from models.languages import Languages
from models.predictions import HEADS
from models.promotions import ANYBODY, Asked, Promotions, promotion
from models.promotions import Promotion as Promotion
from models.skops_file import rebuilt, refused
from models.storage import open_storage
from models.training import TrainingReport

TRUSTED_TYPES: Final = ("models.analyser.HashedText",)  # beside numpy's and scikit-learn's own
MODEL_FILE: Final = "model.skops"
LEARNT_FILE: Final = "learnt"
CARD_FILE: Final = "card.json"  # written last: where it is, the others are
CURRENT_FILE: Final = "current"
CLASSES: Final = {name: list(head.classes) for name, head in HEADS.items()}
_VERSION: Final = re.compile(r"\d{8}T\d{6}Z-[0-9a-f]{8}")


class DataFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file of labelled mentions that a model learnt from."""

    name: str
    mentions: int
    label_set_hash: str


class ModelCard(msgspec.Struct, frozen=True, kw_only=True):
    """What a stored model is; new fields need a default, so older cards still decode."""

    version: str
    created_at: datetime  # UTC
    model_sha256: str
    trained_on: list[str]  # the data, in words: sources, licences, how to retrain without them
    features: dict[str, Any]  # parameters of the HashedText that reads texts
    classes: dict[str, list[str]]  # of each head, in the order of its columns
    unicode_version: str  # characters assigned later than this were read as symbols
    training: TrainingReport
    # Parameters of the HashedText that reads what a mention answers; None: that is not read.
    parent_features: dict[str, Any] | None = None
    # The chance of any intent from which a mention has intent, by language; None: the most
    # probable class decides.
    thresholds: dict[str, float | None] = {}
    # What is added to log chances before the largest decides, by language, head and class.
    leanings: dict[str, dict[str, dict[str, float]]] = {}
    data: list[DataFile] = []
    held_out: int = 0  # mentions of the corpus that were kept to judge by
    learnt_sha256: str = ""  # empty: not noted what it learnt from


class ModelStore:
    """Models in a directory or at an fsspec address; any number of processes read.

    In a directory writers wait for each other. On object storage, which has no locks, one process
    should write at a time: of two promotions at once the later counts, and one may go unnoted.
    Where the storage cannot be reached, read or written, all raise StoreUnavailableError.
    """

    def __init__(self, place: Path | str) -> None:
        """Touch nothing yet; raises ModelStoreError when the address needs a missing package."""
        self.place = str(place)
        self._storage = open_storage(place)

    def save(
        self,
        model: Model,
        report: TrainingReport,
        *,
        trained_on: Sequence[str],
        created_at: datetime,
        learnt: Collection[str] = (),
        data: Sequence[DataFile] = (),
        held_out: int = 0,
    ) -> ModelCard:
        """Write a new version, whole or not at all, and return its card; it is not yet current.

        `learnt` are fingerprints of the texts it learnt from, so that nobody judges it by them.

        The version is the UTC second and a hash of labels, features, recipe and seed. Raises
        ModelExistsError when that version is stored, ValueError when `created_at` is naive.
        """
        if created_at.tzinfo is None:
            raise ValueError("created_at must have a time zone")
        created_at = created_at.astimezone(UTC)
        features = _parameters(model.text)
        parent = _parameters(model.parent) if model.parent else None
        inputs = [report.label_set_hash, report.seed, report.recipe, features]
        inputs += [parent, report.taught_hash]
        digest = hashlib.sha256(msgspec.json.encode(inputs, order="sorted")).hexdigest()
        version = f"{created_at:%Y%m%dT%H%M%SZ}-{digest[:8]}"
        content = _dumped(model)
        fingerprints = "".join(f"{one}\n" for one in sorted(set(learnt))).encode()
        card = ModelCard(
            version=version,
            created_at=created_at,
            model_sha256=hashlib.sha256(content).hexdigest(),
            trained_on=list(trained_on),
            features=features,
            parent_features=parent,
            thresholds={
                lang or "other": model.languages.threshold(lang)
                for lang in ("", *model.languages.names)
            },
            leanings={lang: model.languages.leaning(lang) for lang in model.languages.names},
            classes=CLASSES,
            unicode_version=unicodedata.unidata_version,
            training=report,
            data=list(data),
            held_out=held_out,
            learnt_sha256=hashlib.sha256(fingerprints).hexdigest() if learnt else "",
        )
        files = {
            MODEL_FILE: content,
            **({LEARNT_FILE: fingerprints} if learnt else {}),
            CARD_FILE: msgspec.json.format(msgspec.json.encode(card)),
        }
        try:
            self._storage.add_folder(version, files)
        except FileExistsError as error:
            raise ModelExistsError(version) from error
        return card

    def adopt(self, other: "ModelStore", version: str) -> ModelCard:
        """Take over a version of another store as it is, and return its card.

        Nothing is written when it is here already. Raises as `load` does of the other store.
        """
        card = other.card(version)
        other.load(version)
        files = [MODEL_FILE, *([LEARNT_FILE] if card.learnt_sha256 else []), CARD_FILE]
        if version not in self.versions():
            self._storage.add_folder(
                version, {file: other._storage.read(version, file) for file in files}
            )
        return card

    def files(self, version: str) -> dict[str, bytes]:
        """Return the files of a version, checked, in the order to write them; raises as `load`."""
        card = self.card(version)
        found = {MODEL_FILE: self._checked(version, MODEL_FILE, card.model_sha256)}
        if card.learnt_sha256:
            found[LEARNT_FILE] = self._checked(version, LEARNT_FILE, card.learnt_sha256)
        return found | {CARD_FILE: self._storage.read(version, CARD_FILE)}

    def add(self, version: str, files: Mapping[str, bytes]) -> None:
        """Store what `files` gave out; nothing happens where the version is there already.

        Raises ModelRefusedError when files are not what their card describes. Whether it can still
        be used is asked by who uses it: a store also keeps models of older classes.
        """
        if version not in self.versions():
            self._storage.add_folder(version, files)
        self.files(version)

    def current_file(self) -> bytes | None:
        """Return which version was current when, as it is stored; None where none was."""
        try:
            return self._storage.read(CURRENT_FILE)
        except FileNotFoundError:
            return None

    def put_current_file(self, content: bytes) -> None:
        """Store what `current_file` gave out; raises ModelStoreError when its model is not here."""
        try:
            self.files(Promotions.decode(content).current)
        except msgspec.DecodeError as error:
            raise ModelRefusedError(f"{CURRENT_FILE}: {error}") from error
        with self._storage.exclusive():
            self._storage.replace(CURRENT_FILE, content)

    def load(self, version: str | None = None) -> Model:
        """Return a stored model, by default the current one.

        Raises ModelNotFoundError, or ModelRefusedError when the file is not the one its card
        describes, holds a type that is not trusted, or does not make a model.
        """
        card = self.card(version)
        content = self._checked(card.version, MODEL_FILE, card.model_sha256)
        if card.classes != CLASSES:
            raise ModelRefusedError(
                f"{card.version}: made for other classes, by an older Escucha:"
                " escucha train --if-missing puts the model that comes along in force"
            )
        return _rebuild(content, card.version)

    def learnt(self, version: str | None = None) -> frozenset[str]:
        """Return fingerprints of what a version learnt from, empty when that was not noted.

        Raises as `load` does.
        """
        card = self.card(version)
        if not card.learnt_sha256:
            return frozenset()
        content = self._checked(card.version, LEARNT_FILE, card.learnt_sha256)
        return frozenset(content.decode("ascii").split())

    def _checked(self, version: str, file: str, sha256: str) -> bytes:
        """The content of a file of a version, if it is what the card says."""
        try:
            content = self._storage.read(version, file)
        except FileNotFoundError as error:
            raise ModelRefusedError(f"{version}: {file}: No such file: {PUT_BACK}") from error
        if hashlib.sha256(content).hexdigest() != sha256:
            raise ModelRefusedError(f"{version}: {file} is not what its card describes: {PUT_BACK}")
        return content

    def card(self, version: str | None = None) -> ModelCard:
        """Return the card of a version, by default the current one; raises as `load` does."""
        version = self.current() if version is None else version
        # Checked first, so that no version, wherever it came from, leads out of the store.
        if not _VERSION.fullmatch(version):
            raise ModelNotFoundError(f"not a version: {version!r}")
        try:
            content = self._storage.read(version, CARD_FILE)
        except FileNotFoundError as error:
            raise ModelNotFoundError(
                f"no model {version} in {self.place}: escucha models list shows what is there"
            ) from error
        try:
            card = msgspec.json.decode(content, type=ModelCard)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise ModelRefusedError(f"{version}: {CARD_FILE}: {error}") from error
        if card.version != version:
            raise ModelRefusedError(f"{version}: {CARD_FILE} is that of {card.version}")
        return card

    def versions(self) -> list[str]:
        """Return the stored versions, oldest first."""
        return sorted(name for name in self._storage.folders(CARD_FILE) if _VERSION.fullmatch(name))

    def current(self) -> str:
        """Return the current version; raises ModelNotFoundError when none was promoted."""
        try:
            content = self._storage.read(CURRENT_FILE)
        except FileNotFoundError as error:
            raise ModelNotFoundError(f"no model was promoted in {self.place}") from error
        version = content.split(b"\n", 1)[0].decode("utf-8", "replace").strip()
        if not version:  # cut off when a disk was full, or emptied by hand
            raise ModelNotFoundError(f"no model was promoted in {self.place}")
        return version

    def history(self) -> list[Promotion]:
        """Return how the current version came to be, newest first; empty when none was promoted.

        Raises ModelRefusedError when the notes are damaged.
        """
        promotions = self._promotions()
        return promotions.history if promotions else []

    def promotion(self) -> Promotion:
        """Return what was promoted last; raises ModelNotFoundError when nothing was.

        The version is read as it stands there: whether it can be loaded, `load` says.
        """
        history = self.history()
        if not history:
            raise ModelNotFoundError(f"no model was promoted in {self.place}")
        return history[0]

    def promote(
        self,
        version: str,
        *,
        at: datetime | None = None,
        forced: bool = False,
        gate: str = "",
        asked: Asked = ANYBODY,
    ) -> None:
        """Make a version the current one, atomically; raises as `load` does if it would fail.

        Nothing is compared here: `models.gate` does that before. What it said goes into the
        history as `gate`, with the moment `at`, by default now. Raises CurrentChangedError when
        another version is current than who asked had seen.
        """
        self.load(version)
        with self._storage.exclusive():
            before = asked.expects(self._promotions())
            self._write(promotion(version, "promoted", at, forced, gate, asked=asked), before)

    def rollback(self, *, at: datetime | None = None, asked: Asked = ANYBODY) -> str:
        """Make the version current that was before this one, atomically, and return it.

        Raises ModelNotFoundError when none was, as `load` does when it is gone or damaged, and
        CurrentChangedError as `promote` does.
        """
        with self._storage.exclusive():
            promotions = asked.expects(self._promotions())
            version = promotions.before() if promotions else None
            if version is None:
                raise ModelNotFoundError(f"no model was current before in {self.place}")
            self.load(version)
            self._write(promotion(version, "rolled back", at, asked=asked), promotions)
        return version

    def before(self) -> str | None:
        """Return the version that `rollback` would make current; None where none was before."""
        promotions = self._promotions()
        return promotions.before() if promotions else None

    def _promotions(self) -> Promotions | None:
        try:
            content = self._storage.read(CURRENT_FILE)
        except FileNotFoundError:
            return None
        try:
            found = Promotions.decode(content)
        except msgspec.DecodeError as error:
            raise ModelRefusedError(
                f"{CURRENT_FILE}: {error}: its first line says which model is current; delete the"
                " lines below it to go on without the history"
            ) from error
        if not found.current and not found.history:
            return None
        if not found.history:  # of a store from before there was a history
            try:
                since = self.card(found.current).created_at
            except ModelStoreError:
                since = datetime.fromtimestamp(0, UTC)
            found = found.then(Promotion(version=found.current, since=since, how="promoted"))
        return found

    def _write(self, promotion: Promotion, before: Promotions | None) -> None:
        after = (before or Promotions("", [])).then(promotion)
        self._storage.replace(CURRENT_FILE, after.encode())


def _parameters(reader: HashedText) -> dict[str, Any]:
    return {key: value for key, value in reader.get_params().items() if key != "threads"}


def _dumped(model: Model) -> bytes:
    """The content of a model's file.

    Half of the coefficients' precision is kept where none is lost: that of a model trained here.
    """
    heads = model.heads()
    for head in heads.values():
        half = head.coef_.astype(np.float16)
        if np.array_equal(half.astype(np.float32), head.coef_):
            head.coef_ = half
    parts = {"text": model.text, "parent": model.parent, "languages": model.languages.arrays()}
    content: bytes = skops_io.dumps({**parts, **heads}, compression=zipfile.ZIP_DEFLATED)
    return content


def _rebuild(content: bytes, version: str) -> Model:
    parts = rebuilt(content, version, MODEL_FILE, TRUSTED_TYPES)
    if not isinstance(parts, dict) or not isinstance(parts.get("text"), HashedText):
        raise ModelRefusedError(f"{version}: {MODEL_FILE} holds no text transform")
    text, parent = parts.pop("text"), parts.pop("parent", None)
    if not isinstance(parent, HashedText | None):
        raise ModelRefusedError(f"{version}: {MODEL_FILE} holds no transform of parents")
    # Models from before there were parents and languages have neither.
    languages = parts.pop("languages", None)
    with refused(version, MODEL_FILE):
        for head in parts.values():
            head.coef_ = np.asarray(head.coef_, dtype=np.float32)
        return Model.from_heads(
            text,
            parts,
            parent=parent,
            languages=None if languages is None else Languages.from_arrays(languages),
            version=version,
        )
