"""A logical home directory: the client sees a root, S3 a prefix (Transfer Family user guide, logical directories)."""

from __future__ import annotations

import json
import posixpath
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


class NoHome(Exception):
    """The authorizer's answer names no home that a session could begin in."""


@dataclass(frozen=True, slots=True)
class Home:
    bucket: str
    prefix: str  # without slashes around it; empty for the whole bucket

    @classmethod
    def of(cls, answer: Mapping[str, Any]) -> Home:
        """Only a single mapping of the root is known here: it is all that the blueprints use. Raises NoHome."""
        try:
            entries = json.loads(answer["HomeDirectoryDetails"])
            (target,) = (entry["Target"] for entry in entries if entry["Entry"] == "/")
        except (KeyError, TypeError, ValueError) as error:
            raise NoHome("HomeDirectoryDetails must map / and nothing else") from error
        if answer.get("HomeDirectoryType") != "LOGICAL" or not target.startswith("/") or target.endswith("/"):
            raise NoHome("a logical target begins with a slash and ends without one")
        bucket, _, prefix = target[1:].partition("/")
        return cls(bucket, prefix)

    def path(self, asked: bytes) -> str:
        """The path as the client sees it, from its root: dots are resolved there, and lead no higher.

        Raises ValueError for names that are no text, or that hold control characters.
        """
        text = asked.decode("utf-8")
        if any(ord(character) < 0x20 or ord(character) == 0x7F for character in text):
            raise ValueError("control characters in a name")
        return "/" + posixpath.normpath("/" + text).lstrip("/")

    def key(self, asked: bytes) -> str:
        """The object's key; that of the root is the prefix itself."""
        return "/".join(part for part in (self.prefix, self.path(asked)[1:]) if part)
