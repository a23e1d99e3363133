"""Authors under pseudonyms: keyed hashes in place of ids, no names, no way back without the key.

What a row tells about a person is not only `author_id`. The id of a post leads to its author by
one click, so ids of posts are hashed as well, whole and each by itself: a reply still finds its
parent. Addresses go, handles in texts become ‹@›, links to profiles and posts are cut to their
site. Accounts of brands and of care are no private persons and stay as they are.

Keys rotate by date: the key of an event is the newest one that was in force when the event
happened, so a replay or an edit years later gets the same pseudonym. Across a rotation a person
has two pseudonyms, and a reply does not find a parent from before; that is what rotating buys.
"""

import hashlib
import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TypeVar
from urllib.parse import urlsplit

from msgspec.structs import replace

from schemas.mention import Account, Author, Deletion, Interaction, Mention
from streams.errors import SettingsError

R = TypeVar("R")

HANDLE_MASK = "‹@›"
MIN_SECRET_BYTES = 16
MAX_SECRET_BYTES = 64  # of BLAKE2b's key
_DIGEST_BYTES = 16
_LINE = re.compile(
    r"(?P<id>[a-z0-9]{1,8})(?:@(?P<since>\d{4}-\d\d-\d\d))?:(?P<secret>[0-9a-fA-F]+)"
)
_HANDLE = re.compile(r"(?<![\w@./])[@＠]\w[\w.-]*(?:@[\w-]+(?:\.[\w-]+)+)?")
_PERSONAL_PATH = re.compile(
    r"/@|/(?:profile|user|users|u|status|statuses|channel|people|p)/|did:", re.I
)
_FOREVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True, order=True)
class AuthorKey:
    """A secret, its name, and the day from which on it is in force."""

    since: datetime
    key_id: str
    secret: bytes = field(repr=False)

    def of_author(self, author_id: str) -> str:
        """The pseudonym of an author."""
        return f"p{self.key_id}:{self._hash(b'author', author_id)}"

    def of_post(self, post_id: str) -> str:
        """The pseudonym of a mention's or interaction's id; its source stays readable."""
        source, _, _ = post_id.partition(":")
        return f"{source}:p{self.key_id}:{self._hash(b'post', post_id)}"

    def _hash(self, kind: bytes, value: str) -> str:
        hashed = hashlib.blake2b(
            value.encode(), key=self.secret, person=kind, digest_size=_DIGEST_BYTES
        )
        return hashed.hexdigest()


@dataclass(frozen=True, slots=True)
class AuthorKeys:
    """All keys that were ever used, the oldest first; none means that authors keep their ids."""

    keys: tuple[AuthorKey, ...] = ()

    @classmethod
    def parse(cls, text: str) -> "AuthorKeys":
        """Keys from `1:<hex>` and `2@2027-01-01:<hex>`, one a line or with commas between.

        Raises SettingsError, which never repeats a secret.
        """
        keys = []
        for number, line in enumerate(filter(None, re.split(r"[\s,]+", text)), start=1):
            parts = _LINE.fullmatch(line)
            if parts is None:
                raise SettingsError(
                    f"author key {number}: write it as ID:HEX or ID@YYYY-MM-DD:HEX, for example"
                    " 1:<output of openssl rand -hex 32>"
                )
            keys.append(_key(number, parts["id"], parts["since"], parts["secret"]))
        keys.sort()
        if len({key.key_id for key in keys}) < len(keys):
            raise SettingsError("author keys: two have the same id")
        if len({key.since for key in keys}) < len(keys):
            raise SettingsError(
                "author keys: two are in force from the same day; give each but the first its day,"
                " for example 2@2027-01-01:<hex>"
            )
        return cls(tuple(keys))

    def __bool__(self) -> bool:
        return bool(self.keys)

    def at(self, moment: datetime) -> AuthorKey:
        """The key in force at a moment; before the first one's day, the first."""
        place = bisect_right(self.keys, moment, key=lambda key: key.since)
        return self.keys[max(place - 1, 0)]

    def all_of_author(self, author_id: str) -> list[str]:
        """The author's pseudonym under every key."""
        return [key.of_author(author_id) for key in self.keys]


def _key(number: int, key_id: str, since: str | None, secret: str) -> AuthorKey:
    try:
        decoded = bytes.fromhex(secret)
        day = _FOREVER if since is None else datetime.fromisoformat(since).replace(tzinfo=UTC)
    except ValueError:
        raise SettingsError(
            f"author key {number}: an odd number of hex digits, or no day"
        ) from None
    if not MIN_SECRET_BYTES <= len(decoded) <= MAX_SECRET_BYTES:
        raise SettingsError(
            f"author key {number}: its secret has {len(decoded)} bytes; take {MIN_SECRET_BYTES} to"
            f" {MAX_SECRET_BYTES}, for example from openssl rand -hex 32"
        )
    return AuthorKey(day, key_id, decoded)


class Pseudonymiser:
    """Puts pseudonyms into batches of events; without keys it returns them as they are.

    `public_ids` and `public_handles` are accounts of brands and of care.
    """

    def __init__(
        self,
        keys: AuthorKeys,
        public_ids: Iterable[str] = (),
        public_handles: Iterable[str] = (),
    ) -> None:
        self._keys = keys
        self._public_ids = frozenset(public_ids)
        self._public_handles = frozenset(map(_plain, public_handles))

    @classmethod
    def from_keys(
        cls, text: str, public_ids: Iterable[str] = (), public_handles: Iterable[str] = ()
    ) -> "Pseudonymiser":
        """With keys as AuthorKeys.parse reads them; raises SettingsError."""
        return cls(AuthorKeys.parse(text), public_ids, public_handles)

    def mentions(self, mentions: Sequence[Mention]) -> list[Mention]:
        """Mentions without who said them; one for one, in order."""
        if not self._keys:
            return list(mentions)
        return [self._mention(mention) for mention in mentions]

    def interactions(self, interactions: Sequence[Interaction]) -> list[Interaction]:
        """Interactions without who did them; one for one, in order."""
        if not self._keys:
            return list(interactions)
        return [self._interaction(interaction) for interaction in interactions]

    def deletions(self, deletions: Sequence[Deletion]) -> list[Deletion]:
        """Deletions without whose it was, under the key of their moment; one for one, in order."""
        if not self._keys:
            return list(deletions)
        return [self._deletion(d, self._keys.at(d.deleted_at)) for d in deletions]

    def deletions_under_all_keys(
        self, deletions: Sequence[Deletion], records: Sequence[R]
    ) -> tuple[list[Deletion], list[R]]:
        """Each deletion under every key, beside the record it came from.

        Nobody says how old the target of a deletion is, so after a rotation every key may fit.
        """
        if not self._keys:
            return list(deletions), list(records)
        forms = [
            (self._deletion(deletion, key), record)
            for deletion, record in zip(deletions, records, strict=True)
            for key in self._keys.keys
        ]
        return [deletion for deletion, _ in forms], [record for _, record in forms]

    def older_forms_of_parents(self, mentions: Sequence[Mention]) -> dict[str, tuple[str, ...]]:
        """Under what else a reply's parent may be stored, by its pseudonym under the reply's key.

        Nobody says how old it is, so after a rotation every older key may fit.
        """
        forms = {}
        for mention in mentions if len(self._keys.keys) > 1 else ():
            if mention.parent_id:
                own = self._keys.at(mention.published_at)
                older = [key for key in self._keys.keys if key < own]
                forms[own.of_post(mention.parent_id)] = tuple(
                    key.of_post(mention.parent_id) for key in older
                )
        return forms

    def texts(self, texts: Sequence[str]) -> list[str]:
        """Texts without handles of private persons; one for one, in order."""
        if not self._keys:
            return list(texts)
        return [self._without_handles(text) for text in texts]

    def author_id(self, author_id: str, at: datetime) -> str:
        """What stands in place of an author's id in an event of that moment (orders, gestures)."""
        return self._author_id(self._keys.at(at), author_id) if self._keys else author_id

    def _mention(self, mention: Mention) -> Mention:
        key = self._keys.at(mention.published_at)
        return replace(
            mention,
            mention_id=key.of_post(mention.mention_id),
            author=self._author(key, mention.author),
            text=self._without_handles(mention.text),
            parent_text=self._without_handles(mention.parent_text),
            url="",
            parent_id=_post(key, mention.parent_id),
            root_id=_post(key, mention.root_id),
            quoted_id=_post(key, mention.quoted_id),
            parent_author_id=self._author_id(key, mention.parent_author_id),
            links=tuple(map(_without_person, mention.links)),
            mentioned=tuple(self._account(key, account) for account in mention.mentioned),
        )

    def _interaction(self, interaction: Interaction) -> Interaction:
        key = self._keys.at(interaction.occurred_at)
        target = interaction.target_id
        return replace(
            interaction,
            interaction_id=key.of_post(interaction.interaction_id),
            author=self._author(key, interaction.author),
            target_id=(
                self._author_id(key, target) if interaction.kind == "follow" else _post(key, target)
            ),
            target_author_id=self._author_id(key, interaction.target_author_id),
        )

    def _deletion(self, deletion: Deletion, key: AuthorKey) -> Deletion:
        target = deletion.target_id
        return replace(
            deletion,
            target_id=(
                self._author_id(key, target) if deletion.target == "author" else _post(key, target)
            ),
            author_id=self._author_id(key, deletion.author_id),
        )

    def _author(self, key: AuthorKey, author: Author) -> Author:
        author_id = self._author_id(key, author.id)
        if self._is_public(author.id, author.handle):
            return replace(author, id=author_id)
        return replace(author, id=author_id, handle="", name="")

    def _account(self, key: AuthorKey, account: Account) -> Account:
        public = self._is_public(account.id, account.handle)
        return Account(id=self._author_id(key, account.id), handle=account.handle if public else "")

    def _author_id(self, key: AuthorKey, author_id: str) -> str:
        # Never by handle: where only an id is told, the same account would be another one.
        if not author_id or author_id in self._public_ids:
            return author_id
        return key.of_author(author_id)

    def _is_public(self, author_id: str, handle: str) -> bool:
        return author_id in self._public_ids or _plain(handle) in self._public_handles

    def _without_handles(self, text: str) -> str:
        if "@" not in text and "＠" not in text:
            return text
        return _HANDLE.sub(
            lambda found: found[0] if _plain(found[0]) in self._public_handles else HANDLE_MASK,
            text,
        )


def _post(key: AuthorKey, post_id: str) -> str:
    return key.of_post(post_id) if post_id else ""


def _plain(handle: str) -> str:
    return handle.lstrip("@＠").rstrip(".-").casefold()


def _without_person(link: str) -> str:
    """The link, or only its site where it leads to a profile or to a post."""
    if not _PERSONAL_PATH.search(link):
        return link
    try:
        parts = urlsplit(link)
    except ValueError:
        return ""
    return f"{parts.scheme}://{parts.hostname}/" if parts.scheme and parts.hostname else ""
