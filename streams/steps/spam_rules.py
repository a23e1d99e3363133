"""What spam says, in Spanish and English: for each reason its weight and its words.

A pattern is tried on text without case and accents, and only where one of its `triggers` occurs.
"""

import re
from typing import Final, NamedTuple


class Promise(NamedTuple):
    """A reason that is found by words."""

    reason: str
    weight: float
    triggers: str
    pattern: re.Pattern[str]


def _any(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(patterns))


PROMISES: Final = (
    Promise(
        "giveaway",
        0.4,
        """giveaway giveaways sorteo sorteos sorteamos sorteando sweepstakes win ganar gana ganate
        participa participar regalamos""",
        _any(
            r"\b(?:giveaways?|sweepstakes|sorteamos|gran sorteo)\b",
            r"\b(?:participa\w*|gana\w*|sigue\w*|rt)\b.{0,40}\bsorteo\b",
            r"\bsorteo\b.{0,40}\b(?:participa\w*|gana\w*|sigue\w*|rt)\b",
            r"\b(?:enter|rt|retweet|follow|like|sign up|register|click|tag)\b.{0,30}"
            r"\b(?:to|and|&|2) win\b",
            r"\bchance to win\b|\b(?:entered|entry) (?:to|into) (?:win|the)\b",
            r"\bparticipa\w*\b.{0,40}\bgana\w*\b|\bgana\w*\b.{0,40}\bparticipa\w*\b",
            r"\bregalamos\b.{0,60}\b(?:sigue\w*|rt|comenta\w*|participa\w*)\b",
            r"\b(?:you could|could be|puedes|podrias) (?:win|ganar)\b",
        ),
    ),
    Promise(
        "follow_bait",
        0.4,
        """followback followforfollow f4f teamfollowback follow4follow like4like l4l followme
        sigueme siganme follow followers seguidores followtrain gainwithus likeforlike""",
        _any(
            r"\b(?:team)?followback\b|\b[fl]4[fl]\b|\bfollow(?:4|for)follow\b|#followme\b",
            r"\blike(?:4|for)like\b|\bi follow back\b|\bfollow ?train\b",
            r"\bfollow (?:me )?(?:and|&) i(?:'?ll)? follow",
            r"\bsigueme y te sigo\b|\bte sigo si me sigues\b",
            r"\b(?:gain|get|gana|consigue) (?:\d+|more|free|mas|nuevos)? ?"
            r"(?:followers|seguidores)\b",
        ),
    ),
    Promise(
        "easy_money",
        0.5,
        """airdrop presale preventa btc bitcoin crypto cripto forex investment inversion invertir
        earn dinero cash income ingresos money paypal usdt""",
        _any(
            r"\b(?:free|claim|gratis)\b.{0,25}\b(?:airdrop|btc|bitcoin|usdt|crypto|token)",
            r"\bairdrop\b.{0,40}\b(?:claim|join|live|now|ya)\b|\bpresale is (?:live|open)\b",
            r"\bdouble your (?:btc|bitcoin|money|crypto)\b",
            r"\b(?:guaranteed|daily) (?:profits?|returns?)\b",
            r"\b(?:forex|crypto|trading) signals?\b|\bsenales de (?:forex|trading|cripto)",
            r"\bearn (?:up to )?[$€£]\s?\d+.{0,20}\b(?:a|per|every|each) (?:day|week|hour)",
            r"\b(?:make|earn) (?:easy |fast |extra )?(?:money|cash) (?:online|from home|fast)",
            r"\bgana(?:r|s)? dinero (?:facil|rapido|desde casa|online|por internet)",
            r"\bdinero (?:facil|rapido)\b|\bpassive income\b|\bingresos pasivos\b",
            r"\b(?:invierte|invest) (?:desde|only|just|solo)\b.{0,20}[$€\d]",
        ),
    ),
    Promise(
        "adult",
        0.6,
        """onlyfans nudes porn porno sexcam sexcams camgirl camgirls cam xxx escorts pack packs""",
        _any(
            r"\bonlyfans\.com|\bm[yi] onlyfans\b|\bxxx (?:video|gratis|free|hot)|\bescorts\b",
            r"\b(?:free|hot|send|vendo|sell(?:ing)?) nudes\b|\bvendo packs?\b",
            r"\b(?:free|gratis|hd|watch|ver) porno?\b|\bporno? (?:gratis|hd|free|videos?)\b",
            r"\bsexcams?\b|\bcam ?girls?\b",
        ),
    ),
    Promise(
        "advert",
        0.2,
        """shop buy order discount coupon promo code codigo descuento envio oferta ofertas rebaja
        sale shipping deal deals clearance compra cupon cupones ebay off dto book""",
        _any(
            r"\b(?:shop|buy|order|book) (?:it |yours |here |online )?(?:now|today|here)\b",
            r"\b(?:use|with) (?:the )?(?:promo |coupon |discount )?code\b",
            r"\b(?:coupon|discount) codes?\b|\bfree shipping\b|\bfor sale\b|\bon ebay\b",
            r"\b\d{1,2} ?% (?:off|discount|de descuento|dto)|\bdeal of the day\b|\bclearance\b",
            r"\bcheck (?:out|it out)\b.{0,60}\bebay\b",
            r"\benvio gratis\b|\bcodigo (?:de )?(?:descuento|promocional)\b|\bcupon(?:es)?\b",
            r"\bcompra (?:ya|ahora|aqui|online)\b",
            r"\boferta (?:limitada|especial|del dia|flash)\b|\bprecio de oferta\b",
        ),
    ),
)
