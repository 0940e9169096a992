"""Names that are ours for ever: changing one replaces what it names."""

from __future__ import annotations

import pytest

from controller.model.ownership import bundle_key, code_bucket, logical_id, role_arn, site_key


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("storage",), "Storage"),
        (("flow", "orders"), "FlowOrders"),
        (("flow", "web-sessions"), "FlowWebSessions"),
        (("flow", "orders2"), "FlowOrders2"),
    ],
)
def test_a_logical_id_follows_from_a_name(words: tuple[str, ...], expected: str) -> None:
    assert logical_id(*words) == expected


def test_keys_buckets_and_roles_are_called_as_the_templates_call_them() -> None:
    assert bundle_key("200000000001") == "releases/200000000001/bundle.zip"
    assert site_key("200000000001") == "releases/200000000001/site.zip"
    assert code_bucket("acme-code", "eu-west-1") == "acme-code-eu-west-1"
    assert role_arn("200000000001", "lake-controller-read") == (
        "arn:aws:iam::200000000001:role/lake/lake-controller-read"
    )
