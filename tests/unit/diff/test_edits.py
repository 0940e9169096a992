"""What a person would say that differs between two values."""

from __future__ import annotations

from typing import Any

import pytest

from controller.diff.edits import edits

ORDER, TOTAL, AREA = ({"Name": name, "Type": "int"} for name in ("order", "total", "area"))
FIRST, SECOND = ({"Rank": rank, "On": True} for rank in (1, 2))
READ, WRITE = ({"Sid": sid, "Effect": "Allow", "Action": [f"s3:{sid}"]} for sid in ("Get", "Put"))


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ([ORDER, TOTAL, AREA], [TOTAL, AREA], [("C[order]", ORDER, None, None)]),
        ([ORDER, AREA], [ORDER, TOTAL, AREA], [("C[total]", None, TOTAL, 1)]),
        ([ORDER, AREA], [ORDER, AREA, TOTAL], [("C[total]", None, TOTAL, None)]),
        ([ORDER, TOTAL, AREA], [AREA, ORDER, TOTAL], [("C[area].(position)", 2, 0, None)]),
        (
            [ORDER, TOTAL],
            [{**TOTAL, "Type": "bigint"}],
            [("C[order]", ORDER, None, None), ("C[total].Type", "int", "bigint", None)],
        ),
        ([READ], [{**READ, "Action": ["s3:Get", "s3:Head"]}], [("C[Get].Action[1]", None, "s3:Head", None)]),
        ([READ, WRITE], [WRITE], [("C[Get]", READ, None, None)]),
        (["a", "b", "c"], ["a", "c"], [("C[1]", "b", None, None)]),
        (["a", "c"], ["a", "b", "c"], [("C[1]", None, "b", None)]),
        (["a", "b", "c"], ["a", "x", "c"], [("C[1]", "b", "x", None)]),
        ([FIRST, SECOND], [{**SECOND, "On": False}], [("C[0]", FIRST, None, None), ("C[0].On", True, False, None)]),
        ([{"Name": {"Ref": "A"}, "B": 1}], [{"Name": {"Ref": "A"}, "B": 2}], [("C[0].B", 1, 2, None)]),
        ([ORDER, ORDER], [ORDER], [("C[1]", ORDER, None, None)]),
        ({"Fn::Sub": "${A}-x"}, {"Fn::Sub": "${A}-y"}, [("C.Fn::Sub", "${A}-x", "${A}-y", None)]),
        ([{"Key": "12", "Value": 1}], [{"Key": "12", "Value": 2}], [('C["12"].Value', 1, 2, None)]),
        ('{"A": [1], "B": 2}', '{"B": 2, "A": [1, 3]}', [("C.(json).A[1]", None, 3, None)]),
        ('{"A": 1}', '{ "A": 1 }', [("C", '{"A": 1}', '{ "A": 1 }', None)]),
        ('{"A": 1}', "{A}", [("C", '{"A": 1}', "{A}", None)]),
        ({"a.b": 1}, {"a.b": 2}, [('C["a.b"]', 1, 2, None)]),
    ],
    ids=[
        "a dropped column",
        "a column in between",
        "a column at the end",
        "a column that moved",
        "one dropped and one of another type",
        "an action more",
        "a statement less",
        "a word less",
        "a word more",
        "another word",
        "items without a name of their own",
        "a name that only AWS knows",
        "one name twice",
        "a function",
        "a name that looks like a place",
        "JSON in a text",
        "the same JSON, written otherwise",
        "a text that only looks like JSON",
        "a name that looks like a path",
    ],
)
def test_a_change_is_told_as_one_would_say_it(before: Any, after: Any, told: list[Any]) -> None:
    assert [(one.path, one.before, one.after, one.at) for one in edits({"C": before}, {"C": after})] == told


def test_a_path_is_also_told_as_the_schemas_of_resource_types_have_it() -> None:
    before, after = {"KeySchema": [{"AttributeName": "a", "KeyType": "HASH"}]}, {"KeySchema": []}
    assert [one.pointer for one in edits(before, after)] == ["/KeySchema/*"]


def test_long_lists_are_told_too() -> None:
    many = [f"arn:aws:s3:::lake/{number}" for number in range(20_000)]
    assert len(edits(many, many[:7_000] + many[7_001:])) == 1
    assert len(edits(many, list(reversed(many)))) == 20_000
    assert len(edits(many, [f"{one}/*" for one in many[1:]])) == 20_000
    tags = [{"Key": one, "Value": "a"} for one in many]
    assert len(edits(tags, tags[1:])) == 1
