"""What is left of a Kafka record once a person is taken out of it."""

import re
from collections.abc import Set as AbstractSet

import msgspec
from msgspec.structs import replace

from schemas.business import Gesture, Label, Order
from schemas.mention import Author, Deletion, Event, Heartbeat, Interaction, Mention
from streams.privacy.subject import Subject

HANDLE_MASK = "‹@›"

_decode_event = msgspec.json.Decoder(Event).decode
_encode = msgspec.json.Encoder().encode


class Scrubber:
    """Recognises records of a person and takes the person out of others'.

    `post_ids` grows while records are looked at: what the person said is known by then.
    """

    def __init__(self, subject: Subject) -> None:
        self._subject = subject
        self._ids = subject.author_ids
        self._needles = [needle.encode() for needle in subject.needles]
        self._handles = re.compile(subject.handle_pattern)
        self._handles_in_json = re.compile(subject.record_pattern)
        self.post_ids: set[str] = set(subject.post_ids)

    def holds(self, key: bytes | None, value: bytes | None) -> bool:
        """Whether anything of the person is in a record."""
        if key is not None and key.decode(errors="replace") in self._ids:
            self._learn(value)
            return True
        if value is None:
            return False
        if any(needle in value for needle in self._needles):
            self._learn(value)
            return True
        text = value.decode(errors="replace")
        if self._handles_in_json.search(text):
            self._learn(value)
            return True
        return self._names_a_post(value)

    def without(self, key: bytes | None, value: bytes) -> bytes | None:
        """The record's value without the person; None when the record has to go.

        A record that still names the person after that goes as well, and so does one that is no
        event: it lies in the dead letters.
        """
        try:
            event = _decode_event(value)
        except (msgspec.DecodeError, msgspec.ValidationError, UnicodeError, RecursionError):
            return None
        if isinstance(event, Heartbeat):
            return None  # said what it had to say
        if not self.holds(key, value):
            return value
        if not isinstance(event, Mention) or self._is_theirs(event.author, event.source):
            return None
        scrubbed = _encode(self._mention(event))
        return None if self.holds(key, scrubbed) else scrubbed

    def is_of_the_person(self, value: bytes) -> bool:
        """Whether the person made the record; one that is no event counts as theirs."""
        try:
            event = _decode_event(value)
        except (msgspec.DecodeError, msgspec.ValidationError, UnicodeError, RecursionError):
            return True
        return isinstance(event, Mention | Interaction) and self._is_theirs(
            event.author, event.source
        )

    def _mention(self, mention: Mention) -> Mention:
        answers = mention.parent_author_id in self._ids or mention.parent_id in self.post_ids
        return replace(
            mention,
            text=self._handles.sub(HANDLE_MASK, mention.text),
            parent_text="" if answers else self._handles.sub(HANDLE_MASK, mention.parent_text),
            parent_id="" if answers else mention.parent_id,
            parent_author_id="" if answers else mention.parent_author_id,
            root_id="" if mention.root_id in self.post_ids else mention.root_id,
            quoted_id="" if mention.quoted_id in self.post_ids else mention.quoted_id,
            mentioned=tuple(
                account
                for account in mention.mentioned
                if account.id not in self._ids
                and account.handle.lstrip("@").casefold() not in self._subject.handles
            ),
            links=tuple(link for link in mention.links if not self._in_text(link)),
        )

    def _is_theirs(self, author: Author, source: str) -> bool:
        if self._subject.source not in ("", source):
            return False
        handle = author.handle.lstrip("@").casefold()
        return author.id in self._ids or (bool(handle) and handle in self._subject.handles)

    def _in_text(self, text: str) -> bool:
        return any(needle in text for needle in self._subject.needles)

    def _learn(self, value: bytes | None) -> None:
        try:
            event = _decode_event(value or b"")
        except (msgspec.DecodeError, msgspec.ValidationError, UnicodeError, RecursionError):
            return
        if isinstance(event, Mention) and self._is_theirs(event.author, event.source):
            self.post_ids.add(event.mention_id)
        elif isinstance(event, Interaction) and self._is_theirs(event.author, event.source):
            self.post_ids.add(event.interaction_id)

    def _names_a_post(self, value: bytes) -> bool:
        if not self.post_ids:
            return False
        try:
            event = _decode_event(value)
        except (msgspec.DecodeError, msgspec.ValidationError, UnicodeError, RecursionError):
            return False
        return bool(_ids_in(event) & self.post_ids)


def _ids_in(event: Event) -> AbstractSet[str]:
    if isinstance(event, Mention):
        return {event.mention_id, event.parent_id, event.root_id, event.quoted_id} - {""}
    if isinstance(event, Interaction):
        return {event.interaction_id, event.target_id}
    if isinstance(event, Deletion):
        return {event.target_id}
    return frozenset()


class BusinessScrubber(Scrubber):
    """The same for topics of orders, gestures and labels: whole records stay or go."""

    def __init__(self, subject: Subject, carries: type[Order | Gesture | Label]) -> None:
        super().__init__(subject)
        self._decode = msgspec.json.Decoder(carries).decode

    def holds(self, key: bytes | None, value: bytes | None) -> bool:
        """Whether anything of the person is in a record; labels name them by their mentions."""
        if super().holds(key, value):
            return True
        try:
            record = self._decode(value or b"")
        except (msgspec.DecodeError, msgspec.ValidationError, UnicodeError, RecursionError):
            return False
        return isinstance(record, Label) and record.mention_id in self.post_ids

    def is_of_the_person(self, value: bytes) -> bool:
        """Whether the record is theirs; labels are whose mention they are about."""
        try:
            record = self._decode(value)
        except (msgspec.DecodeError, msgspec.ValidationError, UnicodeError, RecursionError):
            return True
        if isinstance(record, Label):
            return record.mention_id in self.post_ids or record.labeller in self._ids
        return record.author_id in self._ids

    def without(self, key: bytes | None, value: bytes) -> bytes | None:
        """The record, or None; of an order that the person only recommended, the order."""
        if not self.holds(key, value):
            return value
        try:
            record = self._decode(value)
        except (msgspec.DecodeError, msgspec.ValidationError, UnicodeError, RecursionError):
            return None
        if isinstance(record, Order) and record.author_id not in self._ids:
            scrubbed = _encode(replace(record, referred_by=""))
            return None if self.holds(key, scrubbed) else scrubbed
        return None


class PlainScrubber(Scrubber):
    """For topics of our own making (dead letters, alerts): records stay as they are or go."""

    def without(self, key: bytes | None, value: bytes) -> bytes | None:
        """The record, or None when it holds something of the person."""
        return None if self.holds(key, value) else value
