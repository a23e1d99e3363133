"""What a handful of words can do: the baseline that a model has to leave behind.

These are the phrases somebody would write down in an afternoon with the annotation guide at hand,
in both languages, and no more. They see the text alone, folded as the model sees it.
"""

import re
from collections.abc import Mapping, Sequence
from itertools import compress
from typing import Final

import numpy as np

from models.features import fold
from models.predictions import HEADS, Predictions, Texts

Rules = Mapping[str, Mapping[str, str]]  # label to language to a regular expression

INTENT: Final[Rules] = {
    "active": {
        "es": r"voy a (comprar|pedir|reservar|contratar|pillar)|me (lo|la|los|las) compro\b"
        r"|cuanto (cuesta|vale|sale|estan?)\b|(que|a que|cual es el) precio|precio\?"
        r"|donde (\w+ ){0,3}(compr|consig|venden|encuentr)|cual (me )?(recom|compr)"
        r"|(que|algun\w*) \w+ (me )?recom(endais|iendan|iendas|endas)|busco (un|una|algo)\b"
        r"|(hay|queda|tienen|teneis) (stock|disponib|plazas)|me (cambio|paso) a\b"
        r"|quiero (reservar|contratar|pedir)",
        "en": r"going to (buy|get|order|book)|gonna (buy|get|order)|buying (it|one|a|the)\b"
        r"|where (can|do|could) (i|we|you) (buy|get|order|find)|how much (is|are|for|does)"
        r"|which (one )?(should|would|do) (i|you)|(any|good) (recommendations?|suggestions?)"
        r"|looking (for a|for an|to buy|to get)|pre-?order(ed|ing)?\b|in stock\b|price\?"
        r"|switching to\b|should i (buy|get)|recommend me",
    },
    "latent": {
        "es": r"(lo|la|los|las) quiero\b|quiero (un|una|uno|unos|unas|el|la|ese|esa|este|esta)\b"
        r"|necesito (un|una|uno|otro|otra)\b|ojala (tener|poder|me)|se me antoja|me encantaria"
        r"|que ganas de|lista de deseos|me lo pido|tentad[oa]",
        "en": r"\bi (want|need) (a|an|one|this|that|these|the|new|it)\b|wish i (had|could)"
        r"|want one\b|tempted|wish ?list|would love (a|an|one|to have)|so want\b|i'd love (a|one)",
    },
}
NOT_INTENT: Final[Mapping[str, str]] = {
    "es": r"(quiero|necesito) (un|el|mi|la) (reembolso|devolucion|dinero|respuesta|solucion)"
    r"|sorteo|envio gratis|aprovecha|oferta",
    "en": r"(want|need) (a|an|my|the) (refund|money|answer|response|reply|explanation)"
    r"|giveaway|free shipping|shop now|buy now|deal",
}
STAGE: Final[Rules] = {
    "advocacy": {
        "es": r"recomiendo|recomendad[oa]|nunca mas|no (lo |la )?compr(eis|en|es)|evitad|eviten",
        "en": r"i( highly| can)? recommend|never again|do(n't| not) buy|avoid\b|worst .* ever",
    },
    "decision": {
        "es": r"acabo de (comprar|pedir|reservar)|me (he comprado|compre)|mi pedido|ya (lo )?pedi"
        r"|voy a (comprar|reservar|contratar)|reserv(e|ado)\b",
        "en": r"just (bought|ordered|booked|got)|my order|pre-?ordered|ordered|bought (a|the|my)"
        r"|booked\b",
    },
    "use": {
        "es": r"no (me )?funciona|se (me )?(rompio|ha roto|averio)|retras|cancel|equipaje|maleta"
        r"|mi (vuelo|movil|portatil|linea|cuenta)|servicio|ayuda|llevo \w+ (horas|dias)",
        "en": r"(not|doesn't|stopped|isn't) work|broke|delayed|cancel|luggage|baggage|bags?\b"
        r"|my (flight|phone|laptop|account|battery|screen)|service|help|on hold|support",
    },
}
NEEDS_REPLY: Final[Rules] = {
    "yes": {
        "es": r"\?|ayuda|por favor|no (me )?funciona|(donde|cuando|como) esta|reclam|respond",
        "en": r"\?|help|please|not work|still (waiting|no)|where is|fix (it|this)|refund",
    },
}
SENTIMENT: Final[Rules] = {
    "negative": {
        "es": r"\b(mal\w?|peor|pesim\w+|horrible|verguenza|fatal|asco|retras\w+|cancel\w+)\b"
        r"|estafa|no funciona|😡|😠|👎",
        "en": r"\b(bad|worst|terrible|awful|horrible|hate|delayed|cancel\w+|sucks?|rude|fail)\b"
        r"|not work|😡|😠|👎",
    },
    "positive": {
        "es": r"\b(gracias|genial|excelente|encant\w+|mejor|buen\w*|perfect\w+|feliz)\b|😍|❤|👍",
        "en": r"\b(thanks?|thank you|great|love|best|awesome|amazing|excellent|perfect|good)\b"
        r"|😍|❤|👍",
    },
}
ACTS: Final[Rules] = {
    "question": {"es": r"\?", "en": r"\?"},
    "order_status": {
        "es": r"mi pedido|(donde|cuando) (esta|llega)|seguimiento|no (me )?ha llegado",
        "en": r"my order|where is my|tracking|(not|hasn't) arrived|when will .* (arrive|ship)",
    },
    "incident": {
        "es": r"no (me )?funciona|se (me )?(rompio|ha roto)|averia|fallo|error|retras|perdid",
        "en": r"(not|stopped|isn't) work|broke|broken|crash|error|delayed|lost my|outage",
    },
    "complaint": {
        "es": r"verguenza|pesim|horrible|reclam|estafa|fatal|inaceptable|nunca mas",
        "en": r"worst|terrible|awful|unacceptable|ridiculous|horrible|rude|never again",
    },
    "praise": {
        "es": r"encanta|genial|excelente|maravill|perfect|lo mejor|enamorad",
        "en": r"\blove\b|awesome|amazing|excellent|great|perfect|the best",
    },
    "asks_recommendation": {
        "es": r"recom(endais|iendan|iendas|endas|endacion)|cual (me )?compr|que opinais",
        "en": r"recommendations?|which (one|should|laptop|phone)|worth it|any (good|suggest)",
    },
    "gives_recommendation": {
        "es": r"(os|te|les|lo|la) recomiendo|no compr(eis|en|es)|evit(ad|en)",
        "en": r"i( highly)? recommend|do(n't| not) buy|avoid\b|you should (get|buy|try)",
    },
    "usage_tip": {"es": r"\btruco|consejo|tutorial|como (hacer|usar)", "en": r"\btip\b|how to\b"},
}


class KeywordRules:
    """A classifier made of the phrases above; see `models.predictions.Classifier`."""

    version = "keyword-rules"

    def predict(self, texts: Texts) -> Predictions:
        """Return what the phrases say; every probability is 0 or 1."""
        rows = [_judge(text, lang) for text, lang in zip(texts.texts, texts.langs, strict=True)]
        labels = {
            name: np.array([row[name] for row in rows], dtype=np.intp)
            for name, head in HEADS.items()
            if not head.many
        }
        acts = np.array([row["act"] for row in rows], dtype=np.bool_).reshape(len(rows), len(ACTS))
        certain = {
            name: np.eye(len(HEADS[name].classes), dtype=np.float32)[found]
            for name, found in labels.items()
        }
        return Predictions({**certain, "act": acts.astype(np.float32)}, labels, acts)


def _judge(text: str, lang: str) -> dict[str, object]:
    folded = "".join(fold(character, lowercase=True, strip_accents=True) for character in text)
    langs = [lang] if lang in NOT_INTENT else list(NOT_INTENT)
    intent = _first(INTENT, folded, langs) or "none"
    if any(re.search(NOT_INTENT[lang], folded) for lang in langs):
        intent = "none"
    stage = _first(STAGE, folded, langs)
    if intent != "none" and stage in (None, "use"):
        stage = "consideration"
    found = {
        "intent": intent,
        "stage": stage or "awareness",
        "needs_reply": _first(NEEDS_REPLY, folded, langs) or "no",
        "sentiment": _first(SENTIMENT, folded, langs) or "neutral",
    }
    acts = [_holds(ACTS[act], folded, langs) for act in HEADS["act"].classes]
    return {**{name: HEADS[name].classes.index(one) for name, one in found.items()}, "act": acts}


def _holds(rule: Mapping[str, str], folded: str, langs: Sequence[str]) -> bool:
    return any(re.search(rule[lang], folded) for lang in langs)


def _first(rules: Rules, folded: str, langs: Sequence[str]) -> str | None:
    return next(compress(rules, (_holds(rule, folded, langs) for rule in rules.values())), None)
