"""Whose experience a text tells; the texts are made up here."""

import json

import pytest
from clickhouse_connect.driver.client import Client

from tests.integration.journeys.said import insert, kept, mention

OWN = {
    "es": (
        "mi Uno dura dos días sin cargar",
        "llevo un mes con el Nimbara y va de lujo",
        "me llegó roto y nadie contesta",
        "segunda vez que os escribo, sigo sin teléfono",
        "compré uno para mi hermana y otro para mí",
        "fui a la tienda con mi madre y me atendieron genial",
        "la batería, mal. La cámara, bien",
        "nos han cancelado el pedido sin avisar",
        "estoy harto, Nimbara, de que se me apague",
        "dijeron que llegaba el lunes y es jueves",
    ),
    "en": (
        "my Uno lasts two days on a charge",
        "a month in and the Nimbara is still great",
        "mine arrived broken and nobody answers",
        "second time I write to you, still no phone",
        "bought one for my sister and one for me",
        "went to the shop with my mother, lovely people",
        "battery bad, camera good",
        "you cancelled our order without a word",
        "sick of it switching itself off, Nimbara",
        "you said Monday and it is Thursday",
    ),
}
OTHERS = {
    "es": (
        "mi hermana tiene el Uno y no se le apaga nunca",
        "A mi padre le cobraron dos veces el mismo Nimbara",
        "el Uno de mi jefe se calienta muchísimo",
        "dicen por ahí que la batería del Kolmio no aguanta",
        "la gente se queja de que el Nimbara tarda",
        "he leído que el Uno falla con el frío",
        "una amiga mía lo devolvió a la semana",
        "conozco a gente que ha tenido que pagar la reparación",
        "me han hablado maravillas de vuestros auriculares",
        "según las reseñas, la pantalla raya enseguida",
    ),
    "en": (
        "My sister has the Uno and it never dies",
        "you charged my father twice for one Nimbara",
        "my boss's Uno runs hot all day",
        "I've heard great things about the Nimbara",
        "people say the Kolmio battery gives up",
        "we read that the Uno fails in the cold",
        "a friend of mine sent hers back within a week",
        "I know someone who had to pay for the repair",
        "everyone says the earbuds are worth it",
        "the reviews say that the screen scratches",
    ),
}
CASES = [
    (text, lang, whose)
    for whose, texts in (("own", OWN), ("others", OTHERS))
    for lang, said in texts.items()
    for text in said
]


def test_whose_experience_a_text_tells(client: Client) -> None:
    insert(
        client,
        "mentions",
        *(
            mention(f"{n}", f"a{n}", n, text=text, lang=lang, stage="use", brands=["Nimbara"])
            for n, (text, lang, _) in enumerate(CASES)
        ),
    )
    rows = client.query("SELECT toUInt32(mention_id), whose FROM experiences_told").result_rows
    found = dict(tuple(row) for row in rows)
    wrong = [case for n, case in enumerate(CASES) if found[n] != case[2]]
    assert json.dumps(wrong, ensure_ascii=False) == "[]"


@pytest.mark.parametrize(
    "changes",
    [
        {"stage": "consideration"},
        {"brands": []},
        {"lang": "pt"},
        {"kind": "repost"},
        {"author_role": "care"},
        {"author_role": "rival"},
        {"author_is_bot": 1},
        {"spam": 0.9},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_what_is_no_experience_with_a_brand_is_left_out(
    client: Client, changes: dict[str, object]
) -> None:
    told = mention("1", "ana", 0, text="my Uno", lang="en", stage="use", brands=["Nimbara"])
    insert(client, "mentions", told)
    assert client.query("SELECT count() FROM experiences_told").first_row[0] == 1
    insert(client, "mentions", told | changes | {"version": 1})
    assert client.query("SELECT count() FROM experiences_told").first_row[0] == 0


def test_days_add_up_and_an_edit_changes_whose_it_is(client: Client) -> None:
    told = {"lang": "es", "stage": "use", "brands": ["Nimbara", "Kolmio"], "sentiment": "negative"}
    first = mention("1", "ana", 0, text="mi Uno se apaga", **told)
    insert(client, "mentions", first, mention("2", "ben", 1, text="el de mi hermana no", **told))
    days = "SELECT brand, whose, mentions, negative FROM experience_days ORDER BY brand, whose"
    both = [(brand, whose, 1, 1) for brand in ("Kolmio", "Nimbara") for whose in ("others", "own")]
    assert kept(client, days, ("experience_days",)) == both
    insert(client, "mentions", first | {"text": "el Uno de mi padre se apaga", "version": 1})
    assert kept(client, days, ("experience_days",)) == [
        ("Kolmio", "others", 2, 2),
        ("Nimbara", "others", 2, 2),
    ]
