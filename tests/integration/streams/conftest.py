"""One broker, one ClickHouse and one model for all tests of this folder."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.local.handles import start_broker, start_clickhouse
from streams.migrate import connect, migrate
from tests.integration.streams.helpers import Lane, Services, small_model
from tests.integration.streams.object_storage import ObjectStorage, object_storage


@pytest.fixture(scope="package")
def model_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    store = tmp_path_factory.mktemp("models")
    small_model(store)
    return store


@pytest.fixture(scope="package")
def services(model_store: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    folder = tmp_path_factory.mktemp("services")
    with start_broker(folder / "broker") as broker, start_clickhouse(folder / "ch") as clickhouse:
        services = Services(broker, clickhouse, model_store)
        migrate(services.settings(folder / "run"), dry_run=False, say=lambda _: None)
        yield services
        clickhouse.kill()  # a clean stop takes seconds, and nobody reads its data again


@pytest.fixture(scope="package")
def storage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ObjectStorage]:
    with object_storage(tmp_path_factory.mktemp("s3")) as storage:
        yield storage


@pytest.fixture
def lane(services: Services, tmp_path: Path) -> Lane:
    return Lane.make(services, tmp_path)


@pytest.fixture(scope="module")
def leaves_nothing(services: Services) -> Iterator[None]:
    """For tests that write rows past the ledger: the books of the others must still balance."""
    yield
    with connect(services.settings(services.model_store), in_database=True) as client:
        for table in ("mentions", "mentions_by_hour", "interactions", "ledger", "erased"):
            client.command("TRUNCATE TABLE {name:Identifier}", {"name": table})
