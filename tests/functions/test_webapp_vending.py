"""The stack of vended credentials under stress: first and last, failing, twenty at once, and killed half-way."""

from __future__ import annotations

import json
import threading
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from controller.local import clients
from controller.local.functions import FunctionFailed, runner
from controller.local.server.calls import Call
from controller.local.server.gateway import Cut
from tests.functions import webapp
from tests.functions.webapp import ACCOUNT, BUCKET, REGION, STACK, Answer, Backend, as_partner, users

pytestmark = pytest.mark.emulator

ALLOWED = {"AWS::IAM::User", "AWS::IAM::AccessKey", "AWS::SecretsManager::Secret"}


@pytest.fixture
def backend(embedded: Any) -> Backend:
    return webapp.deployed()


def change_sets() -> list[dict[str, Any]]:
    return list(clients.client("cloudformation", ACCOUNT, REGION).list_change_sets(StackName=STACK)["Summaries"])


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
    assert change_sets() == []


def killing(embedded: Any, moment: str, operation: str = "ExecuteChangeSet") -> Callable[[], None]:
    """End the function's process when it is about to write so, such as to execute a change set, or has just done it."""

    def kill(call: Call) -> None:
        if call.operation == operation:
            setattr(embedded.gateway, moment, None)
            for instance in runner._running.values():
                instance._process.kill()
            raise Cut

    setattr(embedded.gateway, moment, kill)
    return embedded.gateway.restore  # type: ignore[no-any-return]


@pytest.mark.parametrize("there", [False, True], ids=["the first", "another"])
@pytest.mark.parametrize("moment", ["before_write", "after_write"])
def test_a_kill_at_the_change_set_loses_nothing_and_a_retry_finds_it(
    backend: Backend, embedded: Any, moment: str, there: bool
) -> None:
    before = {"vended-before"} if there else set()
    if there:
        backend.pair("before")
    key = str(uuid.uuid4())
    restore = killing(embedded, moment)
    with pytest.raises(FunctionFailed, match="ExitError"):
        backend.vend("carrier", key=key)
    restore()
    backend.settled()
    executed = moment == "after_write"
    assert {one["name"] for one in backend.call("GET", "/api/partners").said["credentials"]} == {
        name.removeprefix("vended-") for name in users()
    }
    assert set(users()) == before | ({"vended-carrier"} if executed else set())
    assert len(change_sets()) == (0 if executed else 1), "what is left over can be seen"
    again = backend.vend("carrier", key=key)
    assert again.status == 202
    shown = backend.reveal("carrier", again.said["reveal"])
    as_partner("s3", shown.said).put_object(Bucket=BUCKET, Key="erp/a", Body=b"")
    assert set(users()) == before | {"vended-carrier"}
    assert change_sets() == []
    told = backend.call("GET", "/api/audit").said["entries"]
    assert [one["name"] for one in told if one["did"] == "vended"].count("carrier") == 1


@pytest.mark.parametrize("moment", ["CreateChangeSet", "ExecuteChangeSet"])
def test_a_change_of_somebody_else_in_between_is_never_undone(backend: Backend, embedded: Any, moment: str) -> None:
    """The moments that a lost update would need: another change is made after the template was read."""
    backend.pair("first")
    rival = Backend([webapp.instance()])
    answers: list[int] = []

    def meanwhile(call: Call) -> None:
        if call.operation == moment:
            embedded.gateway.before_write = None
            answers.append(rival.vend("rival").status)
            rival.settled()

    embedded.gateway.before_write = meanwhile
    assert backend.vend("carrier").status == 202
    backend.settled()
    assert answers == [202]
    assert users() == ["vended-carrier", "vended-first", "vended-rival"]


def long(backend: Backend, name: str) -> None:
    """Make the template too long for a request."""
    template = backend.template
    template["Metadata"]["lake:vended"][name]["note"] = "n" * 60_000
    template["Resources"][f"{name.capitalize()}User"]["Metadata"] = {"other": True}  # or there is nothing to update
    assert backend.rewrite(template) == "UPDATE_COMPLETE"


def test_a_template_that_another_wrote_in_the_bucket_is_never_carried_out(backend: Backend, embedded: Any) -> None:
    """Whoever may write there writes over what the backend laid down, before CloudFormation reads it."""
    s3 = clients.client("s3", ACCOUNT, REGION)
    backend.pair("first")
    long(backend, "first")
    before = backend.template
    evil = json.loads(json.dumps(before))
    evil["Resources"]["FirstUser"]["Properties"]["Policies"] = []

    def meanwhile(call: Call) -> None:
        if call.operation == "CreateChangeSet":
            embedded.gateway.before_write = None
            (laid,) = s3.list_objects_v2(Bucket=webapp.SHELF, Prefix="templates/")["Contents"]
            s3.put_object(Bucket=webapp.SHELF, Key=laid["Key"], Body=json.dumps(evil))

    embedded.gateway.before_write = meanwhile
    with pytest.raises(FunctionFailed, match="Tampered"):  # which the alarm of the function's errors tells
        backend.vend("second")
    backend.settled()
    assert (backend.template, change_sets()) == (before, [])
    assert backend.pair("after")


@pytest.mark.parametrize("step", ["PutObject", "TagResource", "GetSecretValue"])
def test_of_two_who_ask_for_a_secret_at_the_same_instant_one_is_shown_it(
    backend: Backend, embedded: Any, step: str
) -> None:
    """The second asks in each moment that the first still has before its answer."""
    word = backend.vend("carrier").said["reveal"]
    backend.settled()
    rival = Backend([webapp.instance()])
    answers: list[Answer] = []
    decided = embedded.gateway._decided

    def meanwhile(environ: Any, start: Any, service: str, operation: str, who: Any) -> Any:
        if operation == step and not answers:
            answers.append(Answer(0, {}, {}))
            answers.append(rival.reveal("carrier", word))
        return decided(environ, start, service, operation, who)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(embedded.gateway, "_decided", meanwhile)
        answers.append(backend.reveal("carrier", word))
    first, second = answers[1:]
    assert sorted((first.status, second.status)) == [200, 410]
    (refused,) = (one for one in (first, second) if one.status == 410)
    assert refused.code == "shown" and "secretAccessKey" not in json.dumps(refused.said)
    told = [one["did"] for one in backend.call("GET", "/api/audit").said["entries"]]
    assert told.count("revealed") == 1


def test_eight_who_ask_at_once_are_shown_a_secret_once(embedded: Any) -> None:
    backend = webapp.deployed(instances=4)
    word = backend.vend("carrier").said["reveal"]
    backend.settled()
    begin = threading.Barrier(8)

    def ask(_: int) -> int:
        begin.wait()
        return backend.reveal("carrier", word).status

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(ask, range(8))) == [200] + [410] * 7


def test_a_failure_after_the_claim_shows_nothing_to_anybody_until_a_rotation(backend: Backend, embedded: Any) -> None:
    word = backend.vend("carrier").said["reveal"]
    backend.settled()
    killing(embedded, "before_write", "TagResource")
    with pytest.raises(FunctionFailed):
        backend.reveal("carrier", word)
    embedded.gateway.restore()
    again = backend.reveal("carrier", word)
    assert (again.status, again.code) == (410, "shown")
    rotated = backend.call("POST", "/api/credentials/carrier/rotate", {})
    assert backend.reveal("carrier", rotated.said["reveal"]).status == 200
