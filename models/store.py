"""Trained models on disk: written once, checked at every load, one of them current.

    <directory>/current                                a version, replaced atomically
    <directory>/20261121T233000Z-0a1b2c3d/model.skops  the text transform and the heads
    <directory>/20261121T233000Z-0a1b2c3d/card.json    what it is, and the hash of the above

The files are not pickles. skops rebuilds only types it trusts or that are listed here, so a
changed file can be wrong, which its hash tells, but cannot run code.
"""

import hashlib
import os
import re
import shutil
import unicodedata
import zipfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, Final

import msgspec
from skops import io as skops_io
from skops.io.exceptions import UntrustedTypesFoundException

from models.analyser import HashedText
from models.errors import ModelExistsError, ModelNotFoundError, ModelRefusedError
from models.heads import Model
from models.predictions import HEADS
from models.training import TrainingReport

TRUSTED_TYPES: Final = ("models.analyser.HashedText",)  # beside numpy's and scikit-learn's own
MODEL_FILE: Final = "model.skops"
CARD_FILE: Final = "card.json"
CURRENT_FILE: Final = "current"
CLASSES: Final = {name: list(head.classes) for name, head in HEADS.items()}
_VERSION: Final = re.compile(r"\d{8}T\d{6}Z-[0-9a-f]{8}")


class ModelCard(msgspec.Struct, frozen=True, kw_only=True):
    """What a stored model is; new fields need a default, so older cards still decode."""

    version: str
    created_at: datetime  # UTC
    model_sha256: str
    trained_on: list[str]  # the data, in words: sources, licences, how to retrain without them
    features: dict[str, Any]  # parameters of HashedText
    classes: dict[str, list[str]]  # of each head, in the order of its columns
    unicode_version: str  # characters assigned later than this were read as symbols
    training: TrainingReport


class ModelStore:
    """A directory of models; one process writes at a time, any number read."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def save(
        self,
        model: Model,
        report: TrainingReport,
        *,
        trained_on: Sequence[str],
        created_at: datetime,
    ) -> ModelCard:
        """Write a new version, whole or not at all, and return its card; it is not yet current.

        The version is the UTC second and a hash of labels, features, recipe and seed. Raises
        ModelExistsError when that version is stored, ValueError when `created_at` is naive.
        """
        if created_at.tzinfo is None:
            raise ValueError("created_at must have a time zone")
        created_at = created_at.astimezone(UTC)
        features = {
            key: value for key, value in model.text.get_params().items() if key != "threads"
        }
        inputs = msgspec.json.encode(
            [report.label_set_hash, report.seed, report.recipe, features], order="sorted"
        )
        version = f"{created_at:%Y%m%dT%H%M%SZ}-{hashlib.sha256(inputs).hexdigest()[:8]}"
        content = skops_io.dumps(
            {"text": model.text, **model.heads()}, compression=zipfile.ZIP_DEFLATED
        )
        card = ModelCard(
            version=version,
            created_at=created_at,
            model_sha256=hashlib.sha256(content).hexdigest(),
            trained_on=list(trained_on),
            features=features,
            classes=CLASSES,
            unicode_version=unicodedata.unidata_version,
            training=report,
        )
        folder = self.directory / version
        if folder.exists():
            raise ModelExistsError(version)
        self.directory.mkdir(parents=True, exist_ok=True)
        partial = Path(mkdtemp(prefix=".partial-", dir=self.directory))
        try:
            _write(partial / MODEL_FILE, content)
            _write(partial / CARD_FILE, msgspec.json.format(msgspec.json.encode(card)))
            partial.chmod(0o755)  # mkdtemp makes it private, but services read as other users
            partial.rename(folder)
        except BaseException:
            shutil.rmtree(partial, ignore_errors=True)
            raise
        return card

    def load(self, version: str | None = None) -> Model:
        """Return a stored model, by default the current one.

        Raises ModelNotFoundError, or ModelRefusedError when the file is not the one its card
        describes, holds a type that is not trusted, or does not make a model.
        """
        card = self.card(version)
        try:
            content = (self.directory / card.version / MODEL_FILE).read_bytes()
        except OSError as error:
            raise ModelRefusedError(f"{card.version}: {MODEL_FILE}: {error.strerror}") from error
        if hashlib.sha256(content).hexdigest() != card.model_sha256:
            raise ModelRefusedError(f"{card.version}: {MODEL_FILE} is not what its card describes")
        if card.classes != CLASSES:
            raise ModelRefusedError(f"{card.version}: made for other classes: {card.classes}")
        return _rebuild(content, card.version)

    def card(self, version: str | None = None) -> ModelCard:
        """Return the card of a version, by default the current one; raises as `load` does."""
        version = self.current() if version is None else version
        # Checked first, so that no version, wherever it came from, leads out of the directory.
        if not _VERSION.fullmatch(version):
            raise ModelNotFoundError(f"not a version: {version!r}")
        try:
            content = (self.directory / version / CARD_FILE).read_bytes()
        except FileNotFoundError as error:
            raise ModelNotFoundError(version) from error
        try:
            card = msgspec.json.decode(content, type=ModelCard)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise ModelRefusedError(f"{version}: {CARD_FILE}: {error}") from error
        if card.version != version:
            raise ModelRefusedError(f"{version}: {CARD_FILE} is that of {card.version}")
        return card

    def versions(self) -> list[str]:
        """Return the stored versions, oldest first."""
        if not self.directory.is_dir():
            return []
        return sorted(
            entry.name for entry in self.directory.iterdir() if _VERSION.fullmatch(entry.name)
        )

    def current(self) -> str:
        """Return the current version; raises ModelNotFoundError when none was promoted."""
        try:
            return (self.directory / CURRENT_FILE).read_text("utf-8", "replace").strip()
        except FileNotFoundError as error:
            raise ModelNotFoundError(f"no model was promoted in {self.directory}") from error

    def promote(self, version: str) -> None:
        """Make a version the current one, atomically; raises as `load` does if it would fail."""
        self.load(version)
        staged = self.directory / f".{CURRENT_FILE}-{os.getpid()}"
        _write(staged, f"{version}\n".encode())
        staged.replace(self.directory / CURRENT_FILE)


def _rebuild(content: bytes, version: str) -> Model:
    try:
        unknown = set(skops_io.get_untrusted_types(data=content)) - set(TRUSTED_TYPES)
        if unknown:
            raise ModelRefusedError(f"{version}: types that are not trusted: {sorted(unknown)}")
        parts = skops_io.loads(content, trusted=list(TRUSTED_TYPES))
        if not isinstance(parts, dict) or not isinstance(parts.get("text"), HashedText):
            raise ModelRefusedError(f"{version}: {MODEL_FILE} holds no text transform")
        return Model.from_heads(parts.pop("text"), parts, version=version)
    except (
        UntrustedTypesFoundException,
        zipfile.BadZipFile,
        AttributeError,
        ImportError,
        KeyError,
        TypeError,
        ValueError,
    ) as error:
        raise ModelRefusedError(f"{version}: {MODEL_FILE}: {error}") from error


def _write(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
