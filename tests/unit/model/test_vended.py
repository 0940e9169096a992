"""What a silo's account says of vended credentials is foreign text: none of it reaches commands or ends a look."""

from __future__ import annotations

from typing import Any

import pytest

from controller.model.vended import fault

SAID = {
    "prefix": "inbound/probe",
    "protocols": ["api", "sftp"],
    "permissions": ["list", "upload"],
    "by": "ana@acme.example",
    "at": "2026-12-09T08:00:00Z",
    "expires": "2026-12-12T08:00:00Z",
}


def template(said: Any = SAID, name: str = "probe", **resources: Any) -> dict[str, Any]:
    return {"Metadata": {"lake:vended": {name: said}}, "Resources": resources}


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"Resources": {"Nothing": {"Type": "AWS::CloudFormation::WaitConditionHandle"}}},
        template(),
        template(
            {**SAID, "cidrs": ["2001:db8::/32"], "maxObjectMiB": 5, "note": "\x1b[2J", "serial": 1, "active": False}
        ),
        template(Key={"Type": "AWS::IAM::AccessKey", "Properties": {"UserName": {"Ref": "User"}, "Serial": 0}}),
    ],
)
def test_what_a_web_app_writes_is_taken(given: dict[str, Any]) -> None:
    assert fault(given) == ""


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("prefix", "inbound\nspec: {}"),
        ("prefix", None),
        ("protocols", ["api]\n      permissions: [delete"]),
        ("protocols", "api"),
        ("protocols", [["api"]]),
        ("permissions", ["admin"]),
        ("cidrs", ["203.0.113.0/24 # "]),
        ("cidrs", "203.0.113.0/24"),
        ("cidrs", [{}]),
        ("maxObjectMiB", "5\n  revoked: false"),
        ("maxObjectMiB", True),
        ("by", "ana\x1b]0;x\x07"),
        ("note", ["a"]),
        ("at", ""),
        ("expires", "2026-12-12T08:00:00"),
        ("expires", "2026-13-12T08:00:00Z"),
        ("expires", "2026-12-12T08:00:00Z\n"),
        ("active", "no"),
    ],
)
def test_what_no_web_app_writes_is_named(field: str, value: Any) -> None:
    wrong = fault(template({**SAID, field: value}))
    assert wrong.startswith(f"{field} of credential probe is ")
    assert wrong.isprintable()


@pytest.mark.parametrize(
    "given",
    [
        {"Metadata": []},
        {"Metadata": {"lake:vended": "x"}},
        {"Resources": None},
        template(name="probe; rm -rf ~"),
        template(name="\u202eeborp"),
        template("text"),
        template(User="text"),
        template(**{"\x1b[2J": {"Properties": 1}}),
        template(Key={"Type": "AWS::IAM::AccessKey"}),
        template(Key={"Type": "AWS::IAM::AccessKey", "Properties": {"UserName": ["a"]}}),
    ],
)
def test_what_is_no_template_of_a_web_apps_is_said_so(given: dict[str, Any]) -> None:
    wrong = fault(given)
    assert wrong and wrong.isprintable()
