"""YouTube's Data API on this machine: threads and replies of videos, the quota, the refusals."""

from datetime import UTC, datetime, timedelta
from typing import Any

from aiohttp import web

from streams.producers.live.youtube import YouTube
from tests.fakes.polled import Asked, PolledServer

KEY = "the-key"
VIDEO, OTHER, CHANNEL = "kettlevideo", "othervideo1", "UC0123456789abcdefghijkl"
BEGIN = datetime(2026, 7, 4, 10, tzinfo=UTC)


def at(second: int) -> str:
    """A moment as YouTube writes it."""
    return (BEGIN + timedelta(seconds=second)).isoformat().replace("+00:00", "Z")


def comment(comment_id: str, second: int, text: str = "", **fields: Any) -> dict[str, Any]:
    """A comment with what YouTube says of it."""
    snippet = {
        "channelId": CHANNEL,
        "videoId": VIDEO,
        "textDisplay": text or f"thought {comment_id}",
        "textOriginal": text or f"thought {comment_id}",
        "authorDisplayName": f"@reader{second % 4}",
        "authorProfileImageUrl": "https://yt3.example/a.jpg",
        "authorChannelUrl": f"http://www.youtube.com/@reader{second % 4}",
        "authorChannelId": {"value": f"UCreader{second % 4}"},
        "canRate": True,
        "viewerRating": "none",
        "likeCount": second % 3,
        "publishedAt": at(second),
        "updatedAt": at(second),
    }
    return {
        "kind": "youtube#comment",
        "etag": f"etag-{comment_id}",
        "id": comment_id,
        "snippet": {**snippet, **fields},
    }


class FakeYouTube(PolledServer):
    """Threads by video, newest first; an answer holds the newest five replies of each."""

    def __init__(self) -> None:
        super().__init__()
        self.threads: dict[str, list[dict[str, Any]]] = {VIDEO: [], OTHER: []}
        self.replies: dict[str, list[dict[str, Any]]] = {}
        self.closed: dict[str, str] = {}  # video: reason
        self.page_size = 100

    def source(self, **options: Any) -> YouTube:
        """The source that listens here, fast."""
        given: dict[str, Any] = {
            "videos": (VIDEO,),
            "api_key": KEY,
            "poll_sec": 0.01,
            "daily_units": 10**9,
            "api_url": self.url,
        }
        return YouTube(**{**given, **options})

    def say(self, thread: int, text: str = "", video: str = VIDEO, **fields: Any) -> str:
        """A new thread; its id."""
        thread_id = f"Ug{thread:04d}"
        made = comment(thread_id, thread * 10, text, **{"videoId": video, **fields})
        self.threads[video].insert(0, made)
        return thread_id

    def reply(self, thread_id: str, number: int, second: int, **fields: Any) -> str:
        """A new reply in a thread; its id."""
        reply_id = f"{thread_id}.r{number}"
        made = comment(reply_id, second, parentId=thread_id, **fields)
        self.replies.setdefault(thread_id, []).append(made)
        return reply_id

    async def answer(self, request: web.Request, asked: Asked) -> Any:
        if asked.headers.get("X-Goog-Api-Key") != KEY:
            return refusal(400, "badRequest", "API key not valid. Please pass a valid API key.")
        if asked.path.endswith("/comments"):
            found = self.replies.get(asked.query["parentId"], [])
            return self._page("comment", found, asked.query)
        video = asked.query.get("videoId")
        if video in self.closed:
            return refusal(403, self.closed[video])
        if video is None:
            tops = [top for listed in self.threads.values() for top in listed]
            tops.sort(key=lambda top: top["snippet"]["publishedAt"], reverse=True)
        else:
            tops = self.threads[video]
        return self._page("commentThread", [self._thread(top) for top in tops], asked.query)

    def _thread(self, top: dict[str, Any]) -> dict[str, Any]:
        replies = self.replies.get(top["id"], [])
        thread: dict[str, Any] = {
            "kind": "youtube#commentThread",
            "etag": f"etag-{top['id']}-{len(replies)}",
            "id": top["id"],
            "snippet": {
                "channelId": CHANNEL,
                "videoId": top["snippet"]["videoId"],
                "topLevelComment": top,
                "canReply": True,
                "totalReplyCount": len(replies),
                "isPublic": True,
            },
        }
        if replies:
            thread["replies"] = {"comments": replies[-5:]}
        return thread

    def _page(self, kind: str, items: list[dict[str, Any]], query: dict[str, str]) -> Any:
        first = int(query.get("pageToken", "p0").removeprefix("p"))
        size = min(self.page_size, int(query["maxResults"]))
        page: dict[str, Any] = {
            "kind": f"youtube#{kind}ListResponse",
            "etag": "etag",
            "pageInfo": {"totalResults": len(items), "resultsPerPage": size},
            "items": items[first : first + size],
        }
        if first + size < len(items):
            page["nextPageToken"] = f"p{first + size}"
        return page


def refusal(status: int, reason: str, message: str = "No.") -> web.Response:
    """An error as Google's APIs write it."""
    return web.json_response(refusal_body(status, reason, message), status=status)


def refusal_body(status: int, reason: str, message: str = "No.") -> dict[str, Any]:
    """What is in it."""
    told = {"message": message, "domain": "youtube.commentThread", "reason": reason}
    return {"error": {"code": status, "message": message, "errors": [told]}}
