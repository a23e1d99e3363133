import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.steps import kernels
from streams.steps.language import LANGUAGES, MAX_CHARS, LanguageDetector, words_to_judge
from streams.steps.word_table import folding
from tests.unit.streams.steps.posts import real_posts


@pytest.fixture(scope="module")
def detector() -> LanguageDetector:
    return LanguageDetector()


SENTENCES = [
    ("es", "No puedo entrar en mi aplicación desde ayer, ¿qué pasa con el servicio?"),
    ("en", "I cannot open my app since yesterday, what is going on?"),
    ("ca", "No puc entrar a la meva aplicació des de ahir, què passa amb el servei?"),
    ("gl", "Non podo entrar na miña aplicación dende onte, que pasa co servizo?"),
    ("pt", "Não consigo entrar no meu aplicativo desde ontem, o que está acontecendo?"),
    ("fr", "Je ne peux pas ouvrir mon application depuis hier, que se passe-t-il ?"),
    ("it", "Non riesco ad aprire la mia app da ieri, che cosa sta succedendo?"),
    ("de", "Ich kann seit gestern meine App nicht öffnen, was ist da los?"),
    ("nl", "Ik kan sinds gisteren mijn app niet openen, wat is er aan de hand?"),
    ("sv", "Jag tycker att det är en bra telefon men den är för dyr"),
    ("da", "Der er en fejl i appen, og jeg kan ikke logge ind med min telefon"),
    ("ro", "Nu pot să mă conectez la aplicație, ce se întâmplă cu ea?"),
    ("pl", "Nie mogę się zalogować do aplikacji od wczoraj"),
    ("tr", "Bu telefon çok güzel ama pili çabuk bitiyor"),
]


@pytest.mark.parametrize(("code", "text"), SENTENCES)
def test_a_plain_sentence_is_told(detector: LanguageDetector, code: str, text: str) -> None:
    codes, probabilities = detector.detect([text], [""])
    assert codes == [code]
    assert 0.5 < probabilities[0] <= 1


@pytest.mark.parametrize(
    "text",
    ["", "   ", "😀😀", "https://example.com/el-coche", "@iberia @vueling", "#viajes", "5", "!"],
)
def test_where_there_are_no_words_nothing_is_said(detector: LanguageDetector, text: str) -> None:
    codes, probabilities = detector.detect([text], ["es"])
    assert (codes, probabilities.tolist()) == ([""], [0.0])


def test_a_claim_never_overrules_a_clear_text(detector: LanguageDetector) -> None:
    texts = [text for _, text in SENTENCES[:2]]
    assert detector.detect(texts, ["en", "es"])[0] == ["es", "en"]


def test_a_claim_decides_where_the_text_leaves_it_open(detector: LanguageDetector) -> None:
    codes, probabilities = detector.detect(["Iberia genial"] * 3, ["", "es-ES", "ca"])
    assert codes[1:] == ["es", "ca"]
    assert (probabilities < 0.5).all()


def test_nothing_in_nothing_out(detector: LanguageDetector) -> None:
    codes, probabilities = detector.detect([], [])
    assert (codes, probabilities.size) == ([], 0)


def test_rows_do_not_touch_their_neighbours(detector: LanguageDetector) -> None:
    texts = [text for _, text in SENTENCES]
    together, _ = detector.detect(texts, [""] * len(texts))
    alone = [detector.detect([text], [""])[0][0] for text in texts]
    assert together == alone


def test_two_threads_get_what_one_gets(detector: LanguageDetector) -> None:
    texts = [text for _, text in SENTENCES] * 50
    expected, _ = detector.detect(texts, [""] * len(texts))
    with ThreadPoolExecutor(2) as pool:
        answers = pool.map(lambda _: detector.detect(texts, [""] * len(texts))[0], range(4))
        assert all(answer == expected for answer in answers)


def test_halves_of_characters_do_not_stop_it(detector: LanguageDetector) -> None:
    detector.detect(["\ud83d hola que tal", "a\x00b c"], ["", ""])


def test_real_posts_are_told_in_spanish_and_english(detector: LanguageDetector) -> None:
    posts = real_posts("labelled_mentions_dev")
    codes, _ = detector.detect([p["text"] for p in posts], [""] * len(posts))
    right = sum(code == post["lang"] for code, post in zip(codes, posts, strict=True))
    assert right / len(posts) > 0.97


def test_small_words_alone_hardly_err_on_real_posts(detector: LanguageDetector) -> None:
    posts = real_posts("labelled_mentions_dev")
    winners = detector.vote([p["text"] for p in posts]).tolist()
    decided = [(w, p) for w, p in zip(winners, posts, strict=True) if w >= 0]
    assert len(decided) > len(posts) / 2
    assert sum(LANGUAGES[w] == p["lang"] for w, p in decided) / len(decided) > 0.99


def test_small_words_are_told_from_links_and_handles() -> None:
    characters, offsets = kernels.code_points(["@the https://is.a/the #la don't RT"])
    hashes, ends, letters = kernels.words(characters, offsets, folding())
    assert ends.tolist() == [0, 3]
    assert letters.tolist() == [8]
    assert hashes.size == 3


# What `words_to_judge` leaves out, in one pattern: it takes several for speed.
NOISE = re.compile(r"(?:https?://|www\.)\S+|[@#][\w.]+|[^\w\s'’-]|[\d_]")
PIECES = st.sampled_from(
    ["@", "#", "http://", "https://a.b", "www.", "h", "w", ".", "_", "9", "٣", "²", "’", "'", "-"]
)


@given(st.lists(PIECES | st.text(max_size=4), max_size=20).map("".join))
def test_words_are_what_is_left_without_links_handles_and_signs(text: str) -> None:
    assert words_to_judge(text) == " ".join(NOISE.sub(" ", text[:MAX_CHARS]).lower().split())
