"""listening.yaml: what it says, and every mistake in it at its place."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from schemas.mention import Account, Author, Mention
from streams.errors import InputError
from streams.rules.compiled import CompiledRules, Hits, compile_rules
from streams.rules.errors import ListeningError
from streams.rules.listening import Listening
from streams.rules.loading import EXAMPLE, INTERESTS, load_listening, read_listening
from streams.rules.overlaps import warnings_of_listening

FILE = """
brands:
  - name: Nimbara
    own: true
    handles: ["@nimbara"]
    accounts: [{source: bluesky, id: "did:plc:abc"}]
    products: [{name: X1, names: ["X-1"]}]
  - name: Kolmio
    handles: ["@kolmio"]
    exclude: 'koala* OR lang:fi'
  - name: Sol
    match_name: false
    rule: '"Sol Móvil"'
topics:
  - {name: buying, rule: '~comprar OR ~buy'}
campaigns:
  - {name: Once, brand: Nimbara, rule: '#once', from: 2026-11-01, to: 2026-11-30}
attributes:
  - {name: fast, rule: 'rápid* OR fast'}
interests:
  - {name: football, rule: 'fútbol OR football'}
care_accounts: ["@nimbara_help"]
employees: ["@juan"]
keep: {default: everything, bluesky: matched}
"""
NOON = datetime(2026, 11, 30, 23, 59, tzinfo=UTC)


@pytest.fixture(scope="module")
def rules() -> CompiledRules:
    return compile_rules(read_listening(FILE))


def said(text: str, **fields: object) -> Mention:
    basis = {"mention_id": "csv:1", "source": "csv", "author": Author(id="a"), "text": text}
    return Mention(**basis | {"published_at": NOON} | fields)  # type: ignore[arg-type]


def hits(rules: CompiledRules, text: str, lang: str = "es", **fields: object) -> Hits:
    mention = said(text, **fields)
    return rules.match([mention], [text], [lang])[0]


def test_a_brand_is_found_by_name_handle_product_account_and_query(rules: CompiledRules) -> None:
    for text in ("NIMBARA", "hola @nimbara", "el x-1", "x1"):
        assert hits(rules, text).brands == ("Nimbara",), text
    account = (Account(id="did:plc:abc"),)
    assert hits(rules, "x", source="bluesky", mentioned=account).brands == ("Nimbara",)
    assert hits(rules, "x", source="bluesky", parent_author_id="did:plc:abc").brands == ("Nimbara",)
    assert hits(rules, "x", source="csv", parent_author_id="did:plc:abc").brands == ()
    assert hits(rules, "sol movil").brands == ("Sol",)
    assert hits(rules, "hace sol").brands == ()


def test_an_exclusion_goes_before_everything(rules: CompiledRules) -> None:
    assert hits(rules, "kolmio").brands == ("Kolmio",)
    assert hits(rules, "kolmio y koalas").brands == ()
    assert hits(rules, "@kolmio", lang="fi").brands == ()


def test_names_are_sorted_and_sections_kept_apart(rules: CompiledRules) -> None:
    found = hits(rules, "compré nimbara y kolmio, rápida, en el fútbol #once")
    assert found == Hits(
        brands=("Kolmio", "Nimbara"),
        topics=("buying",),
        campaigns=("Once",),
        attributes=("fast",),
        interests=("football",),
    )


def test_a_campaign_matches_on_its_first_and_last_day_in_utc(rules: CompiledRules) -> None:
    for day, matches in ((1, True), (30, True), (31, False)):
        when = datetime(2026, 10 if day == 31 else 11, day, 23, 59, tzinfo=UTC)
        assert bool(hits(rules, "#once", published_at=when).campaigns) == matches
    late = datetime.fromisoformat("2026-12-01T00:30:00+02:00")
    assert hits(rules, "#once", published_at=late).campaigns == ("Once",)


def test_tags_and_handles_that_a_source_lists_beside_the_text_count(rules: CompiledRules) -> None:
    assert hits(rules, "mira", hashtags=("Once",)).campaigns == ("Once",)
    assert hits(rules, "mira", mentioned=(Account(handle="nimbara"),)).brands == ("Nimbara",)


@pytest.mark.parametrize(
    ("author", "source", "role"),
    [
        (Author(id="1", handle="Nimbara_Help"), "csv", "care"),
        (Author(id="1", handle="@nimbara"), "csv", "own"),
        (Author(id="did:plc:abc"), "bluesky", "own"),
        (Author(id="did:plc:abc"), "csv", ""),
        (Author(id="1", handle="juan"), "csv", "employee"),
        (Author(id="1", handle="kolmio"), "csv", "rival"),
        (Author(id="1", handle="nimbarafan"), "csv", ""),
    ],
)
def test_authors_have_roles(rules: CompiledRules, author: Author, source: str, role: str) -> None:
    assert hits(rules, "x", author=author, source=source).author_role == role


def test_a_source_keeps_everything_or_what_brands_topics_and_campaigns_matched(
    rules: CompiledRules,
) -> None:
    assert hits(rules, "nada").keep
    assert not hits(rules, "nada", source="bluesky").keep
    assert not hits(rules, "rápida en el fútbol", source="bluesky").keep
    assert hits(rules, "compré", source="bluesky").keep


def test_accounts_have_brands(rules: CompiledRules) -> None:
    assert rules.brands_of_account("bluesky", "did:plc:abc") == ("Nimbara",)
    assert rules.brands_of_account("csv", "x", "@Kolmio") == ("Kolmio",)
    assert rules.brands_of_account("csv", "did:plc:abc") == ()


def test_a_batch_is_like_one_mention_at_a_time_and_hits_are_shared(rules: CompiledRules) -> None:
    texts = ["nimbara", "", "nada", "x1 kolmio", "nada"] * 40
    mentions = [said(text) for text in texts]
    found = rules.match(mentions, texts, ["es"] * len(texts))
    assert found == [hits(rules, text) for text in texts]
    assert found[1] is found[2]


def test_nothing_to_listen_for_and_no_mentions_are_no_special_case(rules: CompiledRules) -> None:
    assert rules.match([], [], []) == []
    empty = compile_rules(Listening())
    assert empty.match([said("a"), said("")], ["a", ""], ["", ""]) == [Hits(), Hits()]


def test_the_version_is_of_what_is_said_not_of_how(rules: CompiledRules) -> None:
    again = compile_rules(read_listening("# a comment\n" + FILE.replace("'#once'", '"#once"')))
    assert again.version == rules.version
    other = compile_rules(read_listening(FILE.replace("#once", "#twice")))
    assert other.version != rules.version


def test_the_bundled_example_is_a_good_one() -> None:
    listening = read_listening(EXAMPLE.read_text(encoding="utf-8"))
    assert [brand.own for brand in listening.brands].count(True) == 1
    assert warnings_of_listening(listening) == []
    rules = compile_rules(listening)
    assert hits(rules, "¿me recomendáis un móvil?").topics == ("asks for a recommendation",)
    assert hits(rules, "my tessera failed again").topics == ("unhappy with a rival",)
    assert hits(rules, "me lo llevo el viernes").topics == ("ready to buy",)
    assert hits(rules, "voy a comprarlo").topics == ("ready to buy",)
    assert hits(rules, "la compra de ayer").topics == ()


def test_interests_left_out_are_the_bundled_ones(tmp_path: Path) -> None:
    path = tmp_path / "listening.yaml"
    path.write_text("brands: [{name: A1}]", encoding="utf-8")
    assert bool(load_listening(path).interests) == INTERESTS.is_file()
    path.write_text("interests: []", encoding="utf-8")
    assert load_listening(path).interests == ()


BAD = """brands:
  - name: Nimbara
    onw: true
    names: [3, "+-"]
  - names: [x]
  - {name: Nimbara, match_name: false}
topics:
  - name: a
    rule: >
      uno
      dos lnag:es (foo
      bar
  - name: b
    rule: 'it''s lnag:es'
  - name: b
    rule: "a \\"x\\" lnag:es"
  - name: c
    rule: foo
    exclude: foo
campaigns:
  - {name: x, brand: Nimbra, rule: a, from: 2026-12-01, to: 2026-11-30}
keep: {bluesky: some}
"""


def test_every_mistake_is_named_at_its_line_and_column() -> None:
    with pytest.raises(ListeningError) as caught:
        read_listening(BAD, "my.yaml")
    places = [(p.line, p.column) for p in caught.value.problems]
    assert places == [
        (3, 5), (4, 13), (4, 16), (5, 5), (6, 12), (6, 33), (11, 11), (11, 19), (14, 18), (15, 11),
        (16, 20), (19, 14), (21, 22), (21, 61), (22, 17),
    ]  # fmt: skip
    first = str(caught.value).splitlines()[0]
    assert first == "my.yaml:3:5: unknown field `onw:`: did you mean `own:`?"


@pytest.mark.parametrize(
    ("content", "place", "says"),
    [
        ("", (1, 1), "empty"),
        ("[]", (1, 1), "fields are wanted"),
        ("brands: 3", (1, 9), "a list is wanted"),
        ("brands: [Nimbara]", (1, 10), "fields are wanted"),
        ("brands: [{name: A1, own: 'yes'}]", (1, 26), "true or false"),
        ("brands: [{name: ''}]", (1, 17), "empty"),
        ("brands: [{name: A1, name: B1}]", (1, 21), "twice"),
        ("brands: [{name: A", (1, 18), "no YAML"),
        ("brands: &a [*a]", (1, 9), "aliases"),
        ("a: b: c", (1, 5), "single quotes"),
        ("handles: [@nimbara]", (1, 11), "single quotes"),
        ('rule: "a b" OR c', (1, 13), "single quotes"),
        ("rule: *bus", (1, 7), "single quotes"),
        ("a:\n\tb: c", (2, 1), "not with tabs"),
        ("topics: [{name: a, rule: !oferta x}]", (1, 26), "single quotes"),
        ("topics:\n- name: a\n  rule: #oferta", (3, 8), "a comment"),
        ("campaigns: [{name: A, rule: x, from: 2026-13-01}]", (1, 38), "month"),
        ("campaigns: [{name: A, rule: x, from: tomorrow}]", (1, 38), "a day is wanted"),
        ("topics: [{name: a, rule: !!python/name:os.system x}]", (1, 26), "constructor"),
        ("keep: {Blue Sky: matched}", (1, 18), "no source"),
    ],
)
def test_a_mistake_of_form_is_named(content: str, place: tuple[int, int], says: str) -> None:
    with pytest.raises(ListeningError) as caught:
        read_listening(content)
    problem = caught.value.problems[0]
    assert (problem.line, problem.column) == place
    assert says in problem.message


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="there is no such file"):
        load_listening(tmp_path / "no.yaml")
    with pytest.raises(InputError, match="cannot be read"):
        load_listening(tmp_path)
    (tmp_path / "latin.yaml").write_bytes(b"brands:\n  - name: A\xf1o")
    with pytest.raises(InputError, match=r"latin\.yaml:2: not UTF-8"):
        load_listening(tmp_path / "latin.yaml")


def test_what_is_seldom_meant_is_warned_of() -> None:
    listening = read_listening("""
brands: [{name: A1, names: [Uno]}, {name: B1, names: [UNO]}]
topics:
  - {name: a, rule: 'x AND y'}
  - {name: b, rule: 'y x'}
  - {name: c, rule: 'z OR (lang:es lang:en) OR z'}
""")
    warnings = warnings_of_listening(listening)
    assert [warning.split(":")[0] for warning in warnings] == [
        "topics",
        "brands",
        "topics",
        "topics",
    ]
    assert "`a` and `b` have the same rule" in warnings[0]
    assert "`uno` finds both `A1` and `B1`" in warnings[1]


def test_days_are_days() -> None:
    campaign = read_listening(FILE).campaigns[0]
    assert (campaign.start, campaign.end) == (date(2026, 11, 1), date(2026, 11, 30))
