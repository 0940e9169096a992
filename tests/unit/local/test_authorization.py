"""Policies that decide: the code bucket lets in who is in a unit, and nobody else."""

from __future__ import annotations

import json
from collections.abc import Callable
from http.client import HTTPConnection
from typing import Any

import pytest
from botocore.exceptions import ClientError
from moto.iam.models import iam_backends

from controller.local import clients, organization
from controller.local.authorization import named
from controller.local.organization.tree import parent_path

Aws = Callable[..., Any]
SALES, OTHER, OUTSIDE = "200000000001", "200000000003", "400000000001"
MASTER, BUCKET = "100000000001", "acme-code-eu-west-1"
READS = ["s3:GetObject", "s3:GetObjectVersion", "s3:GetBucketVersioning"]


def policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **one} for one in statements]})


def in_units(embedded: Any, *patterns: str) -> dict[str, Any]:
    return {
        "StringEquals": {"aws:PrincipalOrgID": embedded.seeded.organization},
        "ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": list(patterns)},
        "ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/lake/*-codepipeline-rl"},
    }


def silos(embedded: Any, path: str = "Lake/Silos") -> str:
    """The path of a unit, as a policy names it with everything below."""
    backend = organization.tree.backend_of(MASTER)
    return parent_path(backend, organization.unit_id(embedded.seeded.management, path)) + "*"


def code_bucket(embedded: Any, aws: Aws, *patterns: str) -> Any:
    """The master's code bucket with a release for each of three accounts."""
    s3 = aws("s3")
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    arn = f"arn:aws:s3:::{BUCKET}"
    readers = {
        "Sid": "SilosReadTheirRelease",
        "Principal": {"AWS": "*"},
        "Action": READS,
        "Resource": [arn, f"{arn}/releases/${{aws:PrincipalAccount}}/*", f"{arn}/assets/*"],
        "Condition": in_units(embedded, *(patterns or (silos(embedded),))),
    }
    tls = {
        "Sid": "TlsOnly",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [arn, f"{arn}/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    s3.put_bucket_policy(Bucket=BUCKET, Policy=policy(readers, tls))
    for account in (SALES, OTHER, OUTSIDE):
        s3.put_object(Bucket=BUCKET, Key=f"releases/{account}/bundle.zip", Body=account.encode())
    s3.put_object(Bucket=BUCKET, Key="state/index.json", Body=b"{}")
    return s3


def role(account: str, name: str = "lake-eu-west-1-codepipeline-rl", may: Any = None, **more: Any) -> str:
    iam = clients.client("iam", account, "eu-west-1")
    trust = policy({"Principal": {"Service": "codepipeline.amazonaws.com"}, "Action": "sts:AssumeRole"})
    made = iam.create_role(RoleName=name, Path="/lake/", AssumeRolePolicyDocument=trust, **more)["Role"]["Arn"]
    statement = may or {"Action": "s3:*", "Resource": "*"}
    iam.put_role_policy(RoleName=name, PolicyName="may", PolicyDocument=policy(statement))
    return str(made)


def read(role_arn: str, account: str, **more: Any) -> str:
    s3 = clients.as_role("s3", role_arn, "eu-west-1")
    answer = s3.get_object(Bucket=BUCKET, Key=f"releases/{account}/bundle.zip", **more)
    return str(answer["Body"].read().decode())


def refused(role_arn: str, account: str, why: str = "") -> None:
    with pytest.raises(ClientError, match="AccessDenied") as caught:
        read(role_arn, account)
    assert why in caught.value.response["Error"]["Message"]


def test_a_silo_in_a_child_unit_reads_its_own_release(embedded: Any, aws: Aws) -> None:
    code_bucket(embedded, aws)

    assert read(role(SALES), SALES) == SALES


def test_a_silo_directly_in_the_unit_reads_its_own_release(embedded: Any, aws: Aws, small_lake: Any) -> None:
    embedded.reset(small_lake, places={SALES: "Lake/Silos"})
    code_bucket(embedded, aws)

    assert read(role(SALES), SALES) == SALES


def test_another_silos_release_is_refused(embedded: Any, aws: Aws) -> None:
    code_bucket(embedded, aws)

    refused(role(SALES), OTHER, "no resource-based policy allows the s3:GetObject action")


def test_the_masters_state_is_refused(embedded: Any, aws: Aws) -> None:
    code_bucket(embedded, aws)
    s3 = clients.as_role("s3", role(SALES), "eu-west-1")

    with pytest.raises(ClientError, match="AccessDenied"):
        s3.get_object(Bucket=BUCKET, Key="state/index.json")
    with pytest.raises(ClientError, match="403"):
        s3.head_object(Bucket=BUCKET, Key="state/index.json")
    with pytest.raises(ClientError, match="AccessDenied"):
        s3.list_objects_v2(Bucket=BUCKET)
    with pytest.raises(ClientError, match="AccessDenied"):
        s3.put_object(Bucket=BUCKET, Key=f"releases/{SALES}/bundle.zip", Body=b"mine")


def test_an_account_outside_of_the_organization_is_refused(embedded: Any, aws: Aws, small_lake: Any) -> None:
    embedded.reset(small_lake, places={OUTSIDE: None})
    code_bucket(embedded, aws)

    refused(role(OUTSIDE), OUTSIDE)


def test_an_account_in_a_unit_whose_id_begins_alike_is_refused(embedded: Any, aws: Aws, small_lake: Any) -> None:
    embedded.reset(small_lake, places={OUTSIDE: "Lake/Near"})
    unit = organization.unit_id(embedded.seeded.management, "Lake/Silos")
    near = organization.unit_id(embedded.seeded.management, "Lake/Near")
    backend = organization.tree.backend_of(MASTER)
    for each in backend.ou:
        each.id = f"{unit}1" if each.id == near else each.id
    next(one for one in backend.accounts if one.id == OUTSIDE).parent_id = f"{unit}1"
    code_bucket(embedded, aws)

    assert (organization.organization_path(OUTSIDE) or "").endswith(f"{unit}1/")
    refused(role(OUTSIDE), OUTSIDE)


def test_an_account_that_moved_out_is_refused_from_then_on(embedded: Any, aws: Aws) -> None:
    code_bucket(embedded, aws)
    pipeline = role(SALES)
    assert read(pipeline, SALES) == SALES
    management = embedded.seeded.management

    clients.client("organizations", management, "us-east-1").move_account(
        AccountId=SALES,
        SourceParentId=organization.unit_id(management, "Lake/Silos/Commercial"),
        DestinationParentId=organization.unit_id(management, "Lake"),
    )

    refused(pipeline, SALES)


def test_plain_http_is_refused_whoever_asks(embedded: Any, aws: Aws) -> None:
    s3 = code_bucket(embedded, aws)

    def plain(request: Any, **_: Any) -> None:
        request.headers["x-lake-plain-http"] = "1"

    s3.meta.events.register("before-send.s3", plain)

    with pytest.raises(ClientError, match=r"explicit deny in a resource-based policy \(TlsOnly\)"):
        s3.get_object(Bucket=BUCKET, Key="state/index.json")


def test_a_role_of_another_name_is_refused(embedded: Any, aws: Aws) -> None:
    code_bucket(embedded, aws)

    refused(role(SALES, "analyst"), SALES)


def test_a_role_without_a_policy_of_its_own_is_refused(embedded: Any, aws: Aws) -> None:
    code_bucket(embedded, aws)
    may = {"Action": "s3:GetBucketVersioning", "Resource": "*"}

    refused(role(SALES, may=may), SALES, "no identity-based policy allows the s3:GetObject action")


def test_a_boundary_holds_a_role_whatever_its_policies_allow(embedded: Any, aws: Aws) -> None:
    code_bucket(embedded, aws)
    boundary = clients.client("iam", SALES, "eu-west-1").create_policy(
        PolicyName="lake-boundary", PolicyDocument=policy({"Action": "glue:*", "Resource": "*"})
    )["Policy"]["Arn"]

    refused(role(SALES, PermissionsBoundary=boundary), SALES, "no permissions boundary allows")


def test_a_condition_that_is_not_understood_refuses_and_says_so(embedded: Any, aws: Aws) -> None:
    s3 = code_bucket(embedded, aws)
    statement = {
        "Sid": "Odd",
        "Principal": {"AWS": "*"},
        "Action": READS,
        "Resource": f"arn:aws:s3:::{BUCKET}/*",
        "Condition": {"StringEquals": {"aws:SomethingNew": "x"}},
    }
    s3.put_bucket_policy(Bucket=BUCKET, Policy=policy(statement))

    refused(role(SALES), SALES, "cannot tell what a condition of the resource-based policy means (Odd)")


def test_a_bucket_without_a_policy_is_closed_to_other_accounts_and_open_to_its_own(embedded: Any, aws: Aws) -> None:
    s3 = code_bucket(embedded, aws)
    s3.delete_bucket_policy(Bucket=BUCKET)

    refused(role(SALES), SALES)
    assert s3.get_object(Bucket=BUCKET, Key="state/index.json")["Body"].read() == b"{}"


def test_a_version_is_read_with_its_own_action(embedded: Any, aws: Aws) -> None:
    s3 = code_bucket(embedded, aws)
    version = s3.head_object(Bucket=BUCKET, Key=f"releases/{SALES}/bundle.zip")["VersionId"]
    may = {"Action": "s3:GetObject", "Resource": "*"}

    assert read(role(SALES), SALES, VersionId=version) == SALES
    with pytest.raises(ClientError, match="s3:GetObjectVersion"):
        read(role(OTHER, may=may), SALES, VersionId=version)


def test_an_object_sealed_with_a_key_needs_the_key_as_well(embedded: Any, aws: Aws) -> None:
    s3, kms = code_bucket(embedded, aws), aws("kms")
    key = kms.create_key()["KeyMetadata"]["Arn"]
    s3.put_object(
        Bucket=BUCKET,
        Key=f"releases/{SALES}/bundle.zip",
        Body=b"sealed",
        ServerSideEncryption="aws:kms",
        SSEKMSKeyId=key,
    )
    pipeline = role(SALES, may={"Action": ["s3:*", "kms:Decrypt"], "Resource": "*"})
    refused(pipeline, SALES, "no KMS key policy allows the kms:Decrypt action")
    own = {"Principal": {"AWS": f"arn:aws:iam::{MASTER}:root"}, "Action": "kms:*", "Resource": "*"}
    via = {"StringEquals": {"kms:ViaService": "s3.eu-west-1.amazonaws.com"}}
    condition = {**in_units(embedded, silos(embedded)), "StringEquals": via["StringEquals"]}
    silo = {"Principal": {"AWS": "*"}, "Action": "kms:Decrypt", "Resource": "*", "Condition": condition}

    kms.put_key_policy(KeyId=key, PolicyName="default", Policy=policy(own, silo))

    assert read(pipeline, SALES) == "sealed"
    refused(role(SALES, "lake-other-codepipeline-rl"), SALES, "no identity-based policy allows the kms:Decrypt action")
    with pytest.raises(ClientError, match="AccessDenied"):
        clients.as_role("kms", pipeline, "eu-west-1").generate_data_key(KeyId=key, KeySpec="AES_256")


def test_a_role_is_assumed_by_whom_it_trusts_and_by_nobody_else(embedded: Any, aws: Aws) -> None:
    iam = clients.client("iam", SALES, "eu-west-1")
    controller = embedded.seeded.controller
    for name, trusted in (("trusting", controller), ("distrusting", f"arn:aws:iam::{OTHER}:root")):
        trust = policy({"Principal": {"AWS": trusted}, "Action": "sts:AssumeRole"})
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)

    aws("sts").assume_role(RoleArn=f"arn:aws:iam::{SALES}:role/trusting", RoleSessionName="test")
    for name in ("distrusting", "missing"):
        with pytest.raises(ClientError, match="no role trust policy allows the sts:AssumeRole action"):
            aws("sts").assume_role(RoleArn=f"arn:aws:iam::{SALES}:role/{name}", RoleSessionName="test")


def test_a_session_policy_narrows_what_its_session_may(embedded: Any, aws: Aws) -> None:
    import boto3

    code_bucket(embedded, aws)
    narrow = policy({"Action": "s3:ListBucket", "Resource": "*"})
    keys = aws("sts").assume_role(RoleArn=embedded.seeded.controller, RoleSessionName="narrow", Policy=narrow)
    given = keys["Credentials"]
    s3 = boto3.client(
        "s3",
        region_name="eu-west-1",
        aws_access_key_id=given["AccessKeyId"],
        aws_secret_access_key=given["SecretAccessKey"],
        aws_session_token=given["SessionToken"],
    )

    assert s3.list_objects_v2(Bucket=BUCKET)["KeyCount"] == 4
    with pytest.raises(ClientError, match="no session policy allows"):
        s3.get_object(Bucket=BUCKET, Key="state/index.json")


def test_a_copy_needs_to_read_its_source(embedded: Any, aws: Aws) -> None:
    code_bucket(embedded, aws)
    pipeline = role(SALES)
    own = clients.client("s3", SALES, "eu-west-1")
    own.create_bucket(Bucket="sales-own", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    s3 = clients.as_role("s3", pipeline, "eu-west-1")

    source = {"Bucket": BUCKET, "Key": f"releases/{SALES}/bundle.zip"}
    s3.copy_object(Bucket="sales-own", Key="copy", CopySource=source)

    with pytest.raises(ClientError, match="AccessDenied"):
        s3.copy_object(Bucket="sales-own", Key="copy", CopySource={**source, "Key": f"releases/{OTHER}/bundle.zip"})


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_who_does_not_sign_gets_nothing(embedded: Any, aws: Aws, method: str) -> None:
    s3 = aws("s3")
    s3.create_bucket(Bucket="things", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    s3.put_object(Bucket="things", Key="a", Body=b"kept")
    for path, code in (("/things/a", b"AccessDenied"), ("/?Action=ListUsers", b"MissingAuthenticationToken")):
        connection = HTTPConnection(embedded.endpoint.removeprefix("http://"), timeout=10)
        connection.request(method, path, b"changed" if method == "PUT" else None)
        answer = connection.getresponse()
        assert (answer.status, code in answer.read()) == (403, True)
        connection.close()
    assert s3.get_object(Bucket="things", Key="a")["Body"].read() == b"kept"


def test_a_call_of_any_service_is_refused_where_no_policy_names_it(embedded: Any) -> None:
    ssm = clients.as_role("ssm", role(SALES, may={"Action": "ssm:Get*", "Resource": "*"}), "eu-west-1")
    with pytest.raises(ClientError, match="ParameterNotFound"):
        ssm.get_parameter(Name="/lake/release")
    with pytest.raises(ClientError, match="no identity-based policy allows the ssm:PutParameter action"):
        ssm.put_parameter(Name="/lake/release", Value="x", Type="String")


def test_a_call_of_any_service_is_refused_where_the_boundary_does_not_name_it(embedded: Any) -> None:
    iam = clients.client("iam", SALES, "eu-west-1")
    bound = policy({"Action": "ssm:GetParameter", "Resource": "*"})
    boundary = iam.create_policy(PolicyName="bound", PolicyDocument=bound)["Policy"]["Arn"]
    arn = role(SALES, may={"Action": "ssm:*", "Resource": "*"}, PermissionsBoundary=boundary)
    with pytest.raises(ClientError, match="no permissions boundary allows the ssm:PutParameter action"):
        clients.as_role("ssm", arn, "eu-west-1").put_parameter(Name="/lake/release", Value="x", Type="String")


def test_who_is_asked_for_by_any_role_needs_no_policy(embedded: Any) -> None:
    arn = role(SALES, may={"Action": "ssm:GetParameter", "Resource": "*"})
    assert clients.as_role("sts", arn, "eu-west-1").get_caller_identity()["Account"] == SALES


@pytest.mark.parametrize(
    ("service", "operation", "method", "expected"),
    [
        ("lambda", "Invoke", "POST", "lambda:InvokeFunction"),
        ("apigateway", "GetRestApi", "GET", "apigateway:GET"),
        ("monitoring", "PutMetricData", "POST", "cloudwatch:PutMetricData"),
        ("s3", "ListBuckets", "GET", "s3:ListAllMyBuckets"),
        ("states", "StartExecution", "POST", "states:StartExecution"),
    ],
)
def test_an_operation_has_the_name_that_policies_call_it_by(
    service: str, operation: str, method: str, expected: str
) -> None:
    assert named.action(service, operation, method) == expected


def test_roles_are_looked_through_while_others_are_made(embedded: Any) -> None:
    role(SALES, name="first")
    looked = iter(iam_backends[SALES]["aws"].get_roles())
    role(SALES, name="second")
    names = [one.name for one in looked]
    assert ("first" in names, "second" in names) == (True, False)
