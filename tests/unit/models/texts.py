"""Texts and settings that the compiled loops are compared on."""

from hypothesis import strategies as st

PIECES = st.sampled_from(
    [
        *("http://", "HTTPS://", "www.", "WWW.", "http:/", "t.co/x", "@", "#", "@@a", "'", "’"),
        *("👍🏽", "👩‍🚀", "❤️", "🇪🇸", "e\u0301", "\u0301", "ñ", "ß", "İ", "ſ", "K", "…", "ﬁ"),
        *("\ud800", "\udc00", "\x00", "\x1a", "\u200d", "\ufeff", "\u2028", "한", "国", "ﾞ", "１"),
        *(" ", "  ", "\n", "a", "W", "h", "_", "9", "?", "¿", "€", "don't", "palabra", "ha" * 300),
    ]
)
ANY_CHARACTER = st.characters(codec=None, categories=None)
TEXTS = st.lists(
    st.one_of(st.text(ANY_CHARACTER, max_size=30), st.lists(PIECES, max_size=12).map("".join)),
    max_size=6,
)
SETTINGS = st.fixed_dictionaries(
    {},
    optional={
        "n_features": st.sampled_from([2, 16, 2**10, 2**18]),
        "word_ngrams": st.sampled_from([None, (1, 1), (1, 2), (2, 4)]),
        "char_ngrams": st.sampled_from([None, (1, 1), (3, 5), (2, 6), (9, 9)]),
        "lowercase": st.booleans(),
        "strip_accents": st.booleans(),
        "norm": st.sampled_from([None, "l1", "l2"]),
        "sublinear_tf": st.booleans(),
        "alternate_sign": st.booleans(),
    },
)
