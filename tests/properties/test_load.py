"""Whatever a file holds, reading it yields manifests or problems, never another exception."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import yaml
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from controller.load.files import ManifestFile, decode
from controller.load.manifests import load
from controller.load.schema import valid
from controller.load.text import read
from controller.model.problem import CODES, Problem
from controller.resolve.resolution import resolve

ACME = Path(__file__).parents[1] / "lakes" / "acme"
TEXTS = [path.read_text() for path in sorted(ACME.rglob("*.yaml"))]
TODAY = date(2026, 11, 22)
FEW = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])

PIECES = st.sampled_from(
    [
        *("a", "b: ", "- ", "? ", ": ", "\n", "  ", "\t", "[", "]", "{", "}", "&x ", "*x", "!!str ", "!t ", "<<: "),
        *("'", '"', "|\n", ">-\n", "#", "---\n", "...\n", "%YAML 1.1\n", "012", "1.5", "yes", "~", "\\", "\0"),
        *("\x85", "\ufeff", "é", "kind: Flow\n"),
    ]
)


def judged(text: str) -> None:
    loaded = load([ManifestFile("some.yaml", text)])
    found = resolve(
        loaded.manifests,
        {},
        place="lake",
        available=frozenset(),
        today=TODAY,
        faulty=loaded.faulty,
        mended=loaded.mended,
    )
    for problem in (*loaded.problems, *found.problems):
        assert isinstance(problem, Problem)
        assert problem.code in CODES
        assert problem.message
        assert problem.at.line >= 1
        assert problem.at.column >= 1
        assert problem.at.path in ("some.yaml", "lake")
    assert loaded.manifests or loaded.problems or not text.strip("\ufeff \n")


@FEW
@given(st.binary(max_size=300))
@example(b"\xff\xfe")
@example(b"\x00" * 10)
def test_any_bytes_are_text_or_a_problem(content: bytes) -> None:
    text = decode(content, "some.yaml")
    if isinstance(text, str):
        judged(text)
    else:
        assert text.code in CODES


@FEW
@given(st.lists(PIECES, max_size=40).map("".join))
@example("? [a]: b")
@example("{? : }")
@example("a: !!binary x")
@example("- &a\n- *a")
@example("kind: Flow\nkind: Silo")
@example("kind: Flow\n...\n%TAG ! x\n--- !y")
def test_any_yaml_like_text_gives_manifests_or_problems(text: str) -> None:
    judged(text)


@FEW
@given(st.data())
def test_a_manifest_with_any_piece_changed_gives_manifests_or_problems(data: st.DataObject) -> None:
    text = data.draw(st.sampled_from(TEXTS))
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, min(len(text), start + 12)))
    judged(text[:start] + data.draw(st.lists(PIECES, max_size=4).map("".join)) + text[end:])


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**12), 10**12)
    | st.text(max_size=12)
    | st.sampled_from(["sales", "a/b", "*"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=12,
)


def leaves(value: Any) -> list[tuple[Any, Any]]:
    children = (
        list(value.items()) if isinstance(value, dict) else list(enumerate(value)) if isinstance(value, list) else []
    )
    return [(value, key) for key, _ in children] + [leaf for _, child in children for leaf in leaves(child)]


@FEW
@given(st.data(), JSON)
def test_a_manifest_with_any_value_gives_manifests_or_problems(data: st.DataObject, value: Any) -> None:
    manifest = yaml.load(data.draw(st.sampled_from(TEXTS)), Loader=yaml.BaseLoader)  # strings only
    parent, key = data.draw(st.sampled_from(leaves(manifest)))
    parent[key] = value
    judged(json.dumps(manifest, ensure_ascii=False).replace("\x7f", ""))


@FEW
@given(st.dictionaries(st.text("abc", min_size=1, max_size=3), JSON, max_size=4))
def test_json_is_read_as_json_reads_it(value: dict[str, Any]) -> None:
    found = read(json.dumps(value))
    if not found.faults:
        assert found.documents == [value]
        assert not valid("Flow", value)
