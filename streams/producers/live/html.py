"""What a reader sees of a piece of HTML: its text with paragraphs, and what it links to."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from urllib.parse import urljoin, urlsplit

from selectolax.lexbor import LexborHTMLParser, LexborNode

MAX_HTML_CHARS = 500_000
MAX_TAGS = 20_000  # a parser's time grows with the square of the depth: this many cost 0.2 s
MAX_LINKS = 200
_PARAGRAPHS = frozenset(
    [
        "address",
        "article",
        "aside",
        "blockquote",
        "details",
        "dl",
        "fieldset",
        "figure",
        "footer",
        "form",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
        "hr",
        "main",
        "nav",
        "ol",
        "p",
        "pre",
        "section",
        "table",
        "ul",
    ]
)
_LINES = frozenset(
    ["br", "caption", "dd", "div", "dt", "figcaption", "legend", "li", "summary", "tr"]
)
_UNSEEN = frozenset(
    [
        "audio",
        "base",
        "button",
        "canvas",
        "datalist",
        "embed",
        "head",
        "iframe",
        "input",
        "link",
        "math",
        "meta",
        "noembed",
        "noframes",
        "noscript",
        "object",
        "script",
        "select",
        "style",
        "svg",
        "template",
        "textarea",
        "title",
        "video",
    ]
)
_BLANKS = re.compile(r"[ \t\r\n\f]+")
_AROUND_BREAK = re.compile(r" *\n *")
_MANY_BREAKS = re.compile(r"\n{3,}")


@dataclass(frozen=True, slots=True)
class HtmlText:
    """What `text_of_html` found."""

    text: str
    links: tuple[str, ...] = ()  # absolute http(s) addresses but those of the two below
    hashtags: tuple[str, ...] = ()  # without the #
    mentions: tuple[str, ...] = ()  # as written, without the @


def text_of_html(html: str, *, base: str = "", drop_class: str = "") -> HtmlText:
    """The visible text: a blank line between paragraphs, a break where there is one.

    Never raises, never keeps a script or a style, and reads no more than `MAX_HTML_CHARS` and
    `MAX_TAGS`.
    Relative links are resolved against `base`. Elements of class `drop_class` are left out.
    """
    # Without a tag or an entity there is nothing to parse; a short text often is like that.
    if "<" not in html and "&" not in html:
        return HtmlText(_tidy(_BLANKS.sub(" ", html[:MAX_HTML_CHARS])))
    body = LexborHTMLParser(_bounded(html)).body
    if body is None:
        return HtmlText("")
    reader = _Reader(base, drop_class)
    reader.read(body)
    return HtmlText(
        _tidy("".join(reader.parts)),
        _distinct(reader.links),
        _distinct(reader.hashtags),
        _distinct(reader.mentions),
    )


def _bounded(html: str) -> str:
    html = html[:MAX_HTML_CHARS]
    if html.count("<") > MAX_TAGS:
        html = html[: next(islice(re.finditer("<", html), MAX_TAGS, None)).start()]
    return html


class _Reader:
    """Walks a tree without recursion: a page may nest deeper than Python's stack."""

    def __init__(self, base: str, drop_class: str) -> None:
        self.parts: list[str] = []
        self.links: list[str] = []
        self.hashtags: list[str] = []
        self.mentions: list[str] = []
        self._base = base
        self._drop_class = drop_class
        self._pre_depth = 0

    def read(self, root: LexborNode) -> None:
        node = root.first_child
        depth = 1
        while node is not None and depth:
            inside = node.first_child if self._enter(node) else None
            if inside is not None:
                node, depth = inside, depth + 1
                continue
            self._leave(node)
            while node is not None and (following := node.next) is None:
                node, depth = node.parent, depth - 1
                if node is None or not depth:
                    return
                self._leave(node)
            node = following

    def _enter(self, node: LexborNode) -> bool:
        """Take what is at this node; False if what is inside it is not to be read."""
        if node.is_text_node:
            text = node.text_content or ""
            self.parts.append(text if self._pre_depth else _BLANKS.sub(" ", text))
            return False
        tag = node.tag or ""
        if not node.is_element_node or tag in _UNSEEN:
            return False
        if self._drop_class and self._drop_class in _classes(node):
            return False
        if tag in _PARAGRAPHS:
            self.parts.append("\n\n")
            self._pre_depth += tag == "pre"
        elif tag == "br":
            self.parts.append("\n")
        elif tag in _LINES:
            self._new_line()
            if tag == "li":
                self.parts.append("- ")
        elif tag in ("td", "th"):
            self.parts.append(" ")
        elif tag == "a":
            self._link(node)
        return True

    def _leave(self, node: LexborNode) -> None:
        tag = node.tag or ""
        if tag in _PARAGRAPHS:
            self.parts.append("\n\n")
            self._pre_depth -= tag == "pre"
        elif tag in _LINES and tag != "br":
            self._new_line()

    def _new_line(self) -> None:
        if self.parts and not self.parts[-1].endswith("\n"):
            self.parts.append("\n")

    def _link(self, node: LexborNode) -> None:
        classes = _classes(node)
        text = node.text(deep=True).strip()
        if "hashtag" in classes or (text.startswith("#") and node.attributes.get("rel") == "tag"):
            self.hashtags.append(text.removeprefix("#"))
        elif "mention" in classes:
            self.mentions.append(text.removeprefix("@"))
        elif link := absolute_link(node.attributes.get("href") or "", self._base):
            self.links.append(link)


def absolute_link(href: str, base: str = "") -> str:
    """An absolute http(s) address, resolved against `base`; empty if it is none or no URL."""
    href = href.strip()
    if not href:
        return ""  # not `base`
    try:
        joined = urljoin(base, href) if base else href
        parts = urlsplit(joined)
    except ValueError:
        return ""
    return joined if parts.scheme in ("http", "https") and parts.netloc else ""


def _classes(node: LexborNode) -> list[str]:
    return (node.attributes.get("class") or "").split()


def _distinct(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(value for value in values if value))[:MAX_LINKS]


def _tidy(text: str) -> str:
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")
    return _MANY_BREAKS.sub("\n\n", _AROUND_BREAK.sub("\n", text)).strip()
