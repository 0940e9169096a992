"""The web app's backend at work: credentials vended, shown once, extended, rotated, revoked and swept.

The tests share one silo; each has credentials of its own.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from controller.local import clients, functions
from tests.functions import webapp
from tests.functions.webapp import (
    ACCOUNT,
    ADMIN,
    BUCKET,
    PARTNERS,
    REGION,
    SITE,
    STACK,
    Answer,
    Backend,
    as_partner,
    signed,
    users,
)

pytestmark = pytest.mark.emulator


@pytest.fixture(scope="module")
def silo(embedded_process: Any, small_lake: Any) -> Iterator[Any]:
    embedded_process.reset(small_lake)
    with pytest.MonkeyPatch.context() as patch:
        for name, value in embedded_process.environment.items():
            patch.setenv(name, value)
        yield embedded_process


@pytest.fixture(scope="module")
def backend(silo: Any) -> Backend:
    return webapp.deployed()


def refused(call: Callable[[], Any]) -> bool:
    try:
        call()
    except ClientError as error:
        return error.response["Error"]["Code"] in ("AccessDenied", "InvalidClientTokenId", "InvalidAccessKeyId")
    return False


def listed(backend: Backend) -> dict[str, dict[str, Any]]:
    said = backend.call("GET", "/api/partners").said
    assert not said["busy"]
    return {one["name"]: one for one in said["credentials"]}


def told_of(backend: Backend, name: str) -> list[dict[str, str]]:
    """What the audit says of one, oldest first."""
    found = [one for one in backend.call("GET", "/api/audit").said["entries"] if one["name"] == name]
    return sorted(found, key=lambda one: one["at"])


def test_a_vended_pair_works_on_its_prefix_alone(backend: Backend) -> None:
    pair = backend.pair("alone")
    assert pair["prefix"] == "erp/"
    s3 = as_partner("s3", pair)
    s3.put_object(Bucket=BUCKET, Key="erp/a.csv", Body=b"a")
    assert [one["Key"] for one in s3.list_objects_v2(Bucket=BUCKET, Prefix="erp/")["Contents"]] == ["erp/a.csv"]
    assert refused(lambda: s3.put_object(Bucket=BUCKET, Key="erp2/a.csv", Body=b"a"))
    assert refused(lambda: s3.get_object(Bucket=BUCKET, Key="erp/a.csv"))
    assert refused(lambda: s3.list_objects_v2(Bucket=BUCKET, Prefix=""))
    assert refused(lambda: as_partner("iam", pair).list_users())


def test_a_secret_is_shown_once(backend: Backend) -> None:
    made = backend.vend("once")
    assert (made.status, made.said["name"], made.said["state"]) == (202, "once", "making")
    assert backend.reveal("once", "not the word").status == 403
    assert listed(backend)["once"]["shown"] is False
    shown = backend.reveal("once", made.said["reveal"])
    assert set(shown.said) == {"accessKeyId", "secretAccessKey", "region", "bucket", "prefix"}
    again = backend.reveal("once", made.said["reveal"])
    assert (again.status, again.code) == (410, "shown")
    assert shown.said["secretAccessKey"] not in json.dumps(again.said)
    assert listed(backend)["once"]["shown"] is True


def test_one_that_is_still_being_made_is_not_shown(backend: Backend) -> None:
    made = backend.vend("early")
    answer = backend.call("POST", "/api/credentials/early/reveal", {"reveal": made.said["reveal"]})
    if answer.status == 409:  # the embedded AWS may be faster than the second call
        assert (answer.code, answer.said["error"]["retryAfter"]) == ("making", 3)
        answer = backend.reveal("early", made.said["reveal"])
    assert answer.status == 200


def test_the_list_tells_git_and_vended_alike(backend: Backend) -> None:
    iam = clients.client("iam", ACCOUNT, REGION)
    tags = {"lake:prefix": "inbound/git", "lake:protocols": "sftp", "lake:permissions": "upload"}
    tags["lake:expires"] = "2020-01-31T23:59:59Z"
    iam.create_user(
        UserName="marketpulse", Path=PARTNERS, Tags=[{"Key": key, "Value": value} for key, value in tags.items()]
    )
    iam.create_user(UserName="other", Path="/partners/finance/")
    pair = backend.pair("told", cidrs=["127.0.0.0/8"], maxObjectMiB=5, note="till  the audit")
    as_partner("s3", pair).list_objects_v2(Bucket=BUCKET, Prefix="erp/")
    found = listed(backend)
    assert next(iter(found)) == "marketpulse"
    assert "other" not in found
    assert (found["marketpulse"]["origin"], found["marketpulse"]["state"]) == ("git", "expired")
    assert found["marketpulse"]["shown"] is None
    found_one = found["told"]
    assert (found_one["origin"], found_one["state"], found_one["prefix"]) == ("vended", "active", "erp/")
    assert (found_one["cidrs"], found_one["maxObjectMiB"], found_one["note"]) == (["127.0.0.0/8"], 5, "till the audit")
    assert (found_one["protocols"], found_one["permissions"]) == (["api", "web"], ["list", "upload"])
    assert (found_one["vendedBy"], found_one["vendedAt"] < found_one["expires"]) == (ADMIN, True)
    assert [key["id"] for key in found_one["keys"]] == [pair["accessKeyId"][-4:]]
    assert backend.call("GET", "/api/credentials/told").said == found_one
    assert backend.call("GET", "/api/partners").said["dropzones"] == [
        {"prefix": "erp/", "flow": "erp"},
        {"prefix": "inbound/carrier/", "flow": "shipments"},
    ]


def test_a_rotation_ends_the_old_pair_and_shows_the_new_one_once(backend: Backend) -> None:
    old = backend.pair("rotated")
    rotated = backend.call("POST", "/api/credentials/rotated/rotate", {})
    assert rotated.status == 202
    new = backend.reveal("rotated", rotated.said["reveal"]).said
    assert new["accessKeyId"] != old["accessKeyId"]
    as_partner("s3", new).put_object(Bucket=BUCKET, Key="erp/a", Body=b"")
    assert refused(lambda: as_partner("s3", old).put_object(Bucket=BUCKET, Key="erp/b", Body=b""))
    assert backend.reveal("rotated", rotated.said["reveal"]).status == 410


def test_a_word_of_before_a_rotation_shows_nothing(backend: Backend) -> None:
    first = backend.vend("stale").said["reveal"]
    backend.settled()
    backend.call("POST", "/api/credentials/stale/rotate", {})
    assert backend.reveal("stale", first).status == 403


def test_an_extension_reaches_the_policy_and_the_list(backend: Backend) -> None:
    backend.pair("longer", hours=1)
    before = listed(backend)["longer"]["expires"]
    assert backend.call("POST", "/api/credentials/longer/extend", {"hours": 48}).status == 202
    backend.settled()
    after = listed(backend)["longer"]["expires"]
    assert after > before
    policy = clients.client("iam", ACCOUNT, REGION).get_user_policy(UserName="vended-longer", PolicyName="own-prefix")
    assert before not in json.dumps(policy["PolicyDocument"])
    assert after in json.dumps(policy["PolicyDocument"])


def test_a_revoked_pair_is_gone_and_its_story_stays(backend: Backend) -> None:
    pair = backend.pair("gone")
    assert backend.call("DELETE", "/api/credentials/gone").status == 202
    backend.settled()
    assert "vended-gone" not in users()
    assert refused(lambda: as_partner("s3", pair).put_object(Bucket=BUCKET, Key="erp/a", Body=b""))
    assert backend.call("GET", "/api/credentials/gone").status == 404
    told = told_of(backend, "gone")
    assert told[0]["did"] == "vended"
    assert {one["did"] for one in told} == {"vended", "revealed", "revoked"}
    assert {one["by"] for one in told} == {ADMIN}
    assert backend.vend("gone").status == 202, "the name is free again"


def test_two_who_revoke_the_same_are_both_told_that_it_goes(backend: Backend) -> None:
    backend.pair("twice")
    with ThreadPoolExecutor() as pool:
        both = list(pool.map(lambda _: backend.call("DELETE", "/api/credentials/twice").status, range(2)))
    backend.settled()
    assert both == [202, 202]
    assert [one["did"] for one in told_of(backend, "twice")].count("revoked") == 1


def test_the_same_request_twice_is_done_once(backend: Backend) -> None:
    key = str(uuid.uuid4())
    first, second = backend.vend("same", key=key), backend.vend("same", key=key)
    backend.settled()
    third = backend.vend("same", key=key.upper())
    assert first.said == second.said == third.said
    assert (backend.vend("same").status, backend.vend("same").code) == (409, "name-taken")
    assert backend.vend("other", key=key).code == "idempotency-key"
    assert [one["did"] for one in told_of(backend, "same")] == ["vended"]
    rotation = [backend.call("POST", "/api/credentials/same/rotate", {}, key=str(uuid.UUID(int=7))) for _ in "12"]
    assert rotation[0].said == rotation[1].said
    backend.settled()
    assert backend.template["Resources"]["SameKey"]["Properties"]["Serial"] == 1


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
    assert ("vended-long" in users(), "vended-short" in users()) == (True, False)
    ended = [one for one in told_of(backend, "short") if one["did"] == "ended"]
    assert {one["by"] for one in ended} == {"schedule"}
    assert len(ended) == 2


def test_an_ended_one_comes_back_when_it_is_extended(backend: Backend) -> None:
    pair = backend.pair("back")
    _age(backend, "back", timedelta(hours=-1))
    backend.sweep()
    backend.settled()
    assert refused(lambda: as_partner("s3", pair).put_object(Bucket=BUCKET, Key="erp/a", Body=b""))
    backend.call("POST", "/api/credentials/back/extend", {"hours": 1})
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
    assert backend.rewrite(template) == "UPDATE_COMPLETE"


def test_a_folder_that_others_have_is_given_when_an_admin_says_so_and_that_is_kept(backend: Backend) -> None:
    iam = clients.client("iam", ACCOUNT, REGION)
    iam.create_user(UserName="holder", Path=PARTNERS, Tags=[{"Key": "lake:prefix", "Value": "inbound/carrier/holder"}])
    alone = backend.vend("own-folder", prefix="inbound/carrier/own", shared=False)
    assert alone.status == 202, alone.said
    backend.settled()
    for name, prefix, holder in (
        ("same", "inbound/carrier/holder", "holder has inbound/carrier/holder/"),
        ("within", "inbound/carrier/holder/a", "holder has"),
        (
            "around",
            "inbound/carrier",
            "holder has inbound/carrier/holder/ and vended-own-folder has inbound/carrier/own/",
        ),
        ("same-vended", "inbound/carrier/own", "vended-own-folder has"),
    ):
        answer = backend.vend(f"sharing-{name}", prefix=prefix, shared=False)
        assert (answer.status, answer.code) == (409, "folder-taken"), name
        assert holder in answer.said["error"]["message"]
        assert f"vended-sharing-{name}" not in users()
    assert backend.vend("sharing-around", prefix="inbound/carrier").status == 202
    (told,) = told_of(backend, "sharing-around")
    assert told["detail"].endswith(
        ", shared: holder has inbound/carrier/holder/ and vended-own-folder has inbound/carrier/own/"
    )
    assert [one["detail"] for one in webapp.log() if one.get("credential") == "sharing-around"] == [told["detail"]]
    backend.settled()
    iam.delete_user(UserName="holder")


def test_two_who_extend_the_same_both_find_it_extended(backend: Backend) -> None:
    backend.pair("both", hours=1)

    def extend(hours: int) -> int:
        while (answer := backend.call("POST", "/api/credentials/both/extend", {"hours": hours})).status == 503:
            pass
        return answer.status

    with ThreadPoolExecutor() as pool:
        assert list(pool.map(extend, (100, 200))) == [202, 202]
    backend.settled()
    told = [one["detail"] for one in told_of(backend, "both") if one["did"] == "extended"]
    assert len(told) == 2
    assert f"until {listed(backend)['both']['expires']}" in told


def test_what_was_revoked_is_not_extended(backend: Backend) -> None:
    backend.pair("late")
    backend.call("DELETE", "/api/credentials/late")
    answer = backend.call("POST", "/api/credentials/late/extend", {"hours": 5})
    assert (answer.status, answer.code) == (404, "not-found")


def test_names_that_meet_in_the_template_are_not_both_vended(backend: Backend) -> None:
    assert backend.vend("quay-1").status == 202
    answer = backend.vend("quay1")
    assert (answer.status, answer.code) == (409, "name-taken")
    assert "quay-1" in answer.said["error"]["message"]


def test_what_there_is_none_of_is_told_so(backend: Backend) -> None:
    for method, path, status in (
        ("GET", "/api/nothing", 404),
        ("GET", "/api/credentials/No!", 404),
        ("DELETE", "/api/credentials/never-was", 404),
        ("PUT", "/api/partners", 404),
    ):
        answer = backend.call(method, path)
        assert (answer.status, answer.code) == (status, "not-found"), path


def test_a_call_that_the_template_does_not_grant_is_never_made(backend: Backend, silo: Any) -> None:
    """And what it grants is asked for: the least that will do."""
    silo.gateway.calls.clear()
    pair = backend.pair("granted")
    session(backend, silo, pair)
    backend.call("POST", "/api/credentials/granted/rotate", {})
    backend.settled()
    listed(backend)
    backend.call("GET", "/api/credentials/granted")
    clients.client("iam", ACCOUNT, REGION).create_user(UserName="vended-blocked", Path="/")
    backend.reveal("blocked", backend.vend("blocked").said["reveal"])
    backend.call("DELETE", "/api/credentials/granted")
    backend.sweep()
    role = f"arn:aws:iam::{ACCOUNT}:role/lake/workload/backend"
    made = {f"{call.service}:{call.operation}" for call in silo.gateway.calls if call.caller == role}
    assert made | IMPLIED == webapp.granted("BackendPolicy") - {
        "kms:Decrypt",
        "logs:CreateLogStream",
        "logs:PutLogEvents",
    }


# Rights that other calls need, a role to hand over and a stack's tags; what only who is overtaken does; long templates.
IMPLIED = {
    "iam:PassRole",
    "cloudformation:TagResource",
    "cloudformation:DeleteChangeSet",
    "s3:GetObject",
    "s3:PutObject",
}


def test_what_is_not_signed_in_does_nothing(backend: Backend) -> None:
    for method, path in (
        ("GET", "/api/partners"),
        ("POST", "/api/credentials"),
        ("GET", "/api/credentials/nobody"),
        ("POST", "/api/credentials/nobody/reveal"),
        ("POST", "/api/credentials/nobody/extend"),
        ("POST", "/api/credentials/nobody/rotate"),
        ("DELETE", "/api/credentials/nobody"),
        ("GET", "/api/audit"),
    ):
        answer = backend.call(method, path, {} if method == "POST" else None, who="")
        assert (answer.status, answer.code) == (401, "not-signed-in"), path
    assert "vended-nobody" not in users()


@pytest.mark.parametrize(
    ("body", "encoded"),
    [("//79", True), ("x", True), ("{", False), ("[" * 9_000, False), ('"\\ud800"', False), ("9" * 5_000, False)],
    ids=["no text", "no base64", "no JSON", "deep", "half a character", "long number"],
)
def test_a_body_of_nobodys_is_refused_and_ends_nothing_in_an_error(backend: Backend, body: str, encoded: bool) -> None:
    """An error of the function would tell the silo's owners, whenever a stranger likes."""
    event = {**webapp.event("POST", "/api/partner/session", None, "", "", {}), "body": body}
    answer = functions.invoke(backend.arns[0], {**event, "isBase64Encoded": encoded})
    assert (answer["statusCode"], json.loads(answer["body"])["error"]["code"]) == (400, "invalid")


def test_a_word_that_is_no_word_shows_nothing(backend: Backend) -> None:
    backend.pair("odd")
    for word in ("\ud800", "\u00e4", "", None, 1, ["x"]):
        assert backend.call("POST", "/api/credentials/odd/reveal", {"reveal": word}).status == 403, repr(word)


def test_the_configuration_holds_what_a_browser_needs(backend: Backend, silo: Any) -> None:
    said = backend.call("GET", "/api/config", who="").said
    assert (said["organization"], said["silo"], said["region"], said["bucket"]) == ("acme", "sales", REGION, BUCKET)
    assert said["cognito"] == {"clientId": "client", "endpoint": silo.endpoint}
    assert said["sts"] == {"endpoint": silo.endpoint, "host": silo.endpoint.removeprefix("http://")}
    assert said["site"] == SITE


def test_a_partner_proves_itself_without_its_secret(backend: Backend, silo: Any) -> None:
    pair = backend.pair("prover", maxObjectMiB=100)
    proof = signed(pair, silo.endpoint, SITE)
    assert pair["secretAccessKey"] not in json.dumps(proof)
    answer = backend.call("POST", "/api/partner/session", proof, who="")
    assert answer.status == 200, answer.said
    assert answer.said["partner"] == "vended-prover"
    assert (answer.said["prefix"], answer.said["permissions"]) == ("erp/", ["list", "upload"])
    assert (answer.said["maxObjectMiB"], answer.said["bucket"], answer.said["encryption"]) == (100, BUCKET, "s3")


def session(backend: Backend, silo: Any, pair: Mapping[str, str], **more: Any) -> Answer:
    return backend.call("POST", "/api/partner/session", signed(pair, silo.endpoint, SITE), who="", **more)


def test_a_partner_is_refused_with_words(backend: Backend, silo: Any) -> None:
    machine = backend.pair("machine", protocols=["api"])
    near = backend.pair("near", cidrs=["198.51.100.0/24"])
    ended = backend.pair("ended")
    wrong = {**near, "secretAccessKey": "x" * 40}
    _age(backend, "ended", timedelta(hours=-1))
    said = {
        "machine": session(backend, silo, machine),
        "near": session(backend, silo, near),
        "ended": session(backend, silo, ended),
        "wrong": session(backend, silo, wrong),
        "here": session(backend, silo, near, headers={"CloudFront-Viewer-Address": "198.51.100.7:443"}),
        "by": session(backend, silo, near, headers={"X-Forwarded-For": "10.0.0.1, 198.51.100.7, 203.0.113.9"}),
    }
    assert {name: (answer.status, answer.code) for name, answer in said.items()} == {
        "machine": (403, "not-for-browsers"),
        "near": (403, "address-not-granted"),
        "ended": (403, "expired"),
        "wrong": (401, "wrong-pair"),
        "here": (200, ""),
        "by": (200, ""),
    }
    assert "203.0.113.9" in said["near"].said["error"]["message"]
    backend.sweep()
    backend.settled()
    assert session(backend, silo, ended).status == 401, "its key is inactive, of which STS says no more"


def test_a_pair_of_somebody_else_is_no_partners(backend: Backend, silo: Any) -> None:
    iam = clients.client("iam", ACCOUNT, REGION)
    for name, path, code in (("person", "/", "not-a-partner"), ("cousin", "/partners/finance/", "other-silo")):
        iam.create_user(UserName=name, Path=path)
        key = iam.create_access_key(UserName=name)["AccessKey"]
        pair = {"accessKeyId": key["AccessKeyId"], "secretAccessKey": key["SecretAccessKey"]}
        assert session(backend, silo, pair).code == code


def test_a_proof_for_another_site_or_time_is_refused(backend: Backend, silo: Any) -> None:
    pair = backend.pair("proof")

    def code(proof: Any) -> str:
        return backend.call("POST", "/api/partner/session", proof, who="").code

    assert code(signed(pair, silo.endpoint, "evil.example")) == "other-site"
    proof = signed(pair, silo.endpoint, SITE)
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


def test_no_secret_and_no_word_stands_anywhere_but_in_its_answer(backend: Backend, silo: Any) -> None:
    made = backend.vend("canary")
    pair = backend.reveal("canary", made.said["reveal"]).said
    backend.call("POST", "/api/credentials/canary/extend", {"hours": 3})
    backend.settled()
    session(backend, silo, pair)
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
