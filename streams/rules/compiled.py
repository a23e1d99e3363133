"""A listening file compiled once: what it finds in a batch of mentions."""

import hashlib
from collections.abc import Iterable, Sequence
from datetime import UTC
from typing import Final, Literal

import msgspec

from schemas.mention import Mention
from streams.rules.entities import Section, entities_of
from streams.rules.facts import account_key, bare_handle
from streams.rules.listening import Brand, Listening
from streams.rules.matcher import Matcher

MEANING: Final = 1  # grows when the same rules come to match something else
MAX_REMEMBERED: Final = 50_000
AuthorRole = Literal["", "own", "care", "employee", "rival"]
Names = tuple[str, ...]


class Hits(msgspec.Struct, frozen=True):
    """What a mention is about: sorted names. Equal hits are often the same object."""

    brands: Names = ()
    topics: Names = ()
    campaigns: Names = ()
    attributes: Names = ()
    interests: Names = ()
    author_role: AuthorRole = ""
    keep: bool = True  # false: the source keeps only what something here matched


class CompiledRules:
    """What an operator listens for, ready to be asked about batches; `version` names it."""

    def __init__(self, listening: Listening) -> None:
        self.listening = listening
        self.version = version_of(listening)
        self._entities = list(entities_of(listening))
        self._matcher = Matcher([entity.rule for entity in self._entities])
        self._dated = {n for n, e in enumerate(self._entities) if e.start or e.end}
        self._keep = {source: how == "everything" for source, how in listening.keep.items()}
        self._keep_default = self._keep.pop("default", True)
        self._roles = _Roles(listening)
        self._known: dict[tuple[tuple[int, ...], AuthorRole, bool], Hits] = {}

    def match(
        self, mentions: Sequence[Mention], texts: Sequence[str], langs: Sequence[str]
    ) -> list[Hits]:
        """Return what each mention is about, from its normalised text and decided language."""
        if not len(mentions) == len(texts) == len(langs):
            raise ValueError("mentions, texts and langs are not of the same length")
        read = [
            _with_payload(mention, text) if mention.hashtags or mention.mentioned else text
            for mention, text in zip(mentions, texts, strict=True)
        ]
        rows, rules = self._matcher.match(mentions, read, langs)
        found: dict[int, list[int]] = {}
        for row, rule in zip(rows.tolist(), rules.tolist(), strict=True):
            if row in found:
                found[row].append(rule)
            else:
                found[row] = [rule]
        hits = self._without_rules(mentions)
        for row, of_row in found.items():
            if self._dated:
                of_row = self._in_time(mentions[row], of_row)
            none = hits[row]
            hits[row] = self._hits(tuple(sorted(of_row)), none.author_role, none.keep)
        return hits

    def _without_rules(self, mentions: Sequence[Mention]) -> list[Hits]:
        """Return what is known of each mention before any rule matched."""
        if not self._roles and not self._keep and self._keep_default:
            return [self._hits((), "", True)] * len(mentions)
        keep, default, role_of, hits = self._keep, self._keep_default, self._roles.of, self._hits
        return [hits((), role_of(m), keep.get(m.source, default)) for m in mentions]

    def brands_of_account(self, source: str, author_id: str, handle: str = "") -> Names:
        """Return the sorted brands that an account belongs to, for likes and follows of it."""
        return self._roles.brands(source, author_id, handle)

    def _in_time(self, mention: Mention, rules: list[int]) -> list[int]:
        if self._dated.isdisjoint(rules):
            return rules
        day = mention.published_at.astimezone(UTC).date()
        return [
            rule
            for rule in rules
            if (start := self._entities[rule].start) is None or start <= day
            if (end := self._entities[rule].end) is None or day <= end
        ]

    def _hits(self, rules: tuple[int, ...], role: AuthorRole, keep_all: bool) -> Hits:
        key = (rules, role, keep_all)
        hits = self._known.get(key)
        if hits is None:
            if len(self._known) >= MAX_REMEMBERED:
                self._known.clear()
            hits = self._known[key] = self._make_hits(rules, role, keep_all)
        return hits

    def _make_hits(self, rules: tuple[int, ...], role: AuthorRole, keep_all: bool) -> Hits:
        names: dict[Section, list[str]] = {}
        for rule in rules:
            entity = self._entities[rule]
            names.setdefault(entity.section, []).append(entity.name)
        found = {section: tuple(sorted(of)) for section, of in names.items()}
        matched = any(section in found for section in ("brands", "topics", "campaigns"))
        return Hits(**found, author_role=role, keep=keep_all or matched)


class _Roles:
    """Who an author is to the operator, by account id or by handle.

    Where several hold, care account goes before own, own before employee, employee before rival.
    """

    def __init__(self, listening: Listening) -> None:
        self._by_handle: dict[str, AuthorRole] = {}
        self._by_account: dict[str, AuthorRole] = {}
        self._brands: dict[str, set[str]] = {}
        for brand in listening.brands:
            for key in (
                *("@" + bare_handle(handle) for handle in brand.handles),
                *(account_key(account.source, account.id) for account in brand.accounts),
            ):
                self._brands.setdefault(key, set()).add(brand.name)
        self._add("rival", [brand for brand in listening.brands if not brand.own])
        self._by_handle |= dict.fromkeys(map(bare_handle, listening.employees), "employee")
        self._add("own", [brand for brand in listening.brands if brand.own])
        self._by_handle |= dict.fromkeys(map(bare_handle, listening.care_accounts), "care")

    def _add(self, role: AuthorRole, brands: Iterable[Brand]) -> None:
        for brand in brands:
            for handle in brand.handles:
                self._by_handle[bare_handle(handle)] = role
            for account in brand.accounts:
                self._by_account[account_key(account.source, account.id)] = role

    def __bool__(self) -> bool:
        return bool(self._by_handle or self._by_account)

    def of(self, mention: Mention) -> AuthorRole:
        """Return the role of a mention's author."""
        author = mention.author
        role = self._by_handle.get(bare_handle(author.handle)) if author.handle else None
        if role is None and self._by_account:
            role = self._by_account.get(account_key(mention.source, author.id))
        return role or ""

    def brands(self, source: str, author_id: str, handle: str) -> Names:
        """Return the brands that own an account."""
        found = self._brands.get(account_key(source, author_id), set())
        return tuple(sorted(found | self._brands.get("@" + bare_handle(handle), set())))


def _with_payload(mention: Mention, text: str) -> str:
    """Return the text with tags and handles that its source lists beside it put at its end."""
    handles = [account.handle for account in mention.mentioned]
    return with_marks(text, mention.hashtags, handles)


def with_marks(text: str, hashtags: Sequence[str], handles: Sequence[str]) -> str:
    """The same of tags and handles on their own; what stands in the text does not come twice."""
    if not hashtags and not handles:
        return text
    marks = [f"#{tag}" for tag in hashtags]
    marks += [f"@{handle.removeprefix('@')}" for handle in handles]
    lower = text.lower()
    more = [mark for mark in marks if len(mark) > 1 and mark.lower() not in lower]
    return " ".join((text, *more)) if more else text


def version_of(listening: Listening) -> str:
    """Return a short digest of what is listened for; layout and comments do not change it."""
    content = msgspec.json.encode((MEANING, listening), order="deterministic")
    return hashlib.blake2b(content, digest_size=6).hexdigest()


def compile_rules(listening: Listening) -> CompiledRules:
    """Return the rules, ready to match; raises RuleError for a rule that makes no sense."""
    return CompiledRules(listening)
