"""What lies in stores: models, their cards, backups, checkpoints, and tables of labels."""

import hashlib
import json
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from itertools import product
from pathlib import Path

import msgspec

from models.analyser import HashedText
from models.errors import ModelError
from models.importers import from_airlines, from_airlines_es, from_brands, from_labels
from models.labels import LabelledMention
from models.predictions import Texts
from models.store import CARD_FILE, CURRENT_FILE, MODEL_FILE, ModelStore
from models.training import train
from streams.errors import EscuchaError
from streams.operate.manifest import load
from streams.operate.vault import Folder
from streams.producers import checkpoint
from streams.producers.checkpoint import Checkpoint, FileIdentity, TopicMark
from streams.producers.live import resume
from streams.producers.live.resume import LiveCheckpoint
from tests.fuzz.engine import Target
from tests.fuzz.outcomes import refused
from tests.unit.models.conftest import PHRASES, THINGS

AT = datetime(2026, 11, 21, tzinfo=UTC)
TEXTS = Texts.plain(["quiero comprar un móvil", "", "😀 & co."])


@cache
def stored() -> tuple[str, dict[str, bytes]]:
    """A small model as it lies in a store: its version and files."""
    with tempfile.TemporaryDirectory() as folder:
        store = ModelStore(Path(folder))
        said = [
            LabelledMention(
                id=f"m-{number}", text=text.format(thing), lang=lang, intent=intent, stage=stage,
                needs_reply=needs_reply, sentiment=sentiment, acts=acts,
            )
            for number, ((lang, intent, stage, needs_reply, sentiment, acts, text), thing) in (
                enumerate(product(PHRASES, THINGS))
            )
        ]  # fmt: skip
        model, report = train(said, seed=7, text=HashedText(2**12))
        version = store.save(model, report, trained_on=["own"], created_at=AT).version
        store.promote(version)
        return version, {**store.files(version), CURRENT_FILE: store.current_file() or b""}


def in_store(file: str) -> Callable[..., object]:
    """A store of which one file is the input; a model comes out and judges, or is refused."""

    @contextmanager
    def opened() -> Iterator[Callable[[bytes], str]]:
        version, files = stored()
        with tempfile.TemporaryDirectory() as folder:
            place = Path(folder)
            (place / version).mkdir()
            for name, content in files.items():
                (place / (name if name == CURRENT_FILE else f"{version}/{name}")).write_bytes(
                    content
                )

            def run(content: bytes) -> str:
                path = place / (file if file == CURRENT_FILE else f"{version}/{file}")
                path.write_bytes(content)
                if file == MODEL_FILE:  # whoever can write one file can write the other
                    card = msgspec.json.decode(files[CARD_FILE])
                    card["model_sha256"] = hashlib.sha256(content).hexdigest()
                    (place / version / CARD_FILE).write_bytes(msgspec.json.encode(card))
                try:
                    store = ModelStore(place)
                    store.history()
                    model = store.load(None if file == CURRENT_FILE else version)
                except ModelError as error:
                    return refused(error)
                assert len(model.predict(TEXTS).probabilities) > 0
                return "a model"

            yield run

    return opened


@contextmanager
def backup() -> Iterator[Callable[[bytes], str]]:
    """The manifest of a backup; names in it lead nowhere else."""
    with tempfile.TemporaryDirectory() as folder:

        def run(content: bytes) -> str:
            (Path(folder) / "backup.json").write_bytes(content)
            try:
                manifest = load(Folder(Path(folder)))
            except EscuchaError as error:
                return refused(error)
            assert manifest is not None
            assert not [one for one in manifest.models if "/" in one or "." in one]
            for chunk in manifest.chunks:
                assert not {".."} & set(chunk.file.split("/"))
                assert not chunk.file.startswith("/")
                assert chunk.table.isidentifier()
                assert "'" not in chunk.partition_id
            return f"{min(len(manifest.chunks), 2)} files, {manifest.complete}"

        yield run


@contextmanager
def checkpoints() -> Iterator[Callable[[bytes], str]]:
    """The checkpoints of files and of live sources."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "checkpoint.json"

        def run(content: bytes) -> str:
            path.write_bytes(content)
            said = []
            for read in (
                lambda: checkpoint.load(path),
                lambda: resume.load(path, source="toy", scope="", topic="mentions.raw.v1"),
            ):
                try:
                    said.append(type(read()).__name__)
                except EscuchaError as error:
                    said.append(refused(error)[:40])
            return ", ".join(said)

        yield run


@contextmanager
def labels() -> Iterator[Callable[[bytes], str]]:
    """Tables of labels, as people hand them over."""
    importers = (from_labels, from_airlines, from_airlines_es, from_brands)
    with tempfile.TemporaryDirectory() as folder:

        def run(content: bytes) -> str:
            said = []
            for name in ("a.csv", "a.jsonl"):
                path = Path(folder) / name
                path.write_bytes(content)
                for importer in importers:
                    try:
                        said.append(f"{min(len(importer(path)), 3)}")
                    except ModelError as error:
                        said.append(refused(error)[:30])
            return " ".join(dict.fromkeys(said))

        yield run


def label_seeds() -> Sequence[bytes]:
    """A table of each kind."""
    return [
        b"mention_id,labeller,labelled_at,guide_version,intent,stage,needs_reply,text,lang,acts\n"
        b"csv:1,ana,2026-07-04T10:00:00Z,3,active,decision,yes,quiero uno,es,question\n"
        b'csv:1,bea,2026-07-04 10:00,3,none,none,no,"quiero, uno",es,"question;praise"\n',
        b"tweet_id,airline_sentiment,airline,text\n1,negative,Own Air,late again\n",
        b"tweet_id;airline_sentiment;text;lang\n1;positivo;todo bien;es\n",
        b'"2401","Nimbara","Positive","works well"\n2402,Kolmio,Irrelevant,hm\n',
        b'{"mention_id": "csv:1", "text": "hola", "lang": "es", "intent": "none", "acts": ["x"]}\n',
    ]


def manifest_seeds() -> Sequence[bytes]:
    """A finished backup."""
    chunk = {"table": "mentions", "partition_id": "202607", "file": "mentions/202607.zst",
    "rows": 3,
             "size": 9, "sha256": "0" * 64}  # fmt: skip
    place = {"topic": "t", "topic_id": "u", "partition": 0, "resume_at": 5, "planned_to": 9}
    said = {
        "format": 1, "created_at": "2026-07-04T10:00:00Z", "complete": True, "clickhouse": "26.9",
        "migrations": ["0001_mentions"], "group": "g", "positions": [place], "chunks": [chunk,
        chunk],
        "settings": {"a": 1}, "models": ["20261121T000000Z-0123abcd"],
    }  # fmt: skip
    return [json.dumps(said).encode()]


def checkpoint_seeds() -> Sequence[bytes]:
    """One of a live source and one of a file."""
    live = LiveCheckpoint(source="toy", scope="", topic="mentions.raw.v1", cursor={"a": [1]})
    identity = FileIdentity(path="a.csv", size=1, mtime_ns=2, head="00")
    mark = TopicMark(partition=0, offset=1)
    file = Checkpoint(file=identity, topic="mentions.raw.v1", mapping="ab", rows=3, mark=mark)
    return [msgspec.json.encode(one) for one in (live, file)]


def _stored(file: str) -> Callable[[], Sequence[bytes]]:
    return lambda: [stored()[1][file]]


TARGETS = (
    Target(name="model", what="a model's file, its checksum made to fit", seeds=_stored(MODEL_FILE),
           open=in_store(MODEL_FILE), shape="zip", most_sec=20.0),
    Target(name="model-card", what="the card of a model", seeds=_stored(CARD_FILE),
           open=in_store(CARD_FILE), shape="json"),
    Target(name="model-current", what="which model is in force", seeds=_stored(CURRENT_FILE),
           open=in_store(CURRENT_FILE), shape="lines"),
    Target(name="backup", what="the manifest of a backup", seeds=manifest_seeds, open=backup,
           shape="json"),
    Target(name="checkpoint", what="checkpoints of producers", seeds=checkpoint_seeds,
           open=checkpoints, shape="json"),
    Target(name="labels-table", what="tables of labels, four importers", seeds=label_seeds,
           open=labels, shape="text", words=(b"mention_id", b"sentiment", b"text", b"lang", b";")),
)  # fmt: skip
