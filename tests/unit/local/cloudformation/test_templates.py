from __future__ import annotations

import pytest

from controller.local.cloudformation import templates
from controller.local.cloudformation.errors import Refused


@pytest.mark.parametrize(
    ("url", "place"),
    [
        (
            "https://acme-code-eu-west-1.s3.eu-west-1.amazonaws.com/assets/sha256/a.json",
            ("acme-code-eu-west-1", "assets/sha256/a.json"),
        ),
        ("https://acme.s3.amazonaws.com/a%20b.json", ("acme", "a b.json")),
        ("https://s3.eu-west-1.amazonaws.com/acme/x/y.json", ("acme", "x/y.json")),
        ("http://127.0.0.1:4566/acme/x.json?X-Amz-Credential=AK%2F2026%2Fs3", ("acme", "x.json")),
    ],
)
def test_bucket_and_key_are_found_in_every_form_of_a_url(url: str, place: tuple[str, str]) -> None:
    assert templates.location(url) == place


@pytest.mark.parametrize("url", ["", "s3://acme/x.json", "https://s3.amazonaws.com/acme", "ftp://a/b/c"])
def test_what_is_no_address_of_an_object_is_refused(url: str) -> None:
    with pytest.raises(Refused, match="TemplateURL must be a supported URL"):
        templates.location(url)


def test_a_body_beyond_the_limit_is_refused() -> None:
    templates.check_body("x" * 51_200)
    with pytest.raises(Refused, match="length less than or equal to 51200"):
        templates.check_body("x" * 51_201)
