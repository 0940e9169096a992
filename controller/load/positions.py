"""The place of a manifest's field, found by reading its text once more, and only when somebody asks."""

from __future__ import annotations

from controller.load.text import Place, read
from controller.model.source import Source


def parent(field: str) -> str:
    """The path one level up: `spec.access[1]` of `spec.access[1].silo`."""
    return field[: max(field.rfind("."), field.rfind("["), 0)]


class TextPositions:
    """Implements `model.manifest.Positions` for one document of a text."""

    __slots__ = ("_document", "_path", "_places", "_text")

    def __init__(self, path: str, text: str, document: int) -> None:
        self._path = path
        self._text = text
        self._document = document
        self._places: dict[str, Place] | None = None

    def at(self, field: str) -> Source:
        """A scalar's own place; a list's or mapping's key, for that is the line which people look for."""
        place = self.place(field)
        if place is None:
            return Source(self._path)
        return Source(self._path, *(place.key if place.text is None else place.value))

    def key(self, field: str) -> Source:
        place = self.place(field)
        return Source(self._path, *place.key) if place else Source(self._path)

    def written(self, field: str) -> str | None:
        """An unquoted scalar as it is written, where that differs from what YAML reads; None for all else."""
        place = self._all().get(field)
        return place.text if place and not place.quoted else None

    def place(self, field: str) -> Place | None:
        """The place of the field, or of its nearest parent that exists."""
        places = self._all()
        while field and field not in places:
            field = parent(field)
        return places.get(field)

    def _all(self) -> dict[str, Place]:
        if self._places is None:
            found = read(self._text, places=True).places
            self._places = found[self._document] if self._document < len(found) else {}
        return self._places
