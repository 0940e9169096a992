"""Web sites of the embedded AWS: what a browser gets from a distribution and the bucket behind it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from controller.local import clients
from controller.local.resources import store
from tests.fakes import site as fake
from tests.fakes.site import ACCOUNT, BUCKET, REGION, Deployed

pytestmark = pytest.mark.emulator


@pytest.fixture(scope="module")
def running(embedded_process: Any, small_lake: Any) -> Iterator[Deployed]:
    embedded_process.reset(small_lake)
    physical = fake.deploy()
    s3 = clients.client("s3", ACCOUNT, REGION)
    s3.put_object(Bucket=BUCKET, Key="index.html", Body=b"<p>partners</p>", ContentType="text/html")
    s3.put_object(Bucket=BUCKET, Key="scripts/a b.mjs", Body=b"export {}", CacheControl="no-cache")
    yield Deployed(embedded_process.sites[0], physical)


@pytest.fixture
def deployed(running: Deployed) -> Iterator[Deployed]:
    """With its settings and its bucket's policy brought back afterwards, whatever a test does to them."""
    s3, kept = clients.client("s3", ACCOUNT, REGION), settings(running)
    policy, before = s3.get_bucket_policy(Bucket=BUCKET)["Policy"], json.dumps(kept)
    yield running
    s3.put_bucket_policy(Bucket=BUCKET, Policy=policy)
    kept.clear()
    kept.update(json.loads(before))


def settings(deployed: Deployed) -> dict[str, Any]:
    """The distribution's own, live."""
    kept = store.find(ACCOUNT, REGION, "AWS::CloudFront::Distribution", deployed.site.id)
    assert kept is not None
    found: dict[str, Any] = kept.properties["DistributionConfig"]
    return found


def put_policy(*statements: dict[str, Any]) -> None:
    text = json.dumps({"Version": "2012-10-17", "Statement": statements})
    clients.client("s3", ACCOUNT, REGION).put_bucket_policy(Bucket=BUCKET, Policy=text)


def readers(distribution: str, action: str = "s3:GetObject", resource: str = f"arn:aws:s3:::{BUCKET}/*") -> Any:
    source = f"arn:aws:cloudfront::{ACCOUNT}:distribution/{distribution}"
    condition = {"StringEquals": {"AWS:SourceArn": source}}
    return fake.statement("cloudfront.amazonaws.com", action, resource, Condition=condition)


def test_a_distribution_answers_at_a_port_of_this_machine(deployed: Deployed) -> None:
    assert deployed.site.id == deployed.physical["Distribution"]
    assert (deployed.site.account, deployed.site.region) == (ACCOUNT, REGION)
    assert deployed.site.domain.endswith(".cloudfront.net")
    page = deployed.ask("/")
    assert (page.status, page.body, page.headers["content-type"]) == (200, b"<p>partners</p>", "text/html")
    assert deployed.ask("/scripts/a%20b.mjs").headers["cache-control"] == "no-cache"


def test_a_page_that_has_not_changed_is_not_sent_again(deployed: Deployed) -> None:
    tag = deployed.ask("/index.html").headers["etag"]
    again = deployed.ask("/index.html", If_None_Match=tag)
    assert (again.status, again.body, again.headers["etag"]) == (304, b"", tag)


def test_a_part_of_a_file_and_its_head_can_be_asked_for(deployed: Deployed) -> None:
    part = deployed.ask("/index.html", Range="bytes=0-2")
    assert (part.status, part.body) == (206, b"<p>")
    head = deployed.ask("/index.html", "HEAD")
    assert (head.status, head.body, head.headers["content-length"]) == (200, b"", "15")


def test_answers_have_the_headers_of_the_policy(deployed: Deployed, embedded_process: Any) -> None:
    for page in (deployed.ask("/"), deployed.ask("/absent"), deployed.ask("/api/open")):
        assert page.headers["x-content-type-options"] == "nosniff"
        assert page.headers["strict-transport-security"] == "max-age=63072000"
        assert (page.headers["x-frame-options"], page.headers["referrer-policy"]) == ("DENY", "no-referrer")
    assert deployed.ask("/").headers["cache-control"] == "no-store"  # where the origin says nothing


def test_where_a_page_may_connect_to_aws_it_may_to_the_embedded_one(deployed: Deployed, embedded_process: Any) -> None:
    policy = deployed.ask("/").headers["content-security-policy"]
    assert policy == f"default-src 'none'; connect-src 'self' {embedded_process.endpoint}"


def test_what_is_not_there_is_forbidden_to_whoever_may_not_list(deployed: Deployed) -> None:
    assert deployed.ask("/absent").status == 403
    put_policy(readers(deployed.site.id), readers(deployed.site.id, "s3:ListBucket", f"arn:aws:s3:::{BUCKET}"))
    assert deployed.ask("/absent").status == 404


REFUSING: dict[str, Any] = {
    "nobody": lambda site: [],
    "another distribution": lambda site: [readers("E0000000000000")],
    "another path": lambda site: [readers(site, resource=f"arn:aws:s3:::{BUCKET}/other/*")],
    "but forbids": lambda site: [readers(site), {**readers(site), "Effect": "Deny", "Principal": "*"}],
}


@pytest.mark.parametrize("case", REFUSING)
def test_the_buckets_policy_decides_who_reads_it(deployed: Deployed, case: str) -> None:
    statements = REFUSING[case](deployed.site.id) or [readers("nobody", "s3:PutObject")]
    put_policy(*statements)
    assert deployed.ask("/").status == 403
    put_policy(readers(deployed.site.id))
    assert deployed.ask("/").status == 200


def test_without_an_access_control_nothing_is_signed_and_nothing_read(deployed: Deployed) -> None:
    del settings(deployed)["Origins"][0]["OriginAccessControlId"]
    assert deployed.ask("/").status == 403


def test_a_sealed_object_needs_the_key_too(deployed: Deployed) -> None:
    kms, s3 = (clients.client(name, ACCOUNT, REGION) for name in ("kms", "s3"))
    own = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "kms:*", "Resource": "*"}
    key = kms.create_key(Policy=json.dumps({"Version": "2012-10-17", "Statement": [own]}))["KeyMetadata"]["KeyId"]
    s3.put_object(Bucket=BUCKET, Key="sealed.html", Body=b"sealed", ServerSideEncryption="aws:kms", SSEKMSKeyId=key)
    assert deployed.ask("/sealed.html").status == 403
    its = {**readers(deployed.site.id, "kms:Decrypt"), "Resource": "*"}
    kms.put_key_policy(
        KeyId=key, PolicyName="default", Policy=json.dumps({"Version": "2012-10-17", "Statement": [own, its]})
    )
    assert deployed.ask("/sealed.html").body == b"sealed"


def test_only_the_methods_of_a_behaviour_pass(deployed: Deployed) -> None:
    assert deployed.ask("/index.html", "POST", b"x").status == 403
    assert deployed.ask("/api/open", "POST", b"x").status == 200
    settings(deployed)["CacheBehaviors"][0]["AllowedMethods"] = ["GET", "HEAD"]
    assert deployed.ask("/api/open", "POST", b"x").status == 403


def test_an_error_page_stands_for_errors_of_every_origin(deployed: Deployed) -> None:
    page = {"ResponseCode": 200, "ResponsePagePath": "/index.html"}
    settings(deployed)["CustomErrorResponses"] = [{"ErrorCode": 403, **page}, {"ErrorCode": 404, **page}]
    for path in ("/absent", "/api/all/absent"):
        shown = deployed.ask(path)
        assert (shown.status, shown.body) == (200, b"<p>partners</p>")


def test_without_a_policy_an_origin_gets_neither_query_nor_headers(deployed: Deployed) -> None:
    del settings(deployed)["CacheBehaviors"][0]["OriginRequestPolicyId"]
    event = deployed.ask("/api/open?a=1", Authorization="Bearer x", Cookie="a=1", X_Mine="yes").json
    assert event["rawQueryString"] == "" and "cookies" not in event
    assert {"authorization", "x-mine"}.isdisjoint(event["headers"])
    assert event["headers"]["user-agent"] == "Amazon CloudFront"


def test_an_api_is_not_known_by_the_sites_name(deployed: Deployed) -> None:
    settings(deployed)["CacheBehaviors"][0]["OriginRequestPolicyId"] = "216adef6-5c7f-47e4-b989-5492eafa07d3"
    assert deployed.ask("/api/open").status == 403  # the viewer's Host header reached it


def test_a_distribution_that_is_disabled_serves_nobody(deployed: Deployed) -> None:
    settings(deployed)["Enabled"] = False
    assert deployed.ask("/").status == 403


def test_an_update_is_there_at_once_and_a_deletion_closes_the_port(embedded: Any) -> None:
    physical = fake.deploy()
    site = Deployed(embedded.sites[0], physical)
    clients.client("s3", ACCOUNT, REGION).put_object(Bucket=BUCKET, Key="start.html", Body=b"start")
    changed = fake.template()
    changed["Resources"]["Distribution"]["Properties"]["DistributionConfig"]["DefaultRootObject"] = "start.html"
    fake.deploy(changed)
    assert site.ask("/").body == b"start"
    for kind in ("Distribution", "Policy"):
        del changed["Resources"][kind]
    fake.deploy(changed)
    assert embedded.sites == ()
    with pytest.raises(ConnectionRefusedError):
        site.ask("/")


def test_a_reset_closes_all_ports(embedded: Any, small_lake: Any) -> None:
    site = Deployed((fake.deploy(), embedded.sites)[1][0], {})
    embedded.reset(small_lake)
    assert embedded.sites == ()
    for address in (site.site.address, site.site.api):
        with pytest.raises(ConnectionRefusedError):
            site.ask("/", at=address)
