"""YAML text to plain values, in one pass over libyaml's events.

Working on events rather than on PyYAML's nodes bounds the nesting before anything recurses, never expands an alias,
and builds no Python object by tag. What a manifest may not use is a `Fault`; reading goes on after one where it can.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml
from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from controller.load.scalars import Ambiguous, plain

DEPTH_MAX = 32  # levels; the deepest field of a manifest is at 8

_UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # YAML 1.1, 5.1
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
_MISSING = object()

_PLAINER = {  # libyaml's words -> ours
    "mapping values are not allowed in this context": "a second `key: value` on one line, or wrong indentation",
    "could not find expected ':'": "a key without its colon",
    "did not find expected key": "this line does not fit the indentation of the lines above it",
    "did not find expected '-' indicator": "a list item was expected here",
    "did not find expected ',' or ']'": "a list in brackets is not closed, or a comma is missing",
    "did not find expected ',' or '}'": "a mapping in braces is not closed, or a comma is missing",
    "found unexpected end of stream": "a quoted text is not closed",
    "found unexpected document indicator": "a quoted text is not closed before the end of its document",
    "did not find expected node content": "a value is missing here",
    "found character that cannot start any token": "no YAML value begins with this character; put the text in quotes",
    "found unknown escape character": "an escape that YAML does not know; use single quotes for a literal backslash",
    "block sequence entries are not allowed in this context": "a list cannot begin on the line of its key",
}


@dataclass(frozen=True, slots=True)
class Fault:
    """Something in the text itself; line and column are 1-based."""

    code: str
    message: str
    line: int
    column: int
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a value stands; `key` is the place of its key in a mapping, else its own. `text` is a scalar as written."""

    key: tuple[int, int]
    value: tuple[int, int]
    text: str | None
    quoted: bool


@dataclass(slots=True)
class Read:
    """The documents of one text. `whole` is False when reading had to stop."""

    documents: list[Any] = field(default_factory=list)
    places: list[dict[str, Place]] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    whole: bool = True


@dataclass(slots=True)
class _Level:
    """A mapping or list that is still open; `key` is the mapping's key that waits for its value."""

    items: Any
    path: str
    key: Any = _MISSING
    key_place: tuple[int, int] = (1, 1)


def read(text: str, places: bool = False) -> Read:
    """Read all documents of a text; with `places` also where each value stands, for about twice the time."""
    found = _UNPRINTABLE.search(text)
    if found:
        line = text.count("\n", 0, found.start()) + 1
        column = found.start() - text.rfind("\n", 0, found.start())
        message = f"the character U+{ord(found.group()):04X} cannot be in a YAML text"
        return Read(faults=[Fault("not-text", message, line, column)], whole=False)
    builder = _Builder(places)
    try:
        builder.take(yaml.parse(text, Loader=yaml.CSafeLoader))
    except yaml.MarkedYAMLError as error:
        builder.stop(_syntax(error, text))
    except yaml.YAMLError as error:
        builder.stop(Fault("yaml-syntax", f"not YAML: {error}", 1, 1))
    except _Stopped as stopped:
        builder.stop(stopped.fault)
    return builder.read


class _Stopped(Exception):
    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.message)
        self.fault = fault


def _syntax(error: yaml.MarkedYAMLError, text: str) -> Fault:
    mark = error.problem_mark or error.context_mark
    line, column = (mark.line, mark.column) if mark else (0, 0)
    lines = text.split("\n")
    here = lines[line] if line < len(lines) else ""
    if "\t" in here[: column + 1] and not here[: here.index("\t")].strip():
        hint = "indent with spaces"
        return Fault(
            "yaml-syntax", "a tab indents this line; YAML allows spaces only", line + 1, here.index("\t") + 1, hint
        )
    said = (error.problem or "not YAML").strip()
    if not here and line:  # the end of the text: point at the last line that has something
        line = text.rstrip().count("\n")
        column = len(lines[line])
    return Fault("yaml-syntax", _PLAINER.get(said, said), line + 1, column + 1)


def _tag(tag: str) -> str:
    """As it is written: libyaml spells `!!` out."""
    return tag.replace("tag:yaml.org,2002:", "!!", 1)[:60]


def _at(event: Event) -> tuple[int, int]:
    mark: Any = event.start_mark  # the parser always sets it
    return (mark.line + 1, mark.column + 1)


class _Builder:
    def __init__(self, places: bool) -> None:
        self.read = Read()
        self._wants_places = places
        self._levels: list[_Level] = []

    def take(self, events: Iterator[Event]) -> None:
        levels = self._levels
        for event in events:
            kind = type(event)
            if kind is ScalarEvent:
                self._scalar(event)
            elif kind is MappingStartEvent or kind is SequenceStartEvent:
                self._open(event, {} if kind is MappingStartEvent else [])
            elif kind is MappingEndEvent or kind is SequenceEndEvent:
                levels.pop()
            elif kind is AliasEvent:
                self._fault(
                    "yaml-alias",
                    event,
                    f"*{getattr(event, 'anchor', '')} refers to another value",
                    "write the value out",
                )
                self._add(event, None, None, False)
            elif kind is DocumentStartEvent:
                self.read.places.append({})

    def stop(self, fault: Fault) -> None:
        self.read.faults.append(fault)
        self.read.whole = False

    def _fault(self, code: str, event: Event, message: str, hint: str = "") -> None:
        self.read.faults.append(Fault(code, message, *_at(event), hint))

    def _marked(self, event: Any) -> None:
        if event.anchor:
            self._fault("yaml-alias", event, f"&{event.anchor} names a value to be used again", "write values out")
        if event.tag:
            self._fault("yaml-tag", event, f"the tag {_tag(event.tag)} is not for manifests", "write a plain value")

    def _open(self, event: Event, items: Any) -> None:
        if len(self._levels) >= DEPTH_MAX:
            line, column = _at(event)
            message = f"values are nested deeper than {DEPTH_MAX} levels"
            raise _Stopped(Fault("yaml-depth", message, line, column))
        self._marked(event)
        path = self._add(event, items, None, False)
        self._levels.append(_Level(items, path))

    def _scalar(self, event: Any) -> None:
        if event.anchor or event.tag:
            self._marked(event)
        text: str = event.value
        quoted = not event.implicit[0]
        value: Any = text if quoted else plain(text)
        if value is text:
            if _CONTROL.search(text):
                self._fault(
                    "control-character", event, "a control character is in this text", "write it without escapes"
                )
        elif type(value) is Ambiguous:
            message = f"{text[:40]} without quotes is a number to some tools and text to others"
            self._fault(
                "ambiguous-scalar", event, message, "put it in quotes if it is text, else write it as 12 or 1.5"
            )
            value = text
        self._add(event, value, text, quoted)

    def _add(self, event: Event, value: Any, text: str | None, quoted: bool) -> str:
        """Put a value where it belongs; returns its path, such as `spec.access[1]`, when places are wanted."""
        if not self._levels:
            self.read.documents.append(value)
            return self._place(event, "", None, text, quoted)
        level = self._levels[-1]
        items = level.items
        if type(items) is list:
            items.append(value)
            return (
                self._place(event, f"{level.path}[{len(items) - 1}]", None, text, quoted) if self._wants_places else ""
            )
        if level.key is _MISSING:
            level.key = self._key(event, value, items)
            if self._wants_places:
                level.key_place = _at(event)
            return ""
        key, level.key = level.key, _MISSING
        if key is None:  # refused: its value is read, and belongs nowhere
            return ""
        items[key] = value
        if not self._wants_places:
            return ""
        return self._place(event, f"{level.path}.{key}" if level.path else key, level.key_place, text, quoted)

    def _key(self, event: Event, value: Any, items: dict[str, Any]) -> str | None:
        if type(value) is not str:
            shown = getattr(event, "value", "a list or mapping")
            self._fault(
                "yaml-key", event, f"a key must be text; this is {shown or 'empty'}", "put it in quotes if it is a name"
            )
            return None
        if value == "<<":
            self._fault("yaml-merge", event, "merge keys are not for manifests", "write the fields out")
            return None
        if value in items:
            self._fault(
                "duplicate-key", event, f'"{value[:60]}" is given twice in one mapping', "remove one of the two"
            )
            return None
        return value

    def _place(self, event: Event, path: str, key: tuple[int, int] | None, text: str | None, quoted: bool) -> str:
        if self._wants_places:
            here = _at(event)
            self.read.places[-1][path] = Place(key or here, here, text, quoted)
        return path
