"""Models of propensity, kept beside the others: card and file, checked at every load.

    <place>/propensity-20261129T233000Z-0a1b2c3d/propensity.skops  scaler, head, covariance
    <place>/propensity-20261129T233000Z-0a1b2c3d/card.json         what it is, and the file's hash

The newest one counts. Where there were too few orders there is a card that says so, and no file.
"""

import hashlib
import re
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import msgspec
import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler
from skops import io as skops_io

from models.errors import ModelExistsError, ModelNotFoundError, ModelRefusedError
from models.propensity import COLUMNS, KNOWN, MIN_BUYERS, STATE, TOO_FEW, Propensity
from models.propensity import PropensityReport as PropensityReport
from models.skops_file import rebuilt, refused
from models.storage import open_storage

MODEL_FILE: Final = "propensity.skops"
CARD_FILE: Final = "card.json"
# No type beside numpy's and scikit-learn's own is rebuilt.
TRUSTED_TYPES: Final[tuple[str, ...]] = ()
_VERSION: Final = re.compile(r"propensity-\d{8}T\d{6}Z-[0-9a-f]{8}")


class PropensityCard(msgspec.Struct, frozen=True, kw_only=True):
    """What a model of propensity is; new fields need a default, so older cards still decode."""

    version: str
    created_at: datetime
    status: str  # KNOWN, or TOO_FEW: then there is no model, only this
    horizon_days: int
    moments: list[datetime]  # at which authors were looked at
    orders: int  # that were stored
    buyers: int  # authors who bought within the horizon of a moment
    buyers_needed: int = MIN_BUYERS
    seed: int = 7
    state: tuple[str, ...] = STATE
    columns: tuple[str, ...] = COLUMNS
    report: PropensityReport | None = None
    model_sha256: str = ""
    notes: list[str] = []

    @property
    def is_known(self) -> bool:
        """Whether it gives chances."""
        return self.status == KNOWN


class PropensityStore:
    """Models of propensity at the place of the other models."""

    def __init__(self, place: Path | str) -> None:
        """Touch nothing yet; raises ModelStoreError when the address needs a missing package."""
        self.place = str(place)
        self._storage = open_storage(place)

    def save(self, card: PropensityCard, model: Propensity | None) -> PropensityCard:
        """Write a new version, whole or not at all, and return its card with version and hash.

        Raises ModelExistsError when that version is stored.
        """
        created_at = card.created_at.astimezone(UTC)
        content = b""
        if model is not None:
            parts = {"scaler": model.scaler, "head": model.head, "covariance": model.covariance}
            content = skops_io.dumps(parts, compression=zipfile.ZIP_DEFLATED)
        inputs = msgspec.json.encode([card.horizon_days, card.moments, card.orders, card.seed])
        number = hashlib.sha256(inputs).hexdigest()[:8]
        card = msgspec.structs.replace(
            card,
            version=f"propensity-{created_at:%Y%m%dT%H%M%SZ}-{number}",
            created_at=created_at,
            status=KNOWN if model is not None else TOO_FEW,
            model_sha256=hashlib.sha256(content).hexdigest() if content else "",
        )
        files = {MODEL_FILE: content} if content else {}
        files[CARD_FILE] = msgspec.json.format(msgspec.json.encode(card))
        try:
            self._storage.add_folder(card.version, files)
        except FileExistsError as error:
            raise ModelExistsError(card.version) from error
        return card

    def versions(self) -> list[str]:
        """Return the stored versions, oldest first."""
        return sorted(name for name in self._storage.folders(CARD_FILE) if _VERSION.fullmatch(name))

    def card(self, version: str | None = None) -> PropensityCard:
        """Return the card of a version, by default the newest.

        Raises ModelNotFoundError, or ModelRefusedError when it is damaged.
        """
        if version is None:
            versions = self.versions()
            if not versions:
                raise ModelNotFoundError(
                    f"no model of propensity in {self.place}: run escucha models propensity train"
                )
            version = versions[-1]
        if not _VERSION.fullmatch(version):
            raise ModelNotFoundError(f"not a version of a model of propensity: {version!r}")
        try:
            card = msgspec.json.decode(self._storage.read(version, CARD_FILE), type=PropensityCard)
        except FileNotFoundError as error:
            raise ModelNotFoundError(
                f"no model of propensity {version} in {self.place}: escucha models propensity train"
            ) from error
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise ModelRefusedError(f"{version}: {CARD_FILE}: {error}") from error
        if card.version != version:
            raise ModelRefusedError(f"{version}: {CARD_FILE} is that of {card.version}")
        return card

    def load(self, version: str | None = None) -> Propensity | None:
        """Return a stored model, by default the newest; None where there were too few orders.

        Raises as `card` does, and ModelRefusedError when the file is not the one its card
        describes, holds a type that is not trusted, or does not make a model.
        """
        card = self.card(version)
        if not card.is_known:
            return None
        if (card.state, card.columns) != (STATE, COLUMNS):
            raise ModelRefusedError(f"{card.version}: made for other columns: train a new one")
        try:
            content = self._storage.read(card.version, MODEL_FILE)
        except FileNotFoundError as error:
            raise ModelRefusedError(f"{card.version}: {MODEL_FILE}: No such file") from error
        if hashlib.sha256(content).hexdigest() != card.model_sha256:
            raise ModelRefusedError(f"{card.version}: {MODEL_FILE} is not what its card describes")
        return _rebuild(content, card.version)


def _rebuild(content: bytes, version: str) -> Propensity:
    with refused(version, MODEL_FILE):
        parts = rebuilt(content, version, MODEL_FILE, TRUSTED_TYPES)
        scaler, head, covariance = parts["scaler"], parts["head"], parts["covariance"]
        size = len(COLUMNS) + 1
        if not (
            isinstance(scaler, StandardScaler)
            and isinstance(head, LogisticRegression)
            and isinstance(covariance, np.ndarray)
            and covariance.shape == (size, size)
            and head.coef_.shape == (1, size - 1)
            and np.isfinite(covariance).all()
            and np.isfinite(head.coef_).all()
        ):
            raise ModelRefusedError(f"{version}: {MODEL_FILE} does not make a model")
        return Propensity(scaler, head, covariance)
