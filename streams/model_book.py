"""The models in force: the promoted one and the one in shadow, exchanged while workers run.

Which model is promoted the store says; which one is in shadow ClickHouse says, as it does for
rules. A model that cannot be taken up never stops a worker that has one. What a version was when
it was first taken up ClickHouse keeps, so that whoever changes both its file and its card in the
store is found out.
"""

import asyncio
import logging
import socket
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import msgspec
import numpy as np
import pyarrow as pa

from models import profiles
from models.errors import PUT_BACK, ModelNotFoundError, ModelRefusedError, ModelStoreError
from models.predictions import HEADS, Classifier, Texts
from models.profiles import FAST, Profile, full_name, split
from models.promotions import Promotion
from models.store import ModelStore
from streams.errors import SettingsError
from streams.sinks.clickhouse import ClickHouse

RETRY_SEC: Final = 60.0  # after a refusal: the file may have been on its way
SAY_EVERY_SEC: Final = 60.0
NONE: Final = ""
_OF_HEADS: Final = "heads_sha256"
# Hashes that `_FIRST_HASHES` answers with, in order, and of what they are.
_PARTS: Final = {"model_sha256": "file", _OF_HEADS: "heads"}

# Judged once before a model is used: what is loaded or compiled late is there then.
WARM_UP: Final = Texts(
    ["¿Dónde puedo comprar uno? 😂", "", "it broke again, who can help me?"],
    ["es", "", "en"],
    ["", "", "have you tried the new one?"],
)

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ModelsInForce:
    """Who judges a batch: `current` for the tables of all, `shadow` for its own."""

    current: Classifier
    shadow: Classifier | None = None


@dataclass(slots=True)
class _Refusal:
    """What was not taken up and why, and when to look again."""

    what: object
    reason: str
    retry_at: float


class ModelBook:
    """The models for new batches. Give it `watch` as a task to stay current."""

    def __init__(
        self,
        clickhouse: ClickHouse,
        store: ModelStore,
        *,
        worker: str,
        profile: Profile = FAST,
        load: Callable[[str], Classifier] | None = None,
    ) -> None:
        """`worker` names the process in `worker_models`; `load` is the store's by default.

        `profile` is what versions are judged by where they do not name one themselves.
        """
        self.worker = worker
        self._profile = profile
        self._clickhouse = clickhouse
        self._store = store
        self._load = load or (lambda name: profiles.load(store, name, profile))
        self._in_force: ModelsInForce | None = None
        self._promotion: Promotion | None = None
        self._shadow = NONE  # the version that should be in shadow
        self._refusals: dict[str, _Refusal] = {}
        self._said: tuple[str, ...] = ()
        self._said_at = 0.0

    async def open(self) -> None:
        """Take up the promoted model, or the newest before it that can be loaded.

        Raises SettingsError with the remedy when no model was promoted, ModelStoreError when
        none can be loaded.
        """
        try:
            promotion = await asyncio.to_thread(self._store.promotion)
        except ModelNotFoundError as error:
            raise SettingsError(
                f"{error}: run escucha train, or say with ESCUCHA_MODEL_STORE where models are"
            ) from error
        try:
            model = await self._taken(promotion.version)
        except ModelStoreError as error:
            found = await self._before(promotion.version)
            if found is None:
                raise
            self._in_force = ModelsInForce(found)
            self._refuse("model", promotion, promotion.version, error)
        else:
            self._in_force = ModelsInForce(model)
            await self._record(promotion)
        await self._refresh_shadow()
        await self._say()

    @property
    def in_force(self) -> ModelsInForce:
        """The models for a new batch: ask once for each, they may be others a moment later."""
        if self._in_force is None:
            raise RuntimeError("open the model book first")
        return self._in_force

    @property
    def trouble(self) -> str:
        """Why a model that should be in force is not; empty when all is well."""
        return "; ".join(refusal.reason for refusal in self._refusals.values())

    async def refresh(self) -> None:
        """Take up what was promoted or put in shadow; on return new batches go by it."""
        await self._refresh_current()
        await self._refresh_shadow()
        await self._say()

    async def watch(self, every_sec: float) -> None:
        """Refresh for ever."""
        while True:
            await asyncio.sleep(every_sec)
            await self.refresh()

    def give_up_shadow(self, version: str, error: Exception) -> None:
        """Go on without a model in shadow that has failed at its work."""
        in_force = self.in_force
        if in_force.shadow is not None and in_force.shadow.version == version:
            self._in_force = ModelsInForce(in_force.current)
            self._refuse("shadow", version, version, error)

    async def _refresh_current(self) -> None:
        now = self.in_force.current
        promotion: Promotion | None = None
        try:
            promotion = await asyncio.to_thread(self._store.promotion)
            if promotion == self._promotion:
                self._refusals.pop("model", None)  # somebody rolled back to it
                return
            if self._is_refused("model", promotion):
                return
            model: Classifier = now
            if full_name(promotion.version, self._profile) != now.version:
                model = await self._taken(promotion.version)
        except (ModelStoreError, OSError) as error:
            name = promotion.version if promotion else "current"
            self._refuse("model", promotion, name, error)
            return
        shadow = self.in_force.shadow
        if shadow is not None and shadow.version == model.version:
            shadow = None
        self._in_force = ModelsInForce(model, shadow)
        self._refusals.pop("model", None)
        if model is not now:
            log.warning("judging by model %s (before: %s)", model.version, now.version)
        await self._record(promotion)

    async def _refresh_shadow(self) -> None:
        wanted = await shadow_version(self._clickhouse)
        before, in_force = self._shadow, self.in_force
        self._shadow = wanted
        if wanted != before or not wanted:
            self._refusals.pop("shadow", None)
        now = in_force.shadow.version if in_force.shadow else NONE
        name = full_name(wanted, self._profile) if wanted else NONE
        if name in (NONE, in_force.current.version):
            if now:
                log.warning("no model is in shadow any more (it was %s)", now)
                self._in_force = ModelsInForce(in_force.current)
            # Ended for all, so that it is not in shadow again when something else is promoted.
            # Who goes on with an older model because a newer one is refused ends nothing.
            if wanted and "model" not in self._refusals:
                await put_in_shadow(self._clickhouse, NONE, by=f"in force: {wanted}")
                self._shadow = NONE
            return
        if name == now or self._is_refused("shadow", wanted):
            return
        try:
            shadow = await self._taken(wanted)
        except (ModelStoreError, OSError) as error:
            self._in_force = ModelsInForce(self.in_force.current)
            self._refuse("shadow", wanted, wanted, error)
            return
        self._in_force = ModelsInForce(self.in_force.current, shadow)
        self._refusals.pop("shadow", None)
        log.warning("model %s judges in shadow", wanted)

    async def _taken(self, name: str) -> Classifier:
        """A model that is ready; raises ModelRefusedError if it is another than once in force."""
        model = await asyncio.to_thread(self._ready, name)
        version, _ = split(name)
        first = await self._first(version)
        for part, sha256 in (await asyncio.to_thread(self._hashes, name)).items():
            if first[part] not in ("", sha256):
                raise ModelRefusedError(
                    f"{version}: its {_PARTS[part]} and its card are not those that were first in"
                    f" force (sha256 {first[part][:12]}…, now {sha256[:12]}…): {PUT_BACK}"
                )
        return model

    async def _first(self, version: str) -> dict[str, str]:
        """The hash of each part of a version when it was first in force; empty where never."""
        [found] = await self._clickhouse.rows(_FIRST_HASHES, {"version": version})
        return dict(zip(_PARTS, map(str, found), strict=True))

    def _hashes(self, name: str) -> dict[str, str]:
        return profiles.hashes(self._store, name, self._profile)

    def _ready(self, version: str) -> Classifier:
        """Load a model and let it judge something; raises ModelStoreError if it cannot."""
        try:
            model = self._load(version)
            predictions = model.predict(WARM_UP)
            for name, head in HEADS.items():
                chances = predictions.probabilities[name]
                if chances.shape != (len(WARM_UP), len(head.classes)):
                    raise ModelRefusedError(f"{version}: {name} has the shape {chances.shape}")
                if not np.isfinite(chances).all():
                    raise ModelRefusedError(f"{version}: {name} is not a number")
        except (ModelStoreError, OSError):
            raise
        except Exception as error:
            # Whatever is wrong with a file that somebody put there, the model before it goes on.
            raise ModelRefusedError(f"{version}: {error!r}") from error
        return model

    async def _before(self, version: str) -> Classifier | None:
        """The newest model that was in force before and can be loaded."""
        for (one,) in await self._clickhouse.rows(_VERSIONS_BEFORE, {"version": version}):
            try:
                return await self._taken(one)
            except ModelStoreError as error:
                log.warning("model %s is no way back: %s", one, error)
        return None

    async def _record(self, promotion: Promotion) -> None:
        card = await asyncio.to_thread(self._store.card, promotion.version)
        # The row may take the place of an earlier one of this promotion: what that kept of heads
        # stays, also where a profile that reads none writes it.
        kept = (await self._first(promotion.version))[_OF_HEADS]
        now = await asyncio.to_thread(self._hashes, promotion.version)
        heads = {_OF_HEADS: kept or now.get(_OF_HEADS, "")}
        content = msgspec.json.encode({**msgspec.to_builtins(card), **heads})
        await self._clickhouse.put("model_versions", _row(promotion, content))
        self._promotion = promotion

    def _is_refused(self, kind: str, what: object) -> bool:
        refusal = self._refusals.get(kind)
        return refusal is not None and refusal.what == what and time.monotonic() < refusal.retry_at

    def _refuse(self, kind: str, what: object, name: str, error: Exception) -> None:
        reason = f"{kind} {name} is not taken up: {error}"
        known = self._refusals.get(kind)
        if known is None or known.reason != reason:
            log.error("%s; going on with %s", reason, self.in_force.current.version)
        self._refusals[kind] = _Refusal(what, reason, time.monotonic() + RETRY_SEC)

    async def _say(self) -> None:
        in_force = self.in_force
        shadow = in_force.shadow.version if in_force.shadow else NONE
        state = (in_force.current.version, shadow, self.trouble)
        if state == self._said and time.monotonic() < self._said_at + SAY_EVERY_SEC:
            return
        names = ("worker", "model_version", "shadow_version", "trouble")
        values = zip(names, (self.worker, *state), strict=True)
        await self._clickhouse.put("worker_models", pa.table({n: [v] for n, v in values}))
        self._said, self._said_at = state, time.monotonic()


class WorkerModels(msgspec.Struct, frozen=True, kw_only=True):
    """By which models a worker judges, as it said within the last minutes."""

    worker: str
    model_version: str
    shadow_version: str
    trouble: str


async def shadow_version(clickhouse: ClickHouse) -> str:
    """The version that should be in shadow; empty when none should."""
    rows = await clickhouse.rows(
        "SELECT version FROM shadow_models ORDER BY since DESC, version DESC LIMIT 1"
    )
    return str(rows[0][0]) if rows else NONE


async def put_in_shadow(clickhouse: ClickHouse, version: str, *, by: str) -> None:
    """Let running workers judge with a second model within seconds; empty ends it."""
    await clickhouse.put("shadow_models", pa.table({"version": [version], "set_by": [by]}))


async def worker_models(clickhouse: ClickHouse) -> Sequence[WorkerModels]:
    """What the workers that live say of themselves."""
    rows = await clickhouse.rows(
        "SELECT worker, model_version, shadow_version, trouble FROM worker_models FINAL"
        " WHERE seen_at > now64(3) - INTERVAL 150 SECOND ORDER BY worker"
    )
    return [
        WorkerModels(worker=row[0], model_version=row[1], shadow_version=row[2], trouble=row[3])
        for row in rows
    ]


def _row(promotion: Promotion, card: bytes) -> pa.Table:
    return pa.table(
        {
            "version": [promotion.version],
            "since": pa.array([promotion.since], pa.timestamp("ms", tz="UTC")),
            "card": [card.decode()],
            "promoted_by": [promotion.promoted_by],
            "host": [socket.gethostname()],
        }
    )


# A row of the same promotion replaces the one before it: what is refused is never written. Heads
# may have come after the first row.
_FIRST_HASHES = """
SELECT
    argMin(JSONExtractString(card, 'model_sha256'), noted_at),
    argMinIf(
        JSONExtractString(card, 'heads_sha256'), noted_at,
        JSONExtractString(card, 'heads_sha256') != ''
    )
FROM model_versions
WHERE version = {version:String}
"""

_VERSIONS_BEFORE = """
SELECT version FROM model_versions
WHERE version != {version:String}
GROUP BY version
ORDER BY max(since) DESC
LIMIT 5
"""
