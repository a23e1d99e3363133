"""What the transport leans on inside Faust is there, and its absence is noticed."""

from importlib.metadata import entry_points

import faust
import pytest
from aiokafka import AIOKafkaConsumer
from aiokafka.consumer import fetcher
from faust.transport.drivers import aiokafka as driver

from streams import faust_inside, transport


def problems() -> list[str]:
    found: list[str] = []
    faust_inside.check_faust(found.append)
    return found


def test_the_installed_faust_has_all_the_transport_needs() -> None:
    assert problems() == []


def test_another_version_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(faust, "__version__", "0.99.0")
    (problem,) = problems()
    assert "0.99.0 is not one of the tested versions" in problem


@pytest.mark.parametrize("owner", list(faust_inside.FAUST_INTERNALS), ids=lambda c: c.__name__)
def test_a_missing_name_is_reported(owner: type, monkeypatch: pytest.MonkeyPatch) -> None:
    names = (*faust_inside.FAUST_INTERNALS[owner], "gone_in_the_next_version")
    monkeypatch.setitem(faust_inside.FAUST_INTERNALS, owner, names)
    (problem,) = problems()
    assert problem == f"{owner.__module__}.{owner.__qualname__} has no gone_in_the_next_version"


def test_a_method_that_faust_renames_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    base = next(c for c in driver.Consumer.__mro__ if "perform_seek" in vars(c))
    for owner in driver.Consumer.__mro__:
        if "perform_seek" in vars(owner):
            monkeypatch.delattr(owner, "perform_seek")
    assert any("has no perform_seek" in problem for problem in problems()), base


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (transport.Consumer, driver.Consumer),
        (transport.ConsumerThread, driver.AIOKafkaConsumerThread),
        (transport.RecordsAsRead, fetcher.PartitionRecords),
    ],
)
def test_every_method_that_is_overridden_is_watched(ours: type, theirs: type) -> None:
    overridden = {
        name
        for name, value in vars(ours).items()
        if callable(value) and hasattr(theirs, name) and not name.startswith("__")
    }
    assert overridden <= set(faust_inside.FAUST_INTERNALS[theirs])


def test_the_fetcher_makes_its_records_by_the_name_that_is_replaced() -> None:
    assert "PartitionRecords" in fetcher.Fetcher._proc_fetch_request.__code__.co_names


def test_the_consumer_goes_by_the_settings_that_are_replaced_before_it_starts() -> None:
    names = AIOKafkaConsumer.start.__code__.co_names
    assert {"_isolation_level", "_fetch_max_wait_ms"} <= set(names)


def test_what_is_set_when_a_consumer_is_made_is_watched_too() -> None:
    class Renamed:
        def __init__(self) -> None:
            self.isolation = "read_committed"

    assert faust_inside._has(Renamed, "isolation")
    assert not faust_inside._has(Renamed, "_isolation_level")


def test_faust_finds_the_transport_by_its_entry_point() -> None:
    (found,) = entry_points(group="faust.transports", name="batchkafka")
    assert found.value == "streams.transport:Transport"
    assert found.load() is transport.Transport
    assert faust.transport.by_url("batchkafka://localhost") is transport.Transport
