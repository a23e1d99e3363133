"""Makes wrong inputs out of right ones: bytes, texts, JSON trees and the members of a zip file."""

import io
import json
import random
import struct
import zipfile
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

Shape = Literal["bytes", "text", "json", "lines", "zip"]

LONGEST_BYTES = 300_000
NUMBERS = (0, -1, 1, 255, 2**31, 2**53, 2**63, 2**64, -(2**63), 10**30, 1e308, 1e-320, 0.5)
STRINGS = (
    "", " ", "\0", "\n", "\t", "a" * 5_000, "\ud83d", "\U0001f600" * 40, "\u202e", "\ufeff",
    "é" * 300,
    "e\u0301" * 100, "İ", "ß", "ﬀ", "\x7f", "\x85", "\u2028", "' OR 1=1 --", "`;DROP", "../../x",
    "<script>", "&#0;", "&" * 300, "<" * 500, "{}", "[]", "null", "true", "NaN", "Infinity",
    "1e999",
    "2026-02-30T10:00:00Z", "9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00",
    "2026-07-04T10:00:00Z", "1969-12-31", "-1", "0", "0x10", "١٢٣", "http://[::1", "http://a:99999999/",
    "https://example.invalid/", "at://did:plc:x/app.bsky.feed.post/1", "%00", "%", "\\", "\"", "'",
)  # fmt: skip
CHUNKS = (
    b"\0", b"\xff", b"\xfe\xff", b"\xff\xfe", b"\xef\xbb\xbf", b"\xed\xa0\x80", b"\xc0\x80",
    b"\r\n",
    b"\r", b"\n\n", b",", b"\"", b"'", b"{", b"}", b"[", b"]", b":", b"\\u0000", b"\\ud800",
    b"<!--",
    b"]]>", b"<![CDATA[", b"&lt;", b"\x1f\x8b\x08\x00", b"PK\x03\x04", b"PAR1", b"\x93NUMPY", b"-",
    b"&a", b"*a", b"!!python/object", b"? ", b"| ", b"> ", b"---\n", b"...", b"%", b"\t", b";",
)  # fmt: skip


@dataclass
class Mutator:
    """One source of chance for all mutations, so that a seed tells them all."""

    chance: random.Random
    words: Sequence[bytes] = ()  # of the language that is fuzzed

    def of(self, data: bytes, other: bytes, shape: Shape) -> bytes:
        """Something else made of `data`, with pieces of `other`; at most LONGEST_BYTES long."""
        for _ in range(self.chance.choice((1, 1, 1, 2, 2, 3, 5, 8))):
            data = self._once(data, other, shape)[:LONGEST_BYTES]
        return data

    def _once(self, data: bytes, other: bytes, shape: Shape) -> bytes:
        if shape == "zip" and self.chance.random() < 0.9:
            return self._zip(data)
        if shape in ("json", "lines") and self.chance.random() < 0.75:
            return self._json(data, other, lines=shape == "lines")
        return self._bytes(data, other)

    def _bytes(self, data: bytes, other: bytes) -> bytes:
        chance = self.chance
        at = chance.randrange(len(data) + 1)
        to = min(len(data), at + chance.choice((1, 1, 2, 4, 16, 64, 1_000)))
        ways: Sequence[Callable[[], bytes]] = (
            lambda: data[:at] + data[to:],
            lambda: data[:at],
            lambda: data[:at] + bytes([chance.randrange(256)]) + data[at + 1 :],
            lambda: data[:at] + chance.randbytes(chance.choice((1, 4, 40))) + data[at:],
            lambda: data[:to] + data[at:to] * chance.choice((1, 2, 50, 400)) + data[to:],
            lambda: (
                data[:at]
                + chance.choice(CHUNKS) * chance.choice((1, 1, 1, 2, 300, 3_000))
                + data[at:]
            ),
            lambda: data[:at] + self._string().encode("utf-8", "surrogatepass") + data[to:],
            lambda: data[:at] + self._piece(other) + data[at:],
            lambda: data[:at] + chance.choice([*self.words, b" "]) + data[at:],
            lambda: data[:at] + b" " + chance.choice([*self.words, b" "]) + b" " + data[to:],
            lambda: data[:at] + str(self._number()).encode() + data[to:],
        )
        return chance.choice(ways)()

    def _piece(self, other: bytes) -> bytes:
        at = self.chance.randrange(len(other) + 1)
        return other[at : at + self.chance.choice((1, 8, 64, 1_000))]

    def _string(self) -> str:
        return self.chance.choice(STRINGS)

    def _number(self) -> float:
        return self.chance.choice((*NUMBERS, self.chance.randrange(10**18)))

    def _json(self, data: bytes, other: bytes, *, lines: bool) -> bytes:
        """One value of the tree is another; what is no JSON any more is treated as bytes."""
        rows = data.split(b"\n") if lines else [data]
        at = self.chance.randrange(len(rows))
        try:
            tree = json.loads(rows[at])
            donor = json.loads(self.chance.choice(other.split(b"\n")) if lines else other)
        except (ValueError, RecursionError):
            return self._bytes(data, other)
        changed = self._tree(tree, donor)
        if self.chance.random() < 0.05:
            deep = self.chance.choice((50, 2_000, 100_000))
            said = b"[" * deep + json.dumps(changed).encode() + b"]" * self.chance.choice((0, deep))
        else:
            plain = self.chance.random() < 0.5
            said = json.dumps(changed, ensure_ascii=plain).encode("utf-8", "surrogatepass")
        rows[at : at + 1] = (
            [said] * self.chance.choice((0, 1, 1, 1, 1, 1, 2, 9)) if lines else [said]
        )
        return b"\n".join(rows)

    def _tree(self, tree: Any, donor: Any) -> Any:
        places = list(_places(tree))
        if not places:
            return self._value(tree, donor)
        holder, key = self.chance.choice(places)
        way = self.chance.random()
        if way < 0.15:
            del holder[key]
        elif way < 0.25 and isinstance(holder, dict):
            name = self.chance.choice(
                [key + self._string(), self._string(), *map(str, _keys(donor))]
            )
            holder[name] = holder.pop(key)
        elif way < 0.3 and isinstance(holder, list):
            holder[key:key] = [holder[key]] * self.chance.choice((1, 3, 300))
        else:
            holder[key] = self._value(holder[key], donor)
        return tree

    def _value(self, value: Any, donor: Any) -> Any:
        """Another value: often of its own kind, for a parser's deeper parts."""
        chance = self.chance
        if isinstance(value, str) and chance.random() < 0.6:
            at = chance.randrange(len(value) + 1)
            return chance.choice(
                (
                    value[:at] + self._string() + value[at:],
                    value[:at],
                    value * chance.choice((2, 60)),
                    value.upper(),
                    self._string(),
                )
            )
        if isinstance(value, int | float) and chance.random() < 0.5:
            return self._number()
        donors = [holder[key] for holder, key in _places(donor)]
        return chance.choice(
            (None, True, False, [], {}, [value], {"": value}, self._number(), self._string(),
             [value] * 200, float("nan"), str(value), *chance.sample(donors, min(3, len(donors))))
        )  # fmt: skip

    def _zip(self, data: bytes) -> bytes:
        """One member is another, too large, twice there or gone."""
        try:
            with zipfile.ZipFile(io.BytesIO(data)) as file:
                members = {name: file.read(name) for name in file.namelist()}
        except (zipfile.BadZipFile, OSError, ValueError, RuntimeError, NotImplementedError,
        EOFError,
                zlib.error, struct.error):  # fmt: skip
            return self._bytes(data, data)
        if not members:
            return self._bytes(data, data)
        name = self.chance.choice(
            [*members, *[one for one in members if one.endswith(".json")] * 4]
        )
        way = self.chance.random()
        if way < 0.1:
            del members[name]
        elif way < 0.15:
            members[self._string() + name] = members.pop(name)
        elif way < 0.2:
            members[name] = b"\0" * 2_000_000  # it packs to 2 kB
        elif name.endswith(".json"):
            members[name] = self._json(members[name], members[name], lines=False)
        elif members[name].startswith(b"\x93NUMPY") and way < 0.7:
            members[name] = self._array(members[name])
        else:
            members[name] = self._bytes(members[name], members[name])
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
            for one, content in members.items():
                file.writestr(one.replace("\ud83d", "") or "x", content)
        return out.getvalue()

    def _array(self, content: bytes) -> bytes:
        """The header of an array tells other shapes and types."""
        shape = self.chance.choice(
            (
                "()",
                "(0,)",
                "(1, 0)",
                "(99999999999,)",
                "(2, 3, 4)",
                "(-1,)",
                "(1,)",
                "(65536, 65536)",
            )
        )
        kind = self.chance.choice(("|O", "<f8", "<f4", "<i8", "<U9", "|V0", "<M8[s]", "<c16", "?"))
        said = f"{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}, }}"
        head = said.encode().ljust(117) + b"\n"
        return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(head)) + head + content[128:]


def _places(tree: Any) -> list[tuple[Any, Any]]:
    """Where each value of a tree is held."""
    found: list[tuple[Any, Any]] = []
    waiting = [tree]
    while waiting and len(found) < 3_000:
        holder = waiting.pop()
        keys = (
            list(holder)
            if isinstance(holder, dict)
            else range(len(holder))
            if isinstance(holder, list)
            else ()
        )
        for key in keys:
            found.append((holder, key))
            waiting.append(holder[key])
    return found


def _keys(tree: Any) -> list[Any]:
    return list(tree) if isinstance(tree, dict) else []
