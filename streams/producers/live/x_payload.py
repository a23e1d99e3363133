"""What is read of X's answers; everything else in them is left alone."""

from typing import TypeVar

import msgspec

_T = TypeVar("_T")

FIELDS = {
    "tweet.fields": "author_id,conversation_id,created_at,edit_history_tweet_ids,entities,"
    "in_reply_to_user_id,lang,note_tweet,public_metrics,referenced_tweets",
    "expansions": "author_id,in_reply_to_user_id,referenced_tweets.id,"
    "referenced_tweets.id.author_id",
    "user.fields": "name,public_metrics,username",
}


class Url(msgspec.Struct, frozen=True):
    """A link of a text."""

    url: str = ""
    expanded_url: str = ""
    unwound_url: str = ""
    media_key: str = ""  # set on a link to the post's own picture


class Tag(msgspec.Struct, frozen=True):
    """A hashtag."""

    tag: str = ""


class Named(msgspec.Struct, frozen=True):
    """An account that a text names."""

    username: str = ""
    id: str = ""


class Entities(msgspec.Struct, frozen=True):
    """What X found in a text."""

    urls: tuple[Url, ...] = ()
    hashtags: tuple[Tag, ...] = ()
    mentions: tuple[Named, ...] = ()


class Note(msgspec.Struct, frozen=True):
    """The whole of a text longer than 280 characters."""

    text: str
    entities: Entities = Entities()


class PostMetrics(msgspec.Struct, frozen=True):
    """Reactions to a post."""

    like_count: int = 0
    retweet_count: int = 0
    reply_count: int = 0
    quote_count: int = 0
    impression_count: int = 0


class Reference(msgspec.Struct, frozen=True):
    """Another post that a post answers, quotes or repeats."""

    type: str
    id: str


class Post(msgspec.Struct, frozen=True):
    """One version of a post."""

    id: str
    text: str
    author_id: str = ""
    created_at: str = ""
    edit_history_tweet_ids: tuple[str, ...] = ()
    conversation_id: str = ""
    in_reply_to_user_id: str = ""
    lang: str = ""
    entities: Entities = Entities()
    note_tweet: Note | None = None
    public_metrics: PostMetrics = PostMetrics()
    referenced_tweets: tuple[Reference, ...] = ()


class UserMetrics(msgspec.Struct, frozen=True):
    """How large an account is."""

    followers_count: int = 0


class User(msgspec.Struct, frozen=True):
    """An account."""

    id: str
    username: str = ""
    name: str = ""
    public_metrics: UserMetrics = UserMetrics()


class RawIncludes(msgspec.Struct, frozen=True):
    """Objects that posts refer to, unread."""

    users: tuple[msgspec.Raw, ...] = ()
    tweets: tuple[msgspec.Raw, ...] = ()


class MatchedRule(msgspec.Struct, frozen=True):
    """A rule of the stream that a post fits."""

    id: str = ""
    tag: str = ""


class Problem(msgspec.Struct, frozen=True):
    """An error object, within an answer or in the stream."""

    title: str = ""
    detail: str = ""
    type: str = ""
    value: str = ""
    message: str = ""
    details: tuple[str, ...] = ()
    disconnect_type: str = ""
    connection_issue: str = ""

    @property
    def text(self) -> str:
        """What it says, in one line."""
        told = [self.title, self.detail, self.message, *self.details]
        return ": ".join(part for part in told if part)[:500]


class Disconnect(msgspec.Struct, frozen=True):
    """The older form of a farewell."""

    code: int = 0
    reason: str = ""


class StreamLine(msgspec.Struct, frozen=True):
    """One line of the filtered stream."""

    data: msgspec.Raw = msgspec.Raw()  # empty: it did not come
    includes: RawIncludes = RawIncludes()
    matching_rules: tuple[MatchedRule, ...] = ()
    errors: tuple[Problem, ...] = ()
    disconnect: Disconnect | None = None


class SearchMeta(msgspec.Struct, frozen=True):
    """Where a page of a search stands."""

    newest_id: str = ""
    oldest_id: str = ""
    next_token: str = ""
    result_count: int = 0


class SearchPage(msgspec.Struct, frozen=True):
    """One page of recent search."""

    data: tuple[msgspec.Raw, ...] = ()
    includes: RawIncludes = RawIncludes()
    meta: SearchMeta = SearchMeta()


class Rule(msgspec.Struct, frozen=True):
    """A rule of the stream."""

    value: str
    id: str = ""
    tag: str = ""


class RulesAnswer(msgspec.Struct, frozen=True):
    """What X says about rules."""

    data: tuple[Rule, ...] = ()
    errors: tuple[Problem, ...] = ()
    meta: SearchMeta = SearchMeta()


class Includes:
    """Users and posts that came along, by id; one that cannot be read is as if it had not come."""

    def __init__(self, raw: RawIncludes) -> None:
        self.users = {user.id: user for user in _readable(raw.users, User)}
        self.posts = {post.id: post for post in _readable(raw.tweets, Post)}


def _readable(raws: tuple[msgspec.Raw, ...], kind: type[_T]) -> list[_T]:
    found = []
    for raw in raws:
        try:
            found.append(msgspec.json.decode(raw, type=kind))
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            continue
    return found
