from __future__ import annotations

from typing import Any

import pytest

from controller.diff.policy import differences

TLS: dict[str, Any] = {
    "Sid": "TlsOnly",
    "Effect": "Deny",
    "Principal": "*",
    "Action": "s3:*",
    "Resource": ["arn:aws:s3:::raw", "arn:aws:s3:::raw/*"],
    "Condition": {"Bool": {"aws:SecureTransport": False}},
}


def document(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


@pytest.mark.parametrize(
    "rewritten",
    [
        {**TLS, "Principal": {"AWS": "*"}},
        {**TLS, "Principal": {"AWS": ["*"]}},
        {**TLS, "Action": ["S3:*"]},
        {**TLS, "Resource": list(reversed(TLS["Resource"]))},
        {**TLS, "Condition": {"Bool": {"AWS:SecureTransport": ["false"]}}},
        {key: TLS[key] for key in reversed(TLS)},
        {**TLS, "Sid": "Renamed"},
    ],
    ids=["principal", "principals", "action", "order", "condition", "keys", "sid"],
)
def test_what_aws_rewrites_is_no_difference(rewritten: dict[str, Any]) -> None:
    assert differences(document(TLS), document(rewritten)) == ()


def test_a_single_statement_may_stand_without_a_list() -> None:
    assert differences(document(TLS), {"Statement": TLS}) == ()


def test_an_account_is_its_root() -> None:
    allow = {"Effect": "Allow", "Principal": {"AWS": "100000000001"}, "Action": "s3:GetObject", "Resource": "*"}
    root = {**allow, "Principal": {"AWS": "arn:aws:iam::100000000001:root"}}
    assert differences(document(allow), document(root)) == ()
    other = {**allow, "Principal": {"AWS": "arn:aws:iam::100000000002:root"}}
    assert differences(document(allow), document(other)) != ()


def test_added_removed_and_changed_statements_are_told_apart() -> None:
    added = {"Sid": "Everybody", "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "*"}
    narrowed = {**TLS, "Resource": "arn:aws:s3:::raw"}
    (extra,) = differences(document(TLS), document(TLS, added))
    assert (extra.path, extra.before, extra.after) == ("Statement[Everybody]", None, added)
    (gone,) = differences(document(TLS), None)
    assert (gone.before, gone.after) == (TLS, None)
    (changed,) = differences(document(TLS), document(narrowed))
    assert (changed.before, changed.after) == (TLS, narrowed)
