"""YouTube's comments as events."""

from datetime import UTC, datetime

import msgspec

from schemas.mention import Author, Engagement, Mention
from streams.producers.live.contract import PayloadError, fitting, short, text_of

SOURCE = "youtube"
SITE_URL = "https://www.youtube.com"


class ChannelId(msgspec.Struct, frozen=True):
    """YouTube wraps an author's id."""

    value: str = ""


class CommentSnippet(msgspec.Struct, frozen=True):
    """What is read of a comment."""

    publishedAt: datetime  # noqa: N815 - YouTube's names
    textOriginal: str = ""  # noqa: N815 - only for the comment's own author
    textDisplay: str = ""  # noqa: N815
    updatedAt: datetime | None = None  # noqa: N815
    authorDisplayName: str = ""  # noqa: N815
    authorChannelId: ChannelId = ChannelId()  # noqa: N815
    likeCount: int = 0  # noqa: N815
    parentId: str = ""  # noqa: N815
    videoId: str = ""  # noqa: N815


class Comment(msgspec.Struct, frozen=True):
    """A comment, on a video or below another comment."""

    id: str
    snippet: CommentSnippet

    @property
    def written_at(self) -> datetime:
        """When this version was written."""
        return _aware(self.snippet.updatedAt or self.snippet.publishedAt)

    @property
    def published_at(self) -> datetime:
        """When the first one was."""
        return _aware(self.snippet.publishedAt)


class ThreadSnippet(msgspec.Struct, frozen=True):
    """What is read of a thread."""

    topLevelComment: msgspec.Raw  # noqa: N815
    videoId: str = ""  # noqa: N815
    totalReplyCount: int = 0  # noqa: N815


class Replies(msgspec.Struct, frozen=True):
    """Some of a thread's replies."""

    comments: tuple[msgspec.Raw, ...] = ()


class Thread(msgspec.Struct, frozen=True):
    """A comment on a video, with some of the replies to it."""

    id: str
    snippet: ThreadSnippet
    replies: Replies = Replies()


_comment = msgspec.json.Decoder(Comment).decode
_thread = msgspec.json.Decoder(Thread).decode


def read_comment(payload: bytes) -> Comment:
    """A comment; raises one of MAPPING_ERRORS."""
    comment = _comment(payload)
    if not comment.id or comment.id != comment.id.strip():
        raise PayloadError(f"{comment.id[:60]!r} is not the id of a comment")
    return comment


def read_thread(payload: bytes) -> tuple[Thread, Comment]:
    """A thread and its first comment; raises one of MAPPING_ERRORS."""
    thread = _thread(payload)
    return thread, read_comment(thread.snippet.topLevelComment)


def event_of(comment: Comment, video_id: str, thread: Comment | None = None) -> Mention:
    """A comment of `video_id`, below `thread` if given; raises one of MAPPING_ERRORS."""
    snippet = comment.snippet
    video_id = snippet.videoId or video_id
    author = snippet.authorChannelId.value or snippet.authorDisplayName.strip()
    if not author:
        raise PayloadError(f"comment {comment.id} does not say whose it is")
    is_edited = comment.written_at > comment.published_at
    parent = snippet.parentId or (thread.id if thread else "")
    name = snippet.authorDisplayName
    return fitting(
        Mention(
            mention_id=f"{SOURCE}:{comment.id}",
            source=SOURCE,
            author=Author(
                id=author,
                handle=short(name.removeprefix("@")) if name.startswith("@") else "",
                name=short(name),
            ),
            text=text_of(snippet.textOriginal or snippet.textDisplay),
            published_at=comment.published_at,
            edited_at=comment.written_at if is_edited else None,
            kind="reply" if parent else "comment",
            parent_id=f"{SOURCE}:{parent}" if parent else _video(video_id),
            root_id=_video(video_id),
            parent_text=_text(thread) if thread else "",
            parent_author_id=short(thread.snippet.authorChannelId.value) if thread else "",
            url=short(f"{SITE_URL}/watch?v={video_id}&lc={comment.id}") if video_id else "",
            engagement=Engagement(likes=max(0, snippet.likeCount)),
        )
    )


def _video(video_id: str) -> str:
    """A video is what its comments answer."""
    return f"{SOURCE}:{video_id}" if video_id else ""


def _text(comment: Comment) -> str:
    return text_of(comment.snippet.textOriginal or comment.snippet.textDisplay)


def _aware(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
