"""What the console is told of the model store names no place and no secret."""

from pathlib import Path

import pytest

from schemas.model_acts import Ask, Promote, Shadow
from streams.modelling.keeper import ModelKeeper
from streams.settings import Settings

VERSION = "20261120T120000Z-00000000"


@pytest.mark.parametrize("empty", [True, False])
async def test_an_empty_or_damaged_store_is_told_of_without_its_place(
    tmp_path: Path, empty: bool
) -> None:
    place = tmp_path / "a place of ours"
    if not empty:
        place.mkdir()
        (place / "current").write_text("nonsense\n{\n")
    with ModelKeeper(Settings(model_store=place)) as keeper:
        found = await keeper.overview()
        card = await keeper.card(VERSION)
        gone = await keeper.compare(Ask(a=VERSION, b=VERSION, made_by="Ana"))
        promote = await keeper.promote(
            Promote(version=VERSION, instead_of="", reason="x", made_by="Ana")
        )
        shadow = await keeper.put_in_shadow(Shadow(version=VERSION, made_by="Ana"))
    assert ("problem" in found) is not empty
    assert "problem" in card
    assert (gone.fate, promote.fate, shadow.fate) == ("gone", "gone", "gone")
    for said in (found, card, gone, promote, shadow):
        assert "place" not in str(said)
        assert str(tmp_path) not in str(said)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("s3://key:secret@bucket/models: needs fsspec", "… needs fsspec"),
        ("[Errno 2] No such file: '/srv/escucha/models/x'", "[Errno 2] No such file: '…'"),
        ("macro f1 0.316, current 0.467: worse by 0.151", None),
    ],
)
def test_places_are_left_out_of_words(text: str, told: str | None) -> None:
    keeper = ModelKeeper(Settings())
    assert keeper._without_places(text) == (text if told is None else told)
