"""Which of the two models of a version judges: the fast, the accurate, or one after the other.

A name is a version, alone or with a profile: "20261121T233000Z-0a1b2c3d+cascade". Without one it
means the profile that was asked for, by configuration.
"""

from typing import Final, Literal, get_args

from models.accurate import ACCURATE, CASCADE, RULED_OUT, Accurate, Cascade
from models.accurate_store import AccurateStore
from models.encoder.sentences import Encoder, shared_encoder
from models.errors import ModelNotFoundError
from models.heads import Model
from models.store import ModelStore

Profile = Literal["fast", "accurate", "cascade"]
PROFILES: Final[tuple[Profile, ...]] = get_args(Profile)
FAST: Final[Profile] = "fast"

AnyModel = Model | Accurate | Cascade

_SUFFIXES: Final[dict[str, Profile]] = {
    RULED_OUT: "fast",
    ACCURATE: "accurate",
    CASCADE: "cascade",
}


def split(name: str, profile: Profile = FAST) -> tuple[str, Profile]:
    """Return the version and the profile of a name; `profile` where it names none.

    Raises ModelNotFoundError for a profile that there is not.
    """
    version, plus, _ = name.partition("+")
    if not plus:
        return version, profile
    suffix = name[len(version) :]
    if suffix not in _SUFFIXES:
        raise ModelNotFoundError(f"no profile {suffix!r}: {', '.join(_SUFFIXES)}")
    return version, _SUFFIXES[suffix]


def full_name(name: str, profile: Profile = FAST) -> str:
    """Return what the `version` of the model of that name will be."""
    version, profile = split(name, profile)
    return version + {"fast": "", "accurate": ACCURATE, "cascade": CASCADE}[profile]


def learnt(store: ModelStore, name: str) -> frozenset[str]:
    """Return fingerprints of what the model of a name learnt from; raises as `load` does."""
    version, profile = split(name)
    seen = store.learnt(version)
    return seen if profile == FAST else seen | AccurateStore(store.place).learnt(version)


def hashes(store: ModelStore, name: str, profile: Profile = FAST) -> dict[str, str]:
    """Return the hash of each file that the model of a name judges by, as its cards have it.

    The keys are fields of the cards. Raises as `load` does for cards.
    """
    version, profile = split(name, profile)
    found = {"model_sha256": store.card(version).model_sha256}
    if profile != FAST:
        found["heads_sha256"] = AccurateStore(store.place).card(version).heads_sha256
    return found


def best_of(store: ModelStore, version: str, profile: Profile) -> Profile:
    """Return a profile, or "fast" where a version has no heads for it."""
    return profile if AccurateStore(store.place).has(version) else FAST


def load(
    store: ModelStore,
    name: str | None = None,
    profile: Profile = FAST,
    *,
    encoder: Encoder | None = None,
) -> AnyModel:
    """Return a stored model, by default the current one.

    Raises as `ModelStore.load` and `AccurateStore.load` do, and EncoderMissingError with the
    remedy where the profile needs sentence encoders that are not installed.
    """
    version, profile = split(store.current() if name is None else name, profile)
    fast = store.load(version)
    if profile == FAST:
        return fast
    heads = AccurateStore(store.place).load(version)
    accurate = Accurate(fast, heads, shared_encoder() if encoder is None else encoder)
    return accurate if profile == "accurate" else Cascade(fast, accurate, heads.rule_out)
