"""The web app's backend at work: credentials vended, shown once, extended, rotated, revoked and swept."""

from __future__ import annotations

import json
import threading
import uuid
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from controller.local import clients
from tests.functions import webapp
from tests.functions.webapp import ACCOUNT, ADMIN, BUCKET, PARTNERS, REGION, STACK, Answer, Backend, as_partner

pytestmark = pytest.mark.emulator

ALLOWED = {"AWS::IAM::User", "AWS::IAM::AccessKey", "AWS::SecretsManager::Secret"}


@pytest.fixture
def backend(embedded: Any) -> Backend:
    return webapp.deployed()


def refused(call: Callable[[], Any]) -> bool:
    try:
        call()
    except ClientError as error:
        return error.response["Error"]["Code"] in ("AccessDenied", "InvalidClientTokenId", "InvalidAccessKeyId")
    return False


def users() -> list[str]:
    found = clients.client("iam", ACCOUNT, REGION).list_users(PathPrefix=PARTNERS)["Users"]
    return sorted(user["UserName"] for user in found)


def listed(backend: Backend) -> dict[str, dict[str, Any]]:
    said = backend.call("GET", "/api/partners").said
    assert not said["busy"]
    return {one["name"]: one for one in said["credentials"]}


def test_a_vended_pair_works_on_its_prefix_alone(backend: Backend) -> None:
    pair = backend.pair("carrier")
    assert pair["prefix"] == "erp/"
    s3 = as_partner("s3", pair)
    s3.put_object(Bucket=BUCKET, Key="erp/a.csv", Body=b"a")
    assert [one["Key"] for one in s3.list_objects_v2(Bucket=BUCKET, Prefix="erp/")["Contents"]] == ["erp/a.csv"]
    assert refused(lambda: s3.put_object(Bucket=BUCKET, Key="erp2/a.csv", Body=b"a"))
    assert refused(lambda: s3.get_object(Bucket=BUCKET, Key="erp/a.csv"))
    assert refused(lambda: s3.list_objects_v2(Bucket=BUCKET, Prefix=""))
    assert refused(lambda: as_partner("iam", pair).list_users())


def test_a_secret_is_shown_once(backend: Backend) -> None:
    made = backend.vend("carrier")
    assert (made.status, made.said["name"], made.said["state"]) == (202, "carrier", "making")
    assert backend.reveal("carrier", "not the word").status == 403
    assert listed(backend)["carrier"]["shown"] is False
    shown = backend.reveal("carrier", made.said["reveal"])
    assert set(shown.said) == {"accessKeyId", "secretAccessKey", "region", "bucket", "prefix"}
    again = backend.reveal("carrier", made.said["reveal"])
    assert (again.status, again.code) == (410, "shown")
    assert shown.said["secretAccessKey"] not in json.dumps(again.said)
    assert listed(backend)["carrier"]["shown"] is True


def test_one_that_is_still_being_made_is_not_shown(backend: Backend) -> None:
    made = backend.vend("carrier")
    answer = backend.call("POST", "/api/credentials/carrier/reveal", {"reveal": made.said["reveal"]})
    if answer.status == 409:  # the embedded AWS may be faster than the second call
        assert (answer.code, answer.said["error"]["retryAfter"]) == ("making", 3)
        answer = backend.reveal("carrier", made.said["reveal"])
    assert answer.status == 200


def test_the_list_tells_git_and_vended_alike(backend: Backend) -> None:
    iam = clients.client("iam", ACCOUNT, REGION)
    tags = {"lake:prefix": "inbound/git", "lake:protocols": "sftp", "lake:permissions": "upload"}
    tags["lake:expires"] = "2020-01-31T23:59:59Z"
    iam.create_user(
        UserName="marketpulse", Path=PARTNERS, Tags=[{"Key": key, "Value": value} for key, value in tags.items()]
    )
    iam.create_user(UserName="other", Path="/partners/finance/")
    pair = backend.pair("carrier", cidrs=["127.0.0.0/8"], maxObjectMiB=5, note="till  the audit")
    as_partner("s3", pair).list_objects_v2(Bucket=BUCKET, Prefix="erp/")
    found = listed(backend)
    assert list(found) == ["marketpulse", "carrier"]
    assert (found["marketpulse"]["origin"], found["marketpulse"]["state"]) == ("git", "expired")
    assert found["marketpulse"]["shown"] is None
    carrier = found["carrier"]
    assert (carrier["origin"], carrier["state"], carrier["prefix"]) == ("vended", "active", "erp/")
    assert (carrier["cidrs"], carrier["maxObjectMiB"], carrier["note"]) == (["127.0.0.0/8"], 5, "till the audit")
    assert (carrier["vendedBy"], carrier["protocols"], carrier["permissions"]) == (
        ADMIN,
        ["api", "web"],
        ["list", "upload"],
    )
    assert [key["id"] for key in carrier["keys"]] == [pair["accessKeyId"][-4:]]
    assert backend.call("GET", "/api/credentials/carrier").said == carrier
    assert backend.call("GET", "/api/partners").said["dropzones"] == [
        {"prefix": "erp/", "flow": "erp"},
        {"prefix": "inbound/carrier/", "flow": "shipments"},
    ]


def test_a_rotation_ends_the_old_pair_and_shows_the_new_one_once(backend: Backend) -> None:
    old = backend.pair("carrier")
    rotated = backend.call("POST", "/api/credentials/carrier/rotate", {})
    assert rotated.status == 202
    new = backend.reveal("carrier", rotated.said["reveal"]).said
    assert new["accessKeyId"] != old["accessKeyId"]
    as_partner("s3", new).put_object(Bucket=BUCKET, Key="erp/a", Body=b"")
    assert refused(lambda: as_partner("s3", old).put_object(Bucket=BUCKET, Key="erp/b", Body=b""))
    assert backend.reveal("carrier", rotated.said["reveal"]).status == 410


def test_a_word_of_before_a_rotation_shows_nothing(backend: Backend) -> None:
    first = backend.vend("carrier").said["reveal"]
    backend.settled()
    backend.call("POST", "/api/credentials/carrier/rotate", {})
    assert backend.reveal("carrier", first).status == 403


def test_an_extension_reaches_the_policy_and_the_list(backend: Backend) -> None:
    backend.pair("carrier", hours=1)
    before = listed(backend)["carrier"]["expires"]
    assert backend.call("POST", "/api/credentials/carrier/extend", {"hours": 48}).status == 202
    backend.settled()
    after = listed(backend)["carrier"]["expires"]
    assert after > before
    policy = clients.client("iam", ACCOUNT, REGION).get_user_policy(UserName="vended-carrier", PolicyName="own-prefix")
    assert before not in json.dumps(policy["PolicyDocument"])
    assert after in json.dumps(policy["PolicyDocument"])


def test_a_revoked_pair_is_gone_and_its_story_stays(backend: Backend) -> None:
    pair = backend.pair("carrier")
    assert backend.call("DELETE", "/api/credentials/carrier").status == 202
    backend.settled()
    assert users() == []
    assert refused(lambda: as_partner("s3", pair).put_object(Bucket=BUCKET, Key="erp/a", Body=b""))
    assert backend.call("GET", "/api/credentials/carrier").status == 404
    told = backend.call("GET", "/api/audit").said["entries"]
    assert min(told, key=lambda one: str(one["at"]))["did"] == "vended"
    assert {one["did"] for one in told} == {"vended", "revealed", "revoked"}
    assert {one["by"] for one in told} == {ADMIN}
    assert backend.vend("carrier").status == 202, "the name is free again"


def test_two_who_revoke_the_same_are_both_told_that_it_goes(backend: Backend) -> None:
    backend.pair("carrier")
    with ThreadPoolExecutor() as pool:
        both = list(pool.map(lambda _: backend.call("DELETE", "/api/credentials/carrier").status, range(2)))
    backend.settled()
    assert both == [202, 202]
    assert [one["did"] for one in backend.call("GET", "/api/audit").said["entries"]].count("revoked") == 1


def test_the_last_one_leaves_an_empty_stack_that_still_works(backend: Backend) -> None:
    backend.pair("one")
    backend.call("DELETE", "/api/credentials/one")
    assert backend.settled() == "UPDATE_COMPLETE"
    assert (
        clients.client("cloudformation", ACCOUNT, REGION).describe_stack_resources(StackName=STACK)["StackResources"]
        == []
    )
    backend.pair("two")
    assert users() == ["vended-two"]


def test_before_the_first_one_everything_is_empty(backend: Backend) -> None:
    assert backend.call("GET", "/api/partners").said["credentials"] == []
    assert backend.call("GET", "/api/audit").said == {"entries": []}
    assert backend.call("DELETE", "/api/credentials/carrier").status == 404
    assert backend.sweep() == {"ended": 0}
    assert backend.call("GET", "/api/credentials/carrier").status == 404


def test_the_same_request_twice_is_done_once(backend: Backend) -> None:
    key = str(uuid.uuid4())
    first, second = backend.vend("carrier", key=key), backend.vend("carrier", key=key)
    backend.settled()
    third = backend.vend("carrier", key=key.upper())
    assert first.said == second.said == third.said
    assert (backend.vend("carrier").status, backend.vend("carrier").code) == (409, "name-taken")
    assert backend.vend("other", key=key).code == "idempotency-key"
    assert [one["did"] for one in backend.call("GET", "/api/audit").said["entries"]] == ["vended"]
    rotation = [backend.call("POST", "/api/credentials/carrier/rotate", {}, key=str(uuid.UUID(int=7))) for _ in "12"]
    assert rotation[0].said == rotation[1].said
    backend.settled()
    assert backend.template["Resources"]["CarrierKey"]["Properties"]["Serial"] == 1


def test_another_admins_request_with_the_same_key_is_another_request(backend: Backend) -> None:
    key = str(uuid.uuid4())
    first = backend.vend("one", key=key)
    second = backend.vend("two", key=key, who="other@sales.acme.example")
    assert (first.status, second.status) == (202, 202)
    assert first.said["reveal"] != second.said["reveal"]


def test_the_sweep_ends_what_is_over_and_later_takes_it_away(backend: Backend) -> None:
    backend.pair("short", hours=1)
    backend.pair("long", hours=100)
    assert backend.sweep() == {"ended": 0}
    _age(backend, "short", timedelta(hours=-1))
    assert backend.sweep() == {"ended": 1}
    backend.settled()
    found = listed(backend)
    assert (found["short"]["state"], [key["active"] for key in found["short"]["keys"]]) == ("expired", [False])
    assert found["long"]["state"] == "active"
    answer = backend.call("POST", "/api/credentials/short/rotate", {})
    assert (answer.status, answer.code) == (409, "ended")
    _age(backend, "short", timedelta(days=-8))
    assert backend.sweep() == {"ended": 1}
    backend.settled()
    assert users() == ["vended-long"]
    ended = [one for one in backend.call("GET", "/api/audit").said["entries"] if one["did"] == "ended"]
    assert {one["by"] for one in ended} == {"schedule"}
    assert len(ended) == 2


def test_an_ended_one_comes_back_when_it_is_extended(backend: Backend) -> None:
    pair = backend.pair("carrier")
    _age(backend, "carrier", timedelta(hours=-1))
    backend.sweep()
    backend.settled()
    assert refused(lambda: as_partner("s3", pair).put_object(Bucket=BUCKET, Key="erp/a", Body=b""))
    backend.call("POST", "/api/credentials/carrier/extend", {"hours": 1})
    backend.settled()
    as_partner("s3", pair).put_object(Bucket=BUCKET, Key="erp/a", Body=b"")


def _age(backend: Backend, name: str, ago: timedelta) -> None:
    """Let a credential's end be in the past, as time alone would."""
    backend.settled()
    template = backend.template
    end = (datetime.now(UTC) + ago).strftime("%Y-%m-%dT%H:%M:%SZ")
    template["Metadata"]["lake:vended"][name]["expires"] = end
    for tag in template["Resources"][f"{name.capitalize()}User"]["Properties"]["Tags"]:
        if tag["Key"] == "lake:expires":
            tag["Value"] = end
    clients.client("cloudformation", ACCOUNT, REGION).update_stack(
        StackName=STACK,
        TemplateBody=json.dumps(template),
        Parameters=[{"ParameterKey": key, "UsePreviousValue": True} for key in template["Parameters"]],
        Capabilities=["CAPABILITY_NAMED_IAM"],
    )
    assert backend.settled() == "UPDATE_COMPLETE"


def test_what_is_not_signed_in_does_nothing(backend: Backend) -> None:
    for method, path in (
        ("GET", "/api/partners"),
        ("POST", "/api/credentials"),
        ("GET", "/api/credentials/carrier"),
        ("POST", "/api/credentials/carrier/reveal"),
        ("POST", "/api/credentials/carrier/extend"),
        ("POST", "/api/credentials/carrier/rotate"),
        ("DELETE", "/api/credentials/carrier"),
        ("GET", "/api/audit"),
    ):
        answer = backend.call(method, path, {} if method == "POST" else None, who="")
        assert (answer.status, answer.code) == (401, "not-signed-in"), path
    assert users() == []


def test_the_configuration_holds_what_a_browser_needs(backend: Backend, embedded: Any) -> None:
    said = backend.call("GET", "/api/config", who="").said
    assert (said["organization"], said["silo"], said["region"], said["bucket"]) == ("acme", "sales", REGION, BUCKET)
    assert said["cognito"] == {"clientId": "client", "endpoint": embedded.endpoint}
    assert said["sts"] == {"endpoint": embedded.endpoint, "host": embedded.endpoint.removeprefix("http://")}
    assert said["site"] == "upload.sales.acme.example"


def signed(pair: Mapping[str, str], embedded: Any, site: str = "upload.sales.acme.example") -> dict[str, Any]:
    """As the browser signs: GetCallerIdentity, with the site that it is meant for."""
    headers = {"x-lake-site": site}
    body = "Action=GetCallerIdentity&Version=2011-06-15"
    request = AWSRequest("POST", f"{embedded.endpoint}/", headers, body)
    SigV4Auth(Credentials(pair["accessKeyId"], pair["secretAccessKey"]), "sts", REGION).add_auth(request)
    names = ("Authorization", "X-Amz-Date", "x-lake-site")
    return {"headers": {name: request.headers[name] for name in names}}


def test_a_partner_proves_itself_without_its_secret(backend: Backend, embedded: Any) -> None:
    pair = backend.pair("carrier", maxObjectMiB=100)
    proof = signed(pair, embedded)
    assert pair["secretAccessKey"] not in json.dumps(proof)
    answer = backend.call("POST", "/api/partner/session", proof, who="")
    assert answer.status == 200, answer.said
    assert answer.said["partner"] == "vended-carrier"
    assert (answer.said["prefix"], answer.said["permissions"]) == ("erp/", ["list", "upload"])
    assert (answer.said["maxObjectMiB"], answer.said["bucket"], answer.said["encryption"]) == (100, BUCKET, "s3")


def session(backend: Backend, embedded: Any, pair: Mapping[str, str], **more: Any) -> Answer:
    return backend.call("POST", "/api/partner/session", signed(pair, embedded), who="", **more)


def test_a_partner_is_refused_with_words(backend: Backend, embedded: Any) -> None:
    machine = backend.pair("machine", protocols=["api"])
    near = backend.pair("near", cidrs=["198.51.100.0/24"])
    ended = backend.pair("ended")
    wrong = {**near, "secretAccessKey": "x" * 40}
    _age(backend, "ended", timedelta(hours=-1))
    said = {
        "machine": session(backend, embedded, machine),
        "near": session(backend, embedded, near),
        "ended": session(backend, embedded, ended),
        "wrong": session(backend, embedded, wrong),
        "here": session(backend, embedded, near, headers={"CloudFront-Viewer-Address": "198.51.100.7:443"}),
    }
    assert {name: (answer.status, answer.code) for name, answer in said.items()} == {
        "machine": (403, "not-for-browsers"),
        "near": (403, "address-not-granted"),
        "ended": (403, "expired"),
        "wrong": (401, "wrong-pair"),
        "here": (200, ""),
    }
    assert "203.0.113.9" in said["near"].said["error"]["message"]
    backend.sweep()
    backend.settled()
    assert session(backend, embedded, ended).status == 401, "its key is inactive, of which STS says no more"


def test_a_pair_of_somebody_else_is_no_partners(backend: Backend, embedded: Any) -> None:
    iam = clients.client("iam", ACCOUNT, REGION)
    for name, path, code in (("person", "/", "not-a-partner"), ("other", "/partners/finance/", "other-silo")):
        iam.create_user(UserName=name, Path=path)
        key = iam.create_access_key(UserName=name)["AccessKey"]
        pair = {"accessKeyId": key["AccessKeyId"], "secretAccessKey": key["SecretAccessKey"]}
        assert session(backend, embedded, pair).code == code


def test_a_proof_for_another_site_or_time_is_refused(backend: Backend, embedded: Any) -> None:
    pair = backend.pair("carrier")

    def code(proof: Any) -> str:
        return backend.call("POST", "/api/partner/session", proof, who="").code

    assert code(signed(pair, embedded, site="evil.example")) == "other-site"
    proof = signed(pair, embedded)
    for name, value, expected in (
        ("X-Amz-Date", "20200101T000000Z", "clock"),
        ("Authorization", proof["headers"]["Authorization"].replace(";x-lake-site", ""), "invalid"),
        ("Authorization", proof["headers"]["Authorization"].replace("AKIA", "ASIA"), "invalid"),
        ("Authorization", proof["headers"]["Authorization"].replace(REGION, "us-east-1"), "other-site"),
        ("Authorization", proof["headers"]["Authorization"] + "\r\nHost: evil.example", "invalid"),
    ):
        assert code({"headers": {**proof["headers"], name: value}}) == expected, value
    for odd in ({}, {"headers": {}}, {"headers": "x"}, [], None, {"headers": {"authorization": 1}}):
        assert code(odd) == "invalid"


def test_no_secret_and_no_word_stands_anywhere_but_in_its_answer(backend: Backend, embedded: Any) -> None:
    made = backend.vend("carrier")
    pair = backend.reveal("carrier", made.said["reveal"]).said
    backend.call("POST", "/api/credentials/carrier/extend", {"hours": 3})
    backend.settled()
    session(backend, embedded, pair)
    api = clients.client("cloudformation", ACCOUNT, REGION)
    texts = [
        json.dumps(backend.template),
        json.dumps(api.describe_stack_events(StackName=STACK), default=str),
        json.dumps(api.describe_stacks(StackName=STACK), default=str),
        json.dumps(webapp.log()),
        json.dumps(backend.call("GET", "/api/partners").said),
        json.dumps(backend.call("GET", "/api/audit").said),
    ]
    for canary in (pair["secretAccessKey"], made.said["reveal"]):
        assert not [text for text in texts if canary in text]
    assert not [text for text in texts[-2:] if pair["accessKeyId"] in text]
    assert [one for one in webapp.log() if one.get("did") == "vended" and one["by"] == ADMIN]


def test_an_update_that_fails_is_told_and_costs_nobody_anything(backend: Backend) -> None:
    pair = backend.pair("one")
    clients.client("iam", ACCOUNT, REGION).create_user(UserName="vended-two", Path="/")
    made = backend.vend("two")
    assert backend.settled() == "UPDATE_ROLLBACK_COMPLETE"
    failed = backend.reveal("two", made.said["reveal"])
    assert (failed.status, failed.code) == (409, "failed")
    answer = backend.call("GET", "/api/credentials/two")
    assert (answer.status, answer.code) == (404, "failed")
    as_partner("s3", pair).put_object(Bucket=BUCKET, Key="erp/a", Body=b"")
    assert backend.pair("three")


def test_a_first_one_that_fails_leaves_no_stack_in_the_way(backend: Backend) -> None:
    iam = clients.client("iam", ACCOUNT, REGION)
    iam.create_user(UserName="vended-one", Path="/")
    assert backend.vend("one").status == 202
    assert backend.settled() in ("", "DELETE_COMPLETE")
    iam.delete_user(UserName="vended-one")
    assert backend.pair("one")


def test_twenty_admins_at_once_vend_twenty(embedded: Any) -> None:
    """Through several instances of the function, each request sent twice, and again as long as it is told to wait."""
    backend = webapp.deployed(instances=4)
    keys = {f"at{number:02}": str(uuid.uuid4()) for number in range(20)}
    begin = threading.Barrier(20)

    def admin(name: str) -> list[str]:
        begin.wait()
        words = []
        for _ in "12":
            while (answer := backend.vend(name, key=keys[name], who=f"{name}@acme.example")).status == 503:
                assert answer.headers["Retry-After"] == "5"
            assert answer.status == 202, answer.said
            words.append(answer.said["reveal"])
        return words

    with ThreadPoolExecutor(20) as pool:
        words = dict(zip(keys, pool.map(admin, keys), strict=True))
    backend.settled()
    assert users() == [f"vended-{name}" for name in sorted(keys)]
    assert all(first == second for first, second in words.values())
    pairs = {name: backend.reveal(name, words[name][0]).said["accessKeyId"] for name in keys}
    assert len(set(pairs.values())) == 20
    told = backend.call("GET", "/api/audit").said["entries"]
    assert sorted(one["name"] for one in told if one["did"] == "vended") == sorted(keys)
    assert {item["Type"] for item in backend.template["Resources"].values()} == ALLOWED
    api = clients.client("cloudformation", ACCOUNT, REGION)
    assert api.list_change_sets(StackName=STACK)["Summaries"] == []
