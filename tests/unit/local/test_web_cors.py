"""What a page of another origin may ask of the embedded AWS: each bucket's own rules decide."""

from __future__ import annotations

from http.client import HTTPConnection
from typing import Any

import pytest

from controller.local import clients
from tests.fakes import site as fake
from tests.fakes.site import ACCOUNT, REGION

pytestmark = pytest.mark.emulator

BUCKET, SITE = "acme-sales-dropzone", "https://uploads.acme.example"
RULE: dict[str, Any] = {
    "AllowedOrigins": [SITE, "https://*.cloudfront.net"],
    "AllowedMethods": ["GET", "PUT"],
    "AllowedHeaders": ["content-*", "Authorization"],
    "ExposeHeaders": ["ETag"],
    "MaxAgeSeconds": 600,
}


@pytest.fixture
def endpoint(embedded: Any) -> str:
    s3 = clients.client("s3", ACCOUNT, REGION)
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_bucket_cors(Bucket=BUCKET, CORSConfiguration={"CORSRules": [RULE]})
    return str(embedded.endpoint)


def ask(endpoint: str, method: str, path: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
    connection = HTTPConnection(endpoint.removeprefix("http://"), timeout=10)
    connection.request(method, path, headers={name.replace("_", "-"): value for name, value in headers.items()})
    answer = connection.getresponse()
    said = answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
    connection.close()
    return said


def preflight(endpoint: str, path: str = f"/{BUCKET}/a", **asked: str) -> tuple[int, dict[str, str], bytes]:
    asked = {"Origin": SITE, "Access-Control-Request-Method": "PUT", **asked}
    return ask(endpoint, "OPTIONS", path, **asked)


def test_a_rule_lets_its_origin_ask(endpoint: str) -> None:
    wanted = {"Access-Control-Request-Headers": "authorization, Content-MD5"}
    status, headers, _ = preflight(endpoint, **wanted)
    assert (status, headers["access-control-allow-origin"]) == (200, SITE)
    assert headers["access-control-allow-headers"] == "authorization, content-md5"
    assert headers["access-control-allow-methods"] == "GET, PUT"
    assert (headers["access-control-max-age"], headers["access-control-expose-headers"]) == ("600", "ETag")


REFUSED: dict[str, dict[str, str]] = {
    "another origin": {"Origin": "https://elsewhere.example"},
    "an origin that only begins alike": {"Origin": f"{SITE}.elsewhere.example"},
    "another method": {"Access-Control-Request-Method": "DELETE"},
    "another header": {"Access-Control-Request-Headers": "authorization, x-other"},
    "a site that is not there": {"Origin": "http://127.0.0.1:1"},
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_no_rule_has_is_refused(endpoint: str, case: str) -> None:
    status, headers, said = preflight(endpoint, **REFUSED[case])
    assert status == 403 and b"This CORS request is not allowed" in said
    assert not any(name.startswith("access-control-") for name in headers)


def test_a_bucket_without_rules_lets_nobody_ask(endpoint: str) -> None:
    clients.client("s3", ACCOUNT, REGION).delete_bucket_cors(Bucket=BUCKET)
    status, _, said = preflight(endpoint)
    assert status == 403 and b"CORS is not enabled for this bucket" in said


def test_the_answer_itself_says_who_may_read_it(endpoint: str) -> None:
    for origin, told in ((SITE, SITE), ("https://elsewhere.example", None)):
        _, headers, _ = ask(endpoint, "GET", f"/{BUCKET}/absent", Origin=origin)
        assert headers.get("access-control-allow-origin") == told
    _, headers, _ = ask(endpoint, "GET", f"/{BUCKET}/absent")
    assert "access-control-allow-origin" not in headers


def test_a_refusal_can_be_read_by_the_page_that_asked(endpoint: str) -> None:
    scope = f"AKIANOBODY/20260101/{REGION}/s3/aws4_request"
    signed = f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"
    status, headers, _ = ask(endpoint, "PUT", f"/{BUCKET}/a", Origin=SITE, Authorization=signed)
    assert (status, headers["access-control-allow-origin"]) == (403, SITE)


def test_a_site_at_a_port_counts_as_its_distribution(endpoint: str, embedded: Any) -> None:
    fake.deploy()
    for address in (embedded.sites[0].address, embedded.sites[0].address.replace("127.0.0.1", "localhost")):
        status, headers, _ = preflight(endpoint, Origin=address)
        assert (status, headers["access-control-allow-origin"]) == (200, address)
    s3 = clients.client("s3", ACCOUNT, REGION)
    s3.put_bucket_cors(Bucket=BUCKET, CORSConfiguration={"CORSRules": [{**RULE, "AllowedOrigins": [SITE]}]})
    assert preflight(endpoint, Origin=embedded.sites[0].address)[0] == 403


def test_everybody_may_sign_in_and_nobody_may_ask_sts(endpoint: str) -> None:
    wanted = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type,x-amz-target"}
    status, headers, _ = preflight(endpoint, "/", Origin="https://any.example", **wanted)
    assert (status, headers["access-control-allow-origin"]) == (200, "*")
    target = {"X-Amz-Target": "AWSCognitoIdentityProviderService.InitiateAuth"}
    _, headers, _ = ask(endpoint, "POST", "/", Origin="https://any.example", **target)
    assert headers["access-control-allow-origin"] == "*"
    signed = f"AWS4-HMAC-SHA256 Credential=AKIA/20260101/{REGION}/sts/aws4_request, SignedHeaders=host, Signature=0"
    _, headers, _ = ask(endpoint, "POST", "/", Origin="https://any.example", Authorization=signed)
    assert "access-control-allow-origin" not in headers
