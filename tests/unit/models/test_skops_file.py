"""Files of models that somebody made on purpose: refused before they cost memory."""

import io
import zipfile
from collections.abc import Callable

import numpy as np
import pytest
from skops import io as skops_io

from models import skops_file
from models.errors import ModelRefusedError
from models.skops_file import rebuilt


class Stranger:
    """Of no list."""


def packed(**members: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in members.items():
            file.writestr(name, content)
    return out.getvalue()


def test_what_was_saved_is_rebuilt() -> None:
    found = rebuilt(skops_io.dumps({"a": np.arange(3)}), "v", "model.skops", ())
    assert found["a"].tolist() == [0, 1, 2]


def test_a_bomb_is_refused_by_the_sizes_that_it_tells(monkeypatch: pytest.MonkeyPatch) -> None:
    bomb = packed(**{"schema.json": b"{}", "0.npy": bytes(64 * 1024 * 1024)})
    assert len(bomb) < 100_000
    monkeypatch.setattr(skops_file, "MAX_UNPACKED_BYTES", 32 * 1024 * 1024)

    def unpacked(*_: object) -> None:
        raise AssertionError("it was unpacked")

    monkeypatch.setattr(zipfile.ZipFile, "read", unpacked)
    with pytest.raises(ModelRefusedError, match="more than a model is"):
        rebuilt(bomb, "v", "model.skops", ())


def test_so_are_too_many_members() -> None:
    many = packed(**{f"{number}": b"" for number in range(skops_file.MAX_MEMBERS + 1)})
    with pytest.raises(ModelRefusedError, match="more than a model is"):
        rebuilt(many, "v", "model.skops", ())


@pytest.mark.parametrize(
    "make",
    [
        lambda: b"",
        lambda: b"PK\x05\x06" + bytes(18),
        lambda: packed(**{"schema.json": b"[" * 100_000}),
        lambda: packed(**{"schema.json": b"null"}),
        lambda: packed(**{"schema.json": b'{"__class__": "os", "__module__": "sys"}'}),
        lambda: packed(**{"schema.json": b"\xff"}),
        lambda: packed(other=b""),
        lambda: skops_io.dumps({"a": np.arange(3)})[:-30],
    ],
)
def test_whatever_else_is_wrong_is_one_refusal(make: Callable[[], bytes]) -> None:
    with pytest.raises(ModelRefusedError, match="v: "):
        rebuilt(make(), "v", "model.skops", ())


def test_a_type_that_nobody_listed_is_not_rebuilt() -> None:
    content = skops_io.dumps({"a": Stranger()})
    with pytest.raises(ModelRefusedError, match="not trusted"):
        rebuilt(content, "v", "model.skops", ())
