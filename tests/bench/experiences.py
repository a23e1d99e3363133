"""How right the view `experiences_told` is about real posts, judged by hand.

    python -m tests.bench.experiences

Posts drawn at random from those of airlines and laptops, and others that an earlier draft of the
rule had called others'. `experiences.txt` has the judgements and no text.
"""

import hashlib
import os
import tempfile
from pathlib import Path

import msgspec

from deploy.local.handles import start_clickhouse
from models.predictions import HEADS, Texts
from models.profiles import FAST, load
from models.store import ModelStore
from streams.migrate import connect, migrate_up_to, migrations
from streams.settings import Settings
from streams.training import SHIPPED

DATA = Path(os.environ.get("ESCUCHA_DATA", "../shared/data"))
FILES = (
    "airlines_en_sentiment",
    "airlines_es_sentiment",
    "laptop_tweets_unlabelled",
    "labelled_mentions_train",
)
COLUMNS = ("mention_id", "text", "lang", "stage", "brands", "kind", "published_at")


def judged() -> list[tuple[str, str, str, str]]:
    """Text, language, how it was drawn and the judgement of each post."""
    lines = (Path(__file__).with_suffix(".txt")).read_text(encoding="ascii").splitlines()
    known = {line.split()[0]: line.split()[1:] for line in lines if not line.startswith("#")}
    found = {}
    for name in FILES:
        for line in (DATA / f"{name}.jsonl").read_bytes().splitlines():
            row = msgspec.json.decode(line)
            text = row.get("text") or ""
            key = hashlib.sha256(text.encode()).hexdigest()[:16]
            if key in known:
                lang = row.get("lang") or ("es" if "_es_" in name else "en")
                found[key] = (text, lang, *known[key])
    return list(found.values())


def main() -> None:
    posts = judged()
    store = ModelStore(SHIPPED)
    model = load(store, store.versions()[-1], FAST)
    texts, langs = [post[0] for post in posts], [post[1] for post in posts]
    said = model.predict(Texts(texts, langs, [""] * len(posts)))
    stages = [HEADS["stage"].classes[label] for label in said.labels["stage"]]
    with tempfile.TemporaryDirectory() as folder, start_clickhouse(Path(folder)) as server:
        settings = Settings(
            clickhouse_url=server.url,
            clickhouse_user=server.user,
            clickhouse_password=server.password,
        )
        migrate_up_to(settings, migrations()[-1].name, say=lambda _: None)
        with connect(settings, in_database=True) as client:
            rows = [
                [str(n), text, lang, stage, ["brand"], "post", 1_700_000_000 + n]
                for n, (text, lang, stage) in enumerate(zip(texts, langs, stages, strict=True))
            ]
            client.insert("mentions", rows, column_names=COLUMNS)
            answer = client.query("SELECT toUInt32(mention_id), whose FROM experiences_told")
            whose = dict(map(tuple, answer.result_rows))
        server.kill()
    drawn = [(whose.get(n, "none"), post[3]) for n, post in enumerate(posts) if post[2] == "random"]
    told = [(found != "none", real != "none") for found, real in drawn]
    others = [(found == "others", real == "others") for found, real in drawn]
    flagged = [
        post[3] == "others"
        for n, post in enumerate(posts)
        if whose.get(n) == "others" and post[2] != "random"
    ]
    print(f"{len(drawn)} posts drawn at random")
    for name, pairs in (("an experience is told", told), ("and it is others'", others)):
        right = sum(found and real for found, real in pairs)
        print(
            f"{name}: {right} found of {sum(real for _, real in pairs)},"
            f" {sum(found for found, _ in pairs)} called so"
        )
    print(f"others more that are called others': {sum(flagged)} of {len(flagged)} are")


if __name__ == "__main__":
    main()
