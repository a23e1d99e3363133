"""All places that can hold something about a person, in the order in which they are erased."""

from clickhouse_connect.driver.client import Client

from schemas import topics
from schemas.business import Gesture, Label, Order
from schemas.topics import TopicSpec
from streams.privacy.files import FOLDERS, ExportedPlace, FilesPlace
from streams.privacy.places import REASON, Place, table_places
from streams.privacy.scrub import BusinessScrubber, PlainScrubber, Scrubber
from streams.privacy.status_ids import StatusIdsPlace
from streams.privacy.subject import Subject
from streams.privacy.topics import TopicPlace
from streams.settings import Settings
from streams.upkeep.deletions import RECORDS

# Topics that hold nothing about a person.
IMPERSONAL_TOPICS = {topics.PROGRESS.name: "counts"}


def all_places(settings: Settings, client: Client) -> list[Place]:
    """Topics first, so that nothing comes from them again; then tables, then files."""
    return [
        *(_topic_place(settings, client, spec) for spec in topics.TOPICS if _is_personal(spec)),
        *table_places(client),
        *(FilesPlace(settings.run_dir / folder) for folder in FOLDERS),
        ExportedPlace(settings.run_dir),
        StatusIdsPlace(settings.run_dir / "checkpoints"),
    ]


def _is_personal(spec: TopicSpec) -> bool:
    return spec.name not in IMPERSONAL_TOPICS


def _topic_place(settings: Settings, client: Client, spec: TopicSpec) -> TopicPlace:
    def erased(topic_id: str, partition: int) -> frozenset[int]:
        rows = client.query(
            "SELECT kafka_offset FROM erased WHERE table_name IN ('mentions', 'interactions')"
            " AND topic_id = {topic_id:String} AND kafka_partition = {partition:UInt32}",
            {"topic_id": topic_id, "partition": partition},
        ).result_rows
        return frozenset(offset for (offset,) in rows)

    def note_left(topic_id: str, places: list[tuple[int, int]]) -> None:
        client.insert(
            "erased",
            [[RECORDS, topic_id, *place, REASON] for place in places],
            column_names=["table_name", "topic_id", "kafka_partition", "kafka_offset", "reason"],
        )

    def scrubber(subject: Subject) -> Scrubber:
        if spec.carries == "Event":
            return Scrubber(subject)
        if (record := _BUSINESS.get(spec.carries)) is not None:
            return BusinessScrubber(subject, record)
        return PlainScrubber(subject)

    return TopicPlace(
        kafka=settings.kafka,
        spec=spec,
        topic=settings.mentions_topic if spec is topics.MENTIONS_RAW else spec.name,
        make_scrubber=scrubber,
        # Whoever has ever read of a topic has to be done with what is cut.
        groups=(settings.kafka_group,) if spec.carries in _READ_BY_WORKERS else (),
        erased=erased,
        note_left=note_left,
    )


_BUSINESS: dict[str, type[Order | Gesture | Label]] = {
    "Order": Order,
    "Gesture": Gesture,
    "Label": Label,
}
_READ_BY_WORKERS = ("Event", *_BUSINESS)
