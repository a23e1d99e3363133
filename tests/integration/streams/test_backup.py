"""A backup taken while a worker runs, restored into an empty ClickHouse; ingest goes on exactly."""

import json
import shutil
from collections.abc import Iterator
from datetime import UTC
from pathlib import Path

import pytest
from clickhouse_connect.driver.client import Client

from deploy.local.handles import BrokerHandle, ClickHouseHandle, start_broker, start_clickhouse
from models.store import ModelStore
from streams.errors import InputError
from streams.migrate import connect, migrate
from streams.operate.backup import backup
from streams.operate.manifest import FILE, load, save
from streams.operate.restore import restore, verify
from streams.operate.vault import Folder, open_vault
from streams.reconcile import reconcile
from streams.settings import Settings
from tests.integration.streams.helpers import (
    Worker,
    clean_environment,
    escucha,
    wait_for,
    write_posts,
)
from tests.integration.streams.object_storage import BUCKET, ObjectStorage


class House:
    """Settings of one installation, which may share its Kafka with another one."""

    def __init__(
        self, broker: BrokerHandle, database: ClickHouseHandle, store: Path | str, folder: Path
    ) -> None:
        folder.mkdir(exist_ok=True)
        self.storage: dict[str, str] = {}  # keys of object storage
        self.folder = folder
        self.settings = Settings(
            kafka_bootstrap=broker.bootstrap,
            kafka_partitions=2,
            clickhouse_url=database.url,
            clickhouse_user=database.user,
            clickhouse_password=database.password,
            run_dir=folder / "run",
            model_store=store,
            batch_max_records=50,
        )

    @property
    def environment(self) -> dict[str, str]:
        names = (
            "kafka_bootstrap kafka_partitions clickhouse_url clickhouse_user clickhouse_password"
            " run_dir model_store batch_max_records"
        )
        own = clean_environment(**{n: getattr(self.settings, n) for n in names.split()})
        return own | self.storage

    def worker(self) -> Worker:
        return Worker(self.environment, self.folder)

    def client(self) -> Client:
        return connect(self.settings, in_database=True)

    def ingest(self, *arguments: object) -> None:
        result = escucha("ingest", *arguments, environment=self.environment, cwd=self.folder)
        assert result.returncode == 0, result.stderr.decode()

    def mentions(self) -> int:
        with self.client() as client:
            return int(client.query("SELECT uniqExact(mention_id) FROM mentions").first_row[0])

    def counted(self) -> int:
        with self.client() as client:
            return int(client.query("SELECT sum(mentions) FROM mentions_by_hour").first_row[0])

    def wait_exact(self, mentions: int) -> None:
        wait_for(lambda: self.mentions() == mentions, f"{mentions} mentions")
        wait_for(lambda: not reconcile(self.settings).in_flight, "all to be committed")
        balance = reconcile(self.settings)
        assert balance.problems == []
        assert self.counted() == mentions


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BrokerHandle]:
    with start_broker(tmp_path_factory.mktemp("broker")) as broker:
        yield broker


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClickHouseHandle]:
    with start_clickhouse(tmp_path_factory.mktemp("database")) as database:
        yield database
        database.kill()


@pytest.fixture(scope="module")
def first(
    broker: BrokerHandle,
    database: ClickHouseHandle,
    model_store: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> House:
    house = House(broker, database, model_store, tmp_path_factory.mktemp("first"))
    migrate(house.settings, dry_run=False, say=lambda _: None)
    return house


@pytest.fixture
def second_database(tmp_path: Path) -> Iterator[ClickHouseHandle]:
    with start_clickhouse(tmp_path / "ch") as database:
        yield database
        database.kill()


def empty(house: House) -> None:
    with connect(house.settings) as client:
        client.command("DROP DATABASE escucha SYNC")
        client.command("CREATE DATABASE escucha")  # the user's own: without it nobody gets in


def said(lines: list[str]) -> str:
    return "\n".join(lines)


def test_a_backup_restored_goes_on_exactly_with_the_same_kafka_and_with_another(
    broker: BrokerHandle,
    first: House,
    second_database: ClickHouseHandle,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("streams.operate.backup.ROWS_A_FILE", 40)  # a large table in small
    place = tmp_path / "backup"
    before = write_posts(tmp_path / "before.jsonl", range(300))
    with first.worker() as worker:
        first.ingest(before)
        wait_for(lambda: first.mentions() >= 100, "some rows")
        lines: list[str] = []
        made = backup(first.settings, open_vault(str(place)), say=lines.append)  # in full flow
        assert made.complete
        first.ingest(write_posts(tmp_path / "after.jsonl", range(1_000, 1_120)))
        first.wait_exact(420)
        assert worker.terminate() == 0

    assert max(chunk.part for chunk in made.chunks if chunk.table == "mentions") >= 2
    assert "clickhouse_password" not in made.settings
    written = b"".join(p.read_bytes() for p in place.rglob("*") if p.is_file())
    assert first.settings.clickhouse_password.encode() not in written
    assert (place / FILE).stat().st_mode & 0o077 == 0

    with first.client() as client:  # what the alarm on old backups reads
        noted = client.query("SELECT max(mark) FROM upkeep_marks WHERE job = 'backup'").first_row[0]
    assert noted.replace(tzinfo=UTC) == made.created_at

    # The same Kafka, an empty ClickHouse: workers read on from where the backup ends.
    store = tmp_path / "models"
    second = House(broker, second_database, store, tmp_path / "second")
    done = escucha("restore", place, environment=second.environment, cwd=tmp_path)
    assert done.returncode == 0, done.stderr.decode()
    assert b"the workers go on where the backup ends" in done.stdout
    assert ModelStore(store).current() == ModelStore(first.settings.model_store).current()
    assert second.mentions() <= 300
    with second.worker() as worker:
        second.wait_exact(420)
        second.ingest(before, "--restart")  # what is known stays known
        second.ingest(write_posts(tmp_path / "more.jsonl", range(2_000, 2_030)))
        second.wait_exact(450)
        assert worker.terminate() == 0

    # Another Kafka, which has nothing of before.
    empty(second)
    with start_broker(tmp_path / "broker") as other:
        third = House(other, second_database, tmp_path / "models3", tmp_path / "third")
        damaged = place / max(made.chunks, key=lambda one: one.size).file
        whole = damaged.read_bytes()
        damaged.write_bytes(whole[:-9])
        with pytest.raises(InputError, match="its checksum differs"):
            restore(third.settings, open_vault(str(place)), say=lines.append)
        damaged.write_bytes(whole)  # and it goes on where it was
        restored = restore(third.settings, open_vault(str(place)), say=lines.append)
        assert restored.resumed == []
        assert "mentions.raw.v1" in restored.new_topics
        with third.client() as client:
            [[planned]] = client.query("SELECT sum(mentions) FROM ledger").result_rows
        kept = third.mentions()
        assert (kept, third.counted()) == (planned, planned)
        with third.worker() as worker:
            third.ingest(before)
            third.wait_exact(300)
            assert worker.terminate() == 0


def test_a_backup_that_was_broken_off_goes_on_and_one_that_is_done_is_kept(
    first: House, tmp_path: Path
) -> None:
    vault = BreaksOff(tmp_path / "backup", after=5)
    with pytest.raises(ConnectionError):
        backup(first.settings, vault, say=lambda _: None)
    begun = load(vault)
    assert begun is not None
    assert not begun.complete
    with pytest.raises(InputError, match="was broken off"):
        restore(first.settings, vault, say=lambda _: None)

    vault.left = 10_000
    lines: list[str] = []
    done = backup(first.settings, vault, say=lines.append)
    assert "going on with the backup of" in lines[0]
    assert done.chunks[: len(begun.chunks)] == begun.chunks
    assert verify(vault, say=lines.append).complete
    with pytest.raises(InputError, match="choose another place"):
        backup(first.settings, vault, say=lambda _: None)


def test_what_is_not_whole_or_does_not_fit_is_refused(first: House, tmp_path: Path) -> None:
    place = tmp_path / "backup"
    vault = open_vault(str(place))
    with pytest.raises(InputError, match="there is no backup"):
        restore(first.settings, vault, say=lambda _: None)
    made = backup(first.settings, vault, say=lambda _: None)
    with pytest.raises(InputError, match="into an empty database only"):
        restore(first.settings, vault, say=lambda _: None)

    chunk = max(made.chunks, key=lambda one: one.size)
    content = bytearray((place / chunk.file).read_bytes())
    content[len(content) // 2] ^= 1
    (place / chunk.file).write_bytes(content)
    with pytest.raises(InputError, match="its checksum differs"):
        verify(vault, say=lambda _: None)
    (place / chunk.file).unlink()
    with pytest.raises(InputError, match="is missing"):
        verify(vault, say=lambda _: None)

    made.migrations.append("9999_of_tomorrow")
    save(vault, made)
    with pytest.raises(InputError, match="newer than this program"):
        restore(first.settings, vault, say=lambda _: None)
    document = json.loads((place / FILE).read_bytes()) | {"format": 99}
    (place / FILE).write_text(json.dumps(document))
    with pytest.raises(InputError, match="newer Escucha"):
        restore(first.settings, vault, say=lambda _: None)
    shutil.rmtree(place)


class BreaksOff(Folder):
    """A place that is gone after some files."""

    def __init__(self, path: Path, *, after: int) -> None:
        super().__init__(path)
        self.left = after

    def write(self, name, blocks):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201
        self.left -= 1
        if self.left < 0:
            raise ConnectionError("the disk was pulled out")
        return super().write(name, blocks)


def test_by_way_of_object_storage_counts_stay_exact(
    database: ClickHouseHandle, first: House, storage: ObjectStorage, tmp_path: Path
) -> None:
    """The last of this file: it drops what the others have stored."""
    empty(first)
    place = f"s3://{BUCKET}/backups/2026-07-04"
    with start_broker(tmp_path / "broker") as broker:

        def run(house: House, *arguments: object) -> str:
            done = escucha(*arguments, environment=house.environment, cwd=tmp_path)
            assert done.returncode == 0, done.stderr.decode()
            return done.stdout.decode() + done.stderr.decode()

        here = House(broker, database, f"s3://{BUCKET}/models", tmp_path / "here")
        here.storage = storage.environment
        run(here, "migrate")
        run(here, "train", "--if-missing")  # the model that comes along, into the bucket
        with here.worker() as worker:  # which takes its model out of it
            here.ingest(write_posts(tmp_path / "before.jsonl", range(120)))
            here.wait_exact(120)
            run(here, "backup", place)
            assert worker.terminate() == 0
        assert "1 models, are as they were written" in run(here, "restore", place, "--verify")
        with here.client() as client:
            judged = client.query("SELECT DISTINCT model_version FROM mentions").result_rows

        empty(here)
        there = House(broker, database, f"s3://{BUCKET}/restored", tmp_path / "there")
        there.storage = storage.environment
        assert "the workers go on where the backup ends" in run(there, "restore", place)
        there.wait_exact(120)
        assert f"* {judged[0][0]}" in run(there, "models", "list")
