"""The heads that come along: small, loadable, and judging replies by what they answer."""

from pathlib import Path

import numpy as np
import pytest

from models import profiles
from models.accurate import Accurate, Cascade
from models.accurate_store import AccurateStore
from models.predictions import HEADS, Texts
from models.store import ModelStore
from streams.training import SHIPPED
from tests.unit.models.encoders import real_encoder

MOST_BYTES = 4 * 1024 * 1024
# A reply, its language, a parent that makes an intent of it, and one that does not; none of these
# parents was learnt from.
PAIRS = (
    ("yes please", "en", "shall I order you one?", "shall I open the window?"),
    ("sí, por favor", "es", "¿te pido uno?", "¿te abro la ventana?"),
    ("I'll have the small one", "en", "Which size shall we ship you?", "who wants which puppet?"),
    pytest.param(
        *("el mediano", "es", "¿Qué talla te reservamos?", "¿cuál de tus primos toca el bajo?"),
        marks=pytest.mark.xfail(strict=True, reason="what ships takes it for an order either way"),
    ),
)
# The same of a wish that is joined: the chance follows.
ECHOES = (
    ("me too", "en", "I so want those headphones", "I'm so sleepy today"),
    ("yo también", "es", "quiero esos audífonos ya", "qué sueño tengo hoy"),
)


@pytest.fixture(scope="module")
def version() -> str:
    return ModelStore(SHIPPED).versions()[-1]


@pytest.fixture(scope="module")
def accurate(version: str) -> Accurate:
    found = profiles.load(ModelStore(SHIPPED), version, "accurate", encoder=real_encoder())
    assert isinstance(found, Accurate)
    return found


def test_they_are_small(version: str) -> None:
    files = list((Path(SHIPPED) / f"{version}+accurate").iterdir())

    assert sum(file.stat().st_size for file in files) < MOST_BYTES + 500_000
    assert (Path(SHIPPED) / f"{version}+accurate" / "heads.skops").stat().st_size < MOST_BYTES


def test_their_card_says_how_well_they_do(version: str) -> None:
    card = AccurateStore(SHIPPED).card(version)

    assert card.training.judged_on == "real"
    assert card.training.cascade["all"].missed <= card.training.recipe.miss_rate
    assert set(card.training.figures["intent"]) == {"es", "en", "all"}
    assert card.behaviour is not None


@pytest.mark.parametrize(("text", "lang", "offer", "talk"), PAIRS)
def test_the_parent_decides(
    accurate: Accurate, text: str, lang: str, offer: str, talk: str
) -> None:
    found = accurate.predict(Texts([text] * 3, [lang] * 3, [offer, talk, ""]))
    chance = 1 - found.probabilities["intent"][:, 0]

    assert found.labels["intent"][0] > 0, chance
    assert found.labels["intent"][1] == 0, chance
    assert chance[0] > chance[1] + 0.2


@pytest.mark.parametrize(("text", "lang", "wish", "talk"), ECHOES)
def test_the_chance_follows_the_parent(
    accurate: Accurate, text: str, lang: str, wish: str, talk: str
) -> None:
    found = accurate.predict(Texts([text] * 3, [lang] * 3, [wish, talk, ""]))
    chance = 1 - found.probabilities["intent"][:, 0]

    assert chance[0] > 3 * chance[2]
    assert chance[0] > 10 * chance[1]


def test_the_cascade_is_the_accurate_profile_where_it_matters(
    accurate: Accurate, version: str
) -> None:
    cascade = profiles.load(ModelStore(SHIPPED), version, "cascade", encoder=real_encoder())
    assert isinstance(cascade, Cascade)
    texts = Texts(
        ["where can I buy the Nimbara?", "hoy llueve", "quiero uno", "traffic is bad again"],
        ["en", "es", "es", "en"],
        [""] * 4,
    )
    found, one = cascade.predict(texts), accurate.predict(texts)
    up = [at for at, name in enumerate(found.versions) if name == accurate.version]

    assert {0, 2} <= set(up)
    assert len(up) < len(texts)
    for name in HEADS:
        np.testing.assert_allclose(
            found.probabilities[name][up], one.probabilities[name][up], atol=1e-4
        )
