"""A YAML tree held against msgspec types: every mistake at its place, not the first one only."""

from collections.abc import Mapping
from typing import Any

import msgspec
import yaml
from msgspec.inspect import (
    BoolType,
    DateType,
    DictType,
    IntType,
    LiteralType,
    StrType,
    StructType,
    Type,
    UnionType,
    VarTupleType,
)
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from streams.rules.errors import did_you_mean
from streams.rules.yaml_places import IN_QUOTES, YamlFile

MAX_DEPTH = 20

Nodes = Mapping[tuple[str | int, ...], Node]
_MISSING = object()
_EMPTY = "write something (what follows # is a comment, unless it is in quotes)"


class Reader:
    """Makes plain data of a tree, and notes what does not fit; `nodes` has each path's node."""

    def __init__(self, file: YamlFile) -> None:
        self._file = file
        self._seen: set[int] = set()
        self.nodes: dict[tuple[str | int, ...], Node] = {}

    def read(self, node: Node, wanted: Type, path: tuple[str | int, ...] = ()) -> Any:
        """Return the data of a node; None where it is wrong, with a problem noted."""
        if id(node) in self._seen:
            return self._wrong(node, "aliases (&name, *name) are not read here: write it out again")
        self._seen.add(id(node))
        self.nodes[path] = node
        if len(path) > MAX_DEPTH:
            return self._wrong(node, "nested too deep")
        if isinstance(wanted, UnionType):  # something, or nothing
            wanted = next(t for t in wanted.types if not isinstance(t, msgspec.inspect.NoneType))
        match wanted:
            case StructType():
                return self._struct(node, wanted, path)
            case DictType():
                return self._dict(node, wanted, path)
            case VarTupleType():
                if not isinstance(node, SequenceNode):
                    return self._wrong(node, "a list is wanted here: [a, b] or lines with `- `")
                return [
                    self.read(child, wanted.item_type, (*path, number))
                    for number, child in enumerate(node.value)
                ]
            case _:
                return self._scalar(node, wanted)

    def _wrong(self, node: Node, message: str) -> None:
        self._file.problem(node, message)

    def _entries(self, node: Node) -> list[tuple[ScalarNode, str, Node]] | None:
        if not isinstance(node, MappingNode):
            self._wrong(node, "fields are wanted here, as in `name: Nimbara`")
            return None
        entries: list[tuple[ScalarNode, str, Node]] = []
        for key, value in node.value:
            if not isinstance(key, ScalarNode):
                self._wrong(key, "the name of a field is wanted here")
            elif any(name == key.value for _, name, _ in entries):
                self._wrong(key, f"`{key.value}:` stands here twice")
            else:
                entries.append((key, key.value, value))
        return entries

    def _struct(self, node: Node, wanted: StructType, path: tuple[str | int, ...]) -> Any:
        entries = self._entries(node)
        if entries is None:
            return None
        fields = {field.encode_name: field for field in wanted.fields}
        data = {}
        for key, name, value in entries:
            if name in fields:
                data[name] = self.read(value, fields[name].type, (*path, name))
            else:
                hint = did_you_mean(name, fields, "{}:")
                self._wrong(key, f"unknown field `{name}:`: {hint}")
        for name, field in fields.items():
            if field.required and name not in data:
                self._wrong(node, f"`{name}:` is missing")
        return data

    def _dict(self, node: Node, wanted: DictType, path: tuple[str | int, ...]) -> Any:
        entries = self._entries(node)
        if entries is None:
            return None
        return {
            name: self.read(value, wanted.value_type, (*path, name)) for _, name, value in entries
        }

    def _scalar(self, node: Node, wanted: Type) -> Any:
        value = self._value(node)
        if value is _MISSING:
            return None
        match wanted:
            case StrType():
                return self._text(node, value, wanted)
            case LiteralType():
                if value not in wanted.values:
                    hint = did_you_mean(str(value), map(str, wanted.values))
                    return self._wrong(node, f"`{value}` is not known here: {hint}")
            case BoolType():
                if not isinstance(value, bool):
                    return self._wrong(node, "true or false is wanted here")
            case DateType():
                if type(value).__name__ != "date":
                    return self._wrong(node, "a day is wanted here, as in 2026-11-30")
            case IntType():
                if type(value) is not int:
                    return self._wrong(node, "a whole number is wanted here")
            case _:
                raise TypeError(f"no reading of {wanted}")
        return value

    def _text(self, node: Node, value: Any, wanted: StrType) -> Any:
        if not isinstance(value, str):
            what = f"put `{node.value}` in quotes" if node.value else _EMPTY
            return self._wrong(node, f"a text is wanted here: {what}")
        if len(value) < (wanted.min_length or 0) or (wanted.pattern and not value.strip()):
            return self._wrong(node, "this is empty: write something, or remove the field")
        if wanted.max_length is not None and len(value) > wanted.max_length:
            return self._wrong(node, f"{len(value):,} characters, at most {wanted.max_length:,}")
        return value

    def _value(self, node: Node) -> Any:
        if not isinstance(node, ScalarNode):
            self._wrong(node, "one value is wanted here")
            return _MISSING
        try:
            return yaml.SafeLoader("").construct_document(node)
        except yaml.MarkedYAMLError as error:
            self._wrong(node, f"{error.problem}: {IN_QUOTES}")
        except ValueError as error:  # a day of month 13
            self._wrong(node, str(error))
        return _MISSING
