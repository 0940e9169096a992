"""What holds for the edits between any two values: carried out as they are shown, they lead from one to the other."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from copy import deepcopy
from typing import Any

from deepdiff import DeepDiff
from hypothesis import given, settings
from hypothesis import strategies as st

from controller.diff.edits import KEYS, Edit, edits


def written(value: Any) -> str:
    """As JSON, one text for one value."""
    return json.dumps(value, sort_keys=True)


names = st.sampled_from(["A", "b", "Fn::Sub", "a.b", "2", "(position)", "(json)", "x[y]", ""])
texts = st.dictionaries(st.sampled_from("ab"), st.integers(0, 3), max_size=2).map(written)
scalars = texts | st.booleans() | st.integers(-3, 3) | st.text("ab.[]/ ", max_size=3)
inner = st.dictionaries(names, scalars, max_size=2)


def named(inside: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Items that have a name of their own."""
    item = st.builds(lambda name, more: {**more, "Key": name}, names, st.dictionaries(st.just("Value"), inside))
    return st.lists(item, max_size=5, unique_by=lambda one: one["Key"])


values = st.recursive(
    scalars,
    lambda inside: st.lists(inside, max_size=4) | st.dictionaries(names, inside, max_size=3) | named(inside),
    max_leaves=10,
)
lists = named(scalars) | st.lists(scalars, max_size=6) | st.lists(inner, max_size=4)
Steps = list[str]
POSITION, INSIDE = "\0(position)", "\0(json)"
STEP = re.compile(r'\.?([^.\[\]"]+)|\[("(?:[^"\\]|\\.)*")\]|\[([^\]"]*)\]')


def steps(path: str) -> Steps:
    """Of `Tags[Team].Value` the names; what is no name, a place in a list or the position, begins with a NUL."""
    found = []
    for plain, quoted, bare in STEP.findall(path):
        name = json.loads(quoted) if quoted else plain or bare
        found.append(f"\0{name}" if not quoted and (bare.isdigit() or plain in ("(position)", "(json)")) else name)
    return found


def carried_out(value: Any, shown: list[tuple[Steps, Edit]]) -> Any:
    """`value` as it is once each of the edits was made, by nothing but what is shown of them."""
    if shown and not shown[0][0]:
        return shown[0][1].after
    below: dict[str, list[tuple[Steps, Edit]]] = defaultdict(list)
    for (first, *rest), edit in shown:
        below[first].append((rest, edit))
    if INSIDE in below:
        return written(carried_out(json.loads(value), below[INSIDE]))
    return in_list(value, below) if isinstance(value, list) else in_mapping(value, below)


def in_mapping(value: dict[str, Any], below: dict[str, list[tuple[Steps, Edit]]]) -> dict[str, Any]:
    made = {**value}
    for name, its in below.items():
        (rest, edit), *_ = its
        if not rest and edit.after is None:
            del made[name]
        else:
            made[name] = edit.after if not rest else carried_out(made[name], its)
    return made


def in_list(value: list[Any], below: dict[str, list[tuple[Steps, Edit]]]) -> list[Any]:
    made = list(value)
    placed: list[tuple[int, Any]] = []
    for first, its in sorted(below.items(), key=lambda one: -number(one[0])):
        for rest, edit in its:
            gone = edit.before is not None
            if rest == [POSITION]:
                placed.append((edit.after, made.pop(where(made, first))))
            elif not rest and gone:
                made.pop(where(made, first))
            if not rest and edit.after is not None:
                place = number(first) if first.startswith("\0") else edit.at
                placed.append((len(value) + len(below) if place is None else place, edit.after))
    for place, item in sorted(placed, key=lambda one: one[0]):
        made.insert(place, item)
    for first, its in below.items():
        deeper = [(rest, edit) for rest, edit in its if rest and rest != [POSITION]]
        if deeper:
            at = where(made, first)
            made[at] = carried_out(made[at], deeper)
    return made


def number(step: str) -> int:
    return int(step[1:]) if step.startswith("\0") else 0


def where(items: list[Any], step: str) -> int:
    if step.startswith("\0"):
        return number(step)
    return next(n for n, item in enumerate(items) if step in (item.get(key) for key in KEYS))


def follow(before: Any, after: Any) -> list[Edit]:
    found = edits(before, after)
    assert carried_out(deepcopy(before), [(steps(edit.path), edit) for edit in found]) == after
    return found


@given(values, values)
@settings(max_examples=400)
def test_edits_carried_out_as_they_are_shown_lead_from_one_value_to_the_other(before: Any, after: Any) -> None:
    found = follow({"P": before}, {"P": after})
    assert (found == []) == (before == after)
    assert found == edits({"P": deepcopy(before)}, {"P": deepcopy(after)})


@given(lists, lists)
@settings(max_examples=400)
def test_so_do_those_of_two_lists(before: list[Any], after: list[Any]) -> None:
    follow({"P": before}, {"P": after})


@given(values, values)
def test_no_path_is_shown_twice(before: Any, after: Any) -> None:
    paths = [edit.path for edit in edits({"P": before}, {"P": after})]
    assert len(paths) == len(set(paths))


@given(lists, st.data())
@settings(max_examples=200)
def test_one_item_that_comes_or_goes_is_one_edit(items: list[Any], data: st.DataObject) -> None:
    if not items:
        return
    place = data.draw(st.integers(0, len(items) - 1))
    without = items[:place] + items[place + 1 :]
    assert len(edits(items, without)) == len(edits(without, items)) == 1


@given(named(scalars), st.data())
@settings(max_examples=200)
def test_one_named_item_that_moves_is_one_edit(items: list[Any], data: st.DataObject) -> None:
    if not items:
        return
    moved = [*items]
    moved.insert(data.draw(st.integers(0, len(items) - 1)), moved.pop(data.draw(st.integers(0, len(items) - 1))))
    found = follow(items, moved)
    assert len(found) == (items != moved)


@given(st.lists(scalars, min_size=1, max_size=6), st.data())
def test_one_scalar_that_is_another_is_one_edit(items: list[Any], data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(items) - 1))
    assert len(follow(items, [*items[:place], "another", *items[place + 1 :]])) == 1


@given(values, values)
@settings(max_examples=200)
def test_a_second_judge_finds_a_difference_where_edits_are_shown_and_nowhere_else(before: Any, after: Any) -> None:
    differs = DeepDiff(before, after, ignore_type_in_groups=[(bool, int)])  # for Python True is 1, here as there
    assert bool(edits(before, after)) == bool(differs)
