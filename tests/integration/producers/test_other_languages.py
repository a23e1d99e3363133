"""Producers in other languages that know only the JSON Schema are understood.

kcat is C, Produce.java is Java. Debian 12 has kcat with librdkafka 2.0.2, which cannot read Tansu's
answer to its first request; there it is skipped, and proves itself on Apache Kafka instead.
"""

import json
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest

from deploy.kafka_jvm import KafkaJvm, available, jars
from schemas import generate
from schemas.mention import Event
from streams.kafka_access import KafkaAccess
from streams.producers.base import EventWriter
from tests.integration.producers.helpers import Topic
from tests.needs import KAFKA, missing

EXAMPLES = Path(generate.__file__).parent / "examples"
INDEX = json.loads((EXAMPLES / "index.json").read_text("utf-8"))
GOOD = {name: facts["contract"] for name, facts in INDEX.items() if name.startswith("good/")}

Program = Callable[[Topic, dict[str, str]], None]  # sends files of examples, by key


def kcat(topic: Topic, files: dict[str, str]) -> None:
    program = shutil.which("kcat")
    if program is None:
        missing("kcat is absent; on Debian: apt install kcat", KAFKA)
    for key, name in files.items():
        done = subprocess.run(
            [program, "-P", "-b", topic.bootstrap, "-t", topic.name, "-k", key, "-D", "\x1e",
             "-X", "topic.partitioner=murmur2_random"],
            input=(EXAMPLES / name).read_bytes(),
            timeout=30,
            capture_output=True,
            check=False,
        )  # fmt: skip
        if b"ApiVersionRequest failed" in done.stderr:
            pytest.skip("this kcat's librdkafka is too old for Tansu")
        assert done.returncode == 0, done.stderr


def java(topic: Topic, files: dict[str, str]) -> None:
    if reason := available() or (None if shutil.which("javac") else "a JDK is needed, not a JRE"):
        pytest.skip(reason)
    source = Path(__file__).with_name("Produce.java")
    lines = "".join(f"{key}\t{EXAMPLES / name}\n" for key, name in files.items())
    done = subprocess.run(
        ["java", "-cp", f"{jars()}/*", str(source), topic.bootstrap, topic.name],
        input=lines.encode(),
        timeout=60,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def apache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaJvm]:
    if reason := available():
        pytest.skip(reason)
    with KafkaJvm(tmp_path_factory.mktemp("kafka")) as kafka:
        yield kafka


@pytest.fixture
def apache_topic(apache: KafkaJvm, request: pytest.FixtureRequest) -> Topic:
    return Topic(apache.bootstrap, f"mentions.{abs(hash(request.node.name))}").create()


def check_examples(program: Program, topic: Topic) -> None:
    program(topic, {name: name for name in GOOD})

    arrived = {key.decode(): value for key, value, _ in topic.records(len(GOOD))}

    assert set(arrived) == set(GOOD)
    for name, contract in GOOD.items():
        assert arrived[name] == (EXAMPLES / name).read_bytes()
        msgspec.json.decode(arrived[name], type=generate.structs()[contract])


def check_partitions(program: Program, topic: Topic) -> None:
    message = "good/mention_minimal.json"
    authors = [f"author-{number}-ñ" for number in range(12)]
    program(topic, dict.fromkeys(authors, message))
    writer = EventWriter.connect(KafkaAccess(topic.bootstrap), topic.name, client_id="test")
    for author in authors:
        assert writer.send((EXAMPLES / message).read_bytes(), author.encode(), lambda *report: None)
    assert writer.flush(10) == 0

    places: dict[bytes, list[int]] = {}
    for key, value, partition in topic.records(2 * len(authors)):
        msgspec.json.decode(value, type=Event)
        places.setdefault(key, []).append(partition)

    assert sorted(places) == sorted(author.encode() for author in authors)
    assert all(len(seen) == 2 and len(set(seen)) == 1 for seen in places.values())
    assert len({seen[0] for seen in places.values()}) > 1


@pytest.mark.parametrize(
    "program", [kcat, pytest.param(java, marks=pytest.mark.kafka_jvm)], ids=["kcat", "java"]
)
class TestOnTansu:
    def test_good_examples_decode(self, program: Program, topic: Topic) -> None:
        check_examples(program, topic)

    def test_an_author_has_one_partition_whoever_produces(
        self, program: Program, topic: Topic
    ) -> None:
        check_partitions(program, topic)


@pytest.mark.kafka_jvm
@pytest.mark.parametrize("program", [kcat, java], ids=["kcat", "java"])
class TestOnApacheKafka:
    def test_good_examples_decode(self, program: Program, apache_topic: Topic) -> None:
        check_examples(program, apache_topic)

    def test_an_author_has_one_partition_whoever_produces(
        self, program: Program, apache_topic: Topic
    ) -> None:
        check_partitions(program, apache_topic)
