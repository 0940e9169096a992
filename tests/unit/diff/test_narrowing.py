"""What takes access away, so that nothing gives it back unasked."""

from __future__ import annotations

import pytest

from controller.diff.change import Change, Detail, Verb
from controller.diff.narrowing import narrows

POLICY, KEY, TABLE = "AWS::S3::BucketPolicy", "AWS::IAM::AccessKey", "AWS::Glue::Table"
ALLOW = {"Effect": "Allow", "Principal": "*"}


def change(type: str, verb: Verb = Verb.UPDATE, *details: Detail) -> Change:
    return Change("silo/sales/x/Thing", type, verb, "for some reason", details)


@pytest.mark.parametrize(
    ("one", "takes"),
    [
        (change(KEY, Verb.UPDATE, Detail("Status", "Active", "Inactive")), True),
        (change(KEY, Verb.UPDATE, Detail("Serial", 1, 2)), True),
        (change(KEY, Verb.DELETE), True),
        (change(KEY, Verb.CREATE), False),
        (change("AWS::Cognito::UserPoolUser", Verb.DELETE), True),
        (change("Custom::LakeCatalogPolicy", Verb.DELETE), True),
        (change(POLICY, Verb.REPLACE), True),
        (change(POLICY, Verb.UPDATE, Detail("PolicyDocument.Statement[Share]", ALLOW, None)), True),
        (change(POLICY, Verb.UPDATE, Detail("PolicyDocument.Statement[Share]", None, ALLOW)), False),
        (change(POLICY, Verb.UPDATE, Detail("PolicyDocument.Statement[No]", None, {"Effect": "Deny"})), True),
        (change(POLICY, Verb.UPDATE, Detail("PolicyDocument.Statement[Own].Condition", None, {"Bool": {}})), True),
        (change(POLICY, Verb.UPDATE, Detail("(Condition)", None, "Never")), True),
        (change(POLICY, Verb.UPDATE, Detail("(Metadata)", None, {"lake:field": "spec"})), False),
        (change(TABLE, Verb.DELETE), False),
        (change("bundle", Verb.BLOCKED), False),
    ],
)
def test_what_takes_access_away(one: Change, takes: bool) -> None:
    assert narrows([change(TABLE, Verb.CREATE), one]) is takes
