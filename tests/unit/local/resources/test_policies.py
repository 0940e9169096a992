from __future__ import annotations

import json
from typing import Any

import pytest

from controller.local.resources.handler import ResourceFailed, Scope
from controller.local.resources.registry import handler_for

ALLOW = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"}
POLICY = {"Version": "2012-10-17", "Statement": [ALLOW]}
WIDER = {"Version": "2012-10-17", "Statement": [{**ALLOW, "Action": ["s3:GetObject", "s3:PutObject"]}]}


@pytest.fixture
def user(scope: Scope) -> str:
    return handler_for("AWS::IAM::User").create(scope, {"UserName": "fastfreight"}).physical_id


@pytest.mark.parametrize(("kind", "key"), [("Role", "RoleName"), ("User", "UserName")])
def test_an_inline_policy_makes_a_round_trip(round_trip: Any, role: str, user: str, kind: str, key: str) -> None:
    names = {"Role": "works", "User": user}
    before = {"PolicyName": "read", key: names[kind], "PolicyDocument": POLICY}
    round_trip(f"AWS::IAM::{kind}Policy", before, {**before, "PolicyDocument": WIDER})


def test_a_policy_moves_from_one_holder_to_another(scope: Scope, role: str, user: str) -> None:
    handler = handler_for("AWS::IAM::Policy")
    before = {"PolicyName": "read", "PolicyDocument": POLICY, "Roles": ["works"]}
    made = handler.create(scope, before)
    after = {"PolicyName": "read", "PolicyDocument": POLICY, "Users": [user]}
    handler.update(scope, made.physical_id, before, after)
    iam = scope.client("iam")
    assert iam.list_role_policies(RoleName="works")["PolicyNames"] == []
    assert iam.get_user_policy(UserName=user, PolicyName="read")["PolicyDocument"] == POLICY
    handler.delete(scope, made.physical_id, after)
    assert iam.list_user_policies(UserName=user)["PolicyNames"] == []


def test_a_role_lists_only_the_policies_of_its_own_template(scope: Scope, role: str) -> None:
    own = {"PolicyName": "own", "PolicyDocument": POLICY}
    trust = json.loads(json.dumps(scope.client("iam").get_role(RoleName="works")["Role"]["AssumeRolePolicyDocument"]))
    wanted = {"RoleName": "narrow", "AssumeRolePolicyDocument": trust, "Policies": [own]}
    handler_for("AWS::IAM::Role").create(scope, wanted)
    scope.client("iam").put_role_policy(RoleName="narrow", PolicyName="other", PolicyDocument=json.dumps(WIDER))
    live = handler_for("AWS::IAM::Role").read(scope, "narrow", wanted)
    assert live is not None
    assert live["Policies"] == [own]


def test_a_managed_policy_outlives_its_five_versions(scope: Scope, role: str) -> None:
    handler = handler_for("AWS::IAM::ManagedPolicy")
    now: dict[str, Any] = {"ManagedPolicyName": "lake", "PolicyDocument": POLICY, "Roles": ["works"]}
    arn = handler.create(scope, now).physical_id
    for number in range(7):
        document = {"Version": "2012-10-17", "Statement": [{**ALLOW, "Sid": f"Step{number}"}]}
        after = {**now, "PolicyDocument": document}
        handler.update(scope, arn, now, after)
        now = after
    assert handler.read(scope, arn, now) == now
    handler.delete(scope, arn, now)
    assert handler.read(scope, arn, now) is None


def test_a_boundary_is_kept_by_a_user_made_through_iam_itself(scope: Scope) -> None:
    arn = f"arn:aws:iam::{scope.account}:policy/lake/lake-boundary"
    iam = scope.client("iam")
    iam.create_user(UserName="direct", PermissionsBoundary=arn)
    assert iam.get_user(UserName="direct")["User"]["PermissionsBoundary"]["PermissionsBoundaryArn"] == arn
    iam.delete_user_permissions_boundary(UserName="direct")
    assert "PermissionsBoundary" not in iam.get_user(UserName="direct")["User"]


def test_an_access_key_is_made_put_to_sleep_and_deleted(scope: Scope, user: str) -> None:
    handler = handler_for("AWS::IAM::AccessKey")
    before = {"UserName": user, "Status": "Active"}
    made = handler.create(scope, before)
    assert made.attributes["SecretAccessKey"]
    after = {"UserName": user, "Status": "Inactive"}
    handler.update(scope, made.physical_id, before, after)
    assert handler.read(scope, made.physical_id, after) == after
    handler.delete(scope, made.physical_id, after)
    assert handler.read(scope, made.physical_id, after) is None


def test_a_third_access_key_is_refused_as_iam_does(scope: Scope, user: str) -> None:
    handler = handler_for("AWS::IAM::AccessKey")
    for _ in range(2):
        handler.create(scope, {"UserName": user})
    with pytest.raises(ResourceFailed, match=r"Service: IAM, Status Code: 409, Request ID: "):
        handler.create(scope, {"UserName": user})


def test_an_alias_moves_to_another_key(scope: Scope, round_trip: Any) -> None:
    keys = [handler_for("AWS::KMS::Key").create(scope, {}).physical_id for _ in range(2)]
    before = {"AliasName": "alias/lake", "TargetKeyId": keys[0]}
    round_trip("AWS::KMS::Alias", before, {"AliasName": "alias/lake", "TargetKeyId": keys[1]})


def test_a_topic_goes_back_to_its_own_policy(scope: Scope, round_trip: Any) -> None:
    topic = handler_for("AWS::SNS::Topic").create(scope, {"TopicName": "alerts"}).physical_id
    publish = {"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sns:Publish"}
    document = {"Version": "2012-10-17", "Statement": [{**publish, "Resource": topic}]}
    before = {"Topics": [topic], "PolicyDocument": document}
    other = {"Version": "2012-10-17", "Statement": [{**publish, "Resource": topic, "Sid": "Rules"}]}
    round_trip("AWS::SNS::TopicPolicy", before, {"Topics": [topic], "PolicyDocument": other})


def test_a_queue_takes_and_loses_a_policy(scope: Scope, round_trip: Any) -> None:
    queue = handler_for("AWS::SQS::Queue").create(scope, {"QueueName": "failed"})
    send = {"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sqs:SendMessage"}
    document = {"Version": "2012-10-17", "Statement": [{**send, "Resource": queue.attributes["Arn"]}]}
    before = {"Queues": [queue.physical_id], "PolicyDocument": document}
    other = {"Version": "2012-10-17", "Statement": [{**send, "Resource": queue.attributes["Arn"], "Sid": "Rules"}]}
    round_trip("AWS::SQS::QueuePolicy", before, {"Queues": [queue.physical_id], "PolicyDocument": other})


def test_a_subscription_makes_a_round_trip(scope: Scope, round_trip: Any) -> None:
    topic = handler_for("AWS::SNS::Topic").create(scope, {"TopicName": "alerts"}).physical_id
    before = {"TopicArn": topic, "Protocol": "email", "Endpoint": "lake@acme.example"}
    round_trip("AWS::SNS::Subscription", before, before)


def test_a_topic_of_a_taken_name_is_refused(scope: Scope) -> None:
    handler_for("AWS::SNS::Topic").create(scope, {"TopicName": "alerts"})
    with pytest.raises(ResourceFailed, match=r"^alerts already exists$"):
        handler_for("AWS::SNS::Topic").create(scope, {"TopicName": "alerts"})


ORGANIZATION = {"StringEquals": {"aws:PrincipalOrgID": "o-abcdefghij"}}


@pytest.mark.parametrize(
    ("statement", "public"),
    [
        pytest.param({"Effect": "Allow", "Principal": "*"}, True, id="everybody"),
        pytest.param({"Effect": "Allow", "Principal": {"AWS": ["*"]}}, True, id="everybody-in-a-list"),
        pytest.param({"Effect": "Allow", "Principal": "*", "Condition": ORGANIZATION}, False, id="one-organization"),
        pytest.param(
            {
                "Effect": "Allow",
                "Principal": "*",
                "Condition": {"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": ["o-a/r-a/ou-a-b/*"]}},
            },
            False,
            id="one-unit",
        ),
        pytest.param(
            {
                "Effect": "Allow",
                "Principal": "*",
                "Condition": {"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "*"}},
            },
            True,
            id="any-unit-at-all",
        ),
        pytest.param(
            {"Effect": "Allow", "Principal": "*", "Condition": {"Bool": {"aws:SecureTransport": "true"}}},
            True,
            id="anyone-over-tls",
        ),
        pytest.param(
            {
                "Effect": "Allow",
                "Principal": "*",
                "Condition": {"StringNotEquals": {"aws:PrincipalOrgID": "o-abcdefghij"}},
            },
            True,
            id="everybody-else",
        ),
        pytest.param({"Effect": "Deny", "Principal": "*"}, False, id="a-denial"),
        pytest.param({"Effect": "Allow", "Principal": {"AWS": "111111111111"}}, False, id="one-account"),
    ],
)
def test_s3_says_which_policies_are_public(scope: Scope, statement: dict[str, Any], public: bool) -> None:
    s3, name = scope.client("s3"), f"shared-{scope.account}"
    handler_for("AWS::S3::Bucket").create(scope, {"BucketName": name})
    whole = {**statement, "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{name}/*"}
    s3.put_bucket_policy(Bucket=name, Policy=json.dumps({"Version": "2012-10-17", "Statement": [whole]}))
    assert s3.get_bucket_policy_status(Bucket=name)["PolicyStatus"]["IsPublic"] is public
