from __future__ import annotations

import pytest

from controller.load.positions import TextPositions, parent

TEXT = """\
# a comment
kind: Flow
spec:
  list: [one, two]
  items:
    - name: a
    - {name: b}
---
kind: Silo
spec: {deep: {er: 1}}
"""


@pytest.mark.parametrize(
    ("document", "field", "place"),
    [
        (0, "", "f.yaml:2:1"),
        (0, "kind", "f.yaml:2:7"),
        (0, "spec", "f.yaml:3:1"),
        (0, "spec.list", "f.yaml:4:3"),
        (0, "spec.list[1]", "f.yaml:4:15"),
        (0, "spec.items[0]", "f.yaml:6:7"),
        (0, "spec.items[0].name", "f.yaml:6:13"),
        (0, "spec.items[1].name", "f.yaml:7:14"),
        (0, "spec.items[7].name", "f.yaml:5:3"),
        (0, "spec.missing.field", "f.yaml:3:1"),
        (0, "missing", "f.yaml:2:1"),
        (1, "kind", "f.yaml:9:7"),
        (1, "spec.deep.er", "f.yaml:10:19"),
    ],
)
def test_a_field_has_its_place_or_that_of_its_parent(document: int, field: str, place: str) -> None:
    assert str(TextPositions("f.yaml", TEXT, document).at(field)) == place


def test_the_places_key_is_not_its_value() -> None:
    assert str(TextPositions("f.yaml", TEXT, 1).key("spec.deep.er")) == "f.yaml:10:15"


def test_the_parents_end_at_the_document() -> None:
    assert [parent("a.b[1].c"), parent("a.b[1]"), parent("a"), parent("")] == ["a.b[1]", "a.b", "", ""]
