"""Decoding without patterns and looking at them afterwards: the same as with them."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.mention import Author, Event, Mention
from streams.steps.decode import decode_batch
from streams.steps.unchecked import UncheckedAuthor, UncheckedMention
from tests.builders import FakeRecord, mention, raw

strictly = msgspec.json.Decoder(Event).decode
PIECES = st.sampled_from(["a", "Z", "1", "_", ":", "-", " ", "\n", "\u2028", "\x1f", "\u3000", "ñ"])
BLANKS = [chr(point) for point in range(0x3001) if chr(point).isspace()]
SHAPED = st.lists(PIECES, max_size=6).map("".join) | st.sampled_from(
    ["es", "es-MX", "a:1", "x:y z"]
)


def patterns(kind: type[msgspec.Struct]) -> set[str]:
    """Fields with a pattern, those of structs within them as well."""
    found = set()
    for field in msgspec.inspect.type_info(kind).fields:  # type: ignore[attr-defined]
        info = field.type
        info = info.type if isinstance(info, msgspec.inspect.Metadata) else info
        if isinstance(info, msgspec.inspect.StructType):
            found |= {f"{field.name}.{name}" for name in patterns(info.cls)}
        elif getattr(info, "pattern", None) is not None:
            found.add(field.name)
    return found


def constraints(kind: type[msgspec.Struct]) -> Any:
    """All that is said of the fields but their patterns."""

    def plain(info: Any) -> Any:
        if isinstance(info, msgspec.inspect.Metadata):
            return plain(info.type)
        if isinstance(info, msgspec.inspect.StructType):
            return constraints(info.cls)
        if isinstance(info, msgspec.inspect.StrType):
            return info.min_length, info.max_length
        return info

    fields = msgspec.inspect.type_info(kind).fields  # type: ignore[attr-defined]
    return [(f.name, f.required, f.default, plain(f.type)) for f in fields]


def test_the_twins_lack_nothing_but_the_patterns_that_are_looked_at() -> None:
    assert patterns(Mention) == {"mention_id", "source", "author.id", "lang"}
    assert not patterns(UncheckedMention)
    assert constraints(UncheckedMention) == constraints(Mention)
    assert constraints(UncheckedAuthor) == constraints(Author)


def the_same_as_strictly(*events: dict[str, Any]) -> None:
    values = [raw(event) for event in events]
    expected: list[Any] = []
    for value in values:
        try:
            expected.append(strictly(value))
        except msgspec.ValidationError as error:
            expected.append(str(error))
    decoded = decode_batch([FakeRecord(at, value) for at, value in enumerate(values)])
    assert decoded.mentions == [event for event in expected if isinstance(event, Mention)]
    assert [r.reason for r in decoded.rejected] == [e for e in expected if isinstance(e, str)]
    assert all(type(m) is Mention and type(m.author) is Author for m in decoded.mentions)


@given(st.lists(st.tuples(SHAPED, SHAPED, SHAPED, SHAPED), min_size=1, max_size=4))
def test_any_ids_fare_as_the_contract_says(shaped: list[tuple[str, str, str, str]]) -> None:
    the_same_as_strictly(
        mention("a:good"),
        *(
            mention(mention_id, source=source, author={"id": author}, lang=lang)
            for mention_id, source, author, lang in shaped
        ),
    )


@pytest.mark.parametrize("field", ["mention_id", "source", "lang", "author"])
@pytest.mark.parametrize("blank", BLANKS)
@pytest.mark.parametrize("form", ["{}a:1", "a:1{}", "a:1{}a:2", "es{}"])
def test_blanks_are_the_contract_s_blanks(field: str, blank: str, form: str) -> None:
    value = form.format(blank)
    changed: Any = {"id": value} if field == "author" else value
    the_same_as_strictly({**mention(), field: changed})


def test_a_malformed_id_is_the_reason_even_of_a_mention_from_the_future() -> None:
    the_same_as_strictly(mention("no id", published_at="2099-01-01T00:00:00Z"), mention("a:1"))
