"""One request decided: the layers, one account and two, and the ways in which policies are misread."""

from __future__ import annotations

from typing import Any

import pytest

from controller.access import Policies, PolicyInvalid, Principal, Request, decide, read

HOME, AWAY = "111111111111", "222222222222"
ORGANIZATION, ROOT = "o-a1b2c3d4e5", "r-ab12"
UNIT = f"{ORGANIZATION}/{ROOT}/ou-ab12-11111111/"
CHILD = f"{UNIT}ou-ab12-22222222/"
NEAR = f"{ORGANIZATION}/{ROOT}/ou-ab12-111111112/"
OBJECT = f"arn:aws:s3:::code/releases/{HOME}/bundle.zip"
ALL = {"Effect": "Allow", "Action": "*", "Resource": "*"}


def policy(*statements: dict[str, Any], version: str = "2012-10-17") -> Any:
    return read({"Version": version, "Statement": [{"Effect": "Allow", "Resource": "*", **one} for one in statements]})


def session(account: str = HOME, name: str = "lake-codepipeline-rl") -> Principal:
    arn = f"arn:aws:sts::{account}:assumed-role/{name}/run"
    return Principal("role-session", arn, account, f"arn:aws:iam::{account}:role/lake/{name}")


def user(name: str = "ann", account: str = HOME) -> Principal:
    return Principal("user", f"arn:aws:iam::{account}:user/{name}", account)


def request(principal: Principal, path: str | None = CHILD, owner: str = AWAY, **more: Any) -> Request:
    known: dict[str, str | tuple[str, ...]] = {
        "aws:PrincipalArn": principal.role_arn or principal.arn,
        "aws:PrincipalAccount": principal.account,
        "aws:SecureTransport": "true",
        **more.pop("context", {}),
    }
    if path is not None:
        known |= {"aws:PrincipalOrgID": path.split("/")[0], "aws:PrincipalOrgPaths": (path,)}
    return Request(principal, more.pop("action", "s3:GetObject"), more.pop("resource", OBJECT), owner, known, **more)


CODE_BUCKET = policy(
    {
        "Principal": {"AWS": "*"},
        "Action": ["s3:GetObject", "s3:GetObjectVersion"],
        "Resource": ["arn:aws:s3:::code/releases/${aws:PrincipalAccount}/*", "arn:aws:s3:::code/assets/*"],
        "Condition": {
            "StringEquals": {"aws:PrincipalOrgID": ORGANIZATION},
            "ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": [UNIT + "*"]},
            "ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/lake/*-codepipeline-rl"},
        },
    },
    {
        "Sid": "TlsOnly",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    },
)


@pytest.mark.parametrize(
    ("asked", "verdict"),
    [
        pytest.param(request(session(), UNIT), "allow", id="directly in the unit"),
        pytest.param(request(session(), CHILD), "allow", id="in a child unit"),
        pytest.param(request(session(), NEAR), "deny", id="in a sibling whose id begins alike"),
        pytest.param(request(session(), f"{ORGANIZATION}/{ROOT}/"), "deny", id="moved out to the root"),
        pytest.param(request(session(), None), "deny", id="outside of any organization"),
        pytest.param(
            request(session(), UNIT.replace(ORGANIZATION, "o-zzzzzzzzzz")), "deny", id="a foreign organization"
        ),
        pytest.param(request(session(AWAY[::-1].replace("2", "3"))), "deny", id="another silo's prefix"),
        pytest.param(request(session(), context={"aws:SecureTransport": "false"}), "deny", id="plain HTTP"),
        pytest.param(request(session(name="analyst")), "deny", id="a role of another name"),
        pytest.param(request(session(), action="s3:PutObject"), "deny", id="a write"),
        pytest.param(request(session(), resource="arn:aws:s3:::code/state/index.json"), "deny", id="the state"),
        pytest.param(request(session(), resource="arn:aws:s3:::code/assets/x"), "allow", id="an asset"),
        pytest.param(request(Principal("anonymous"), None), "deny", id="nobody"),
    ],
)
def test_the_code_bucket_lets_in_who_is_in_the_unit(asked: Request, verdict: str) -> None:
    policies = Policies(identity=(policy({"Action": "s3:*"}),), resource=CODE_BUCKET)

    assert decide(asked, policies).verdict == verdict


def test_a_grant_of_another_account_needs_the_callers_own_policy_too() -> None:
    decision = decide(request(session()), Policies(resource=CODE_BUCKET))

    assert (decision.verdict, decision.reason) == ("deny", "implicit-deny:identity")


def test_an_explicit_deny_wins_and_names_its_statement() -> None:
    asked = request(session(), context={"aws:SecureTransport": "false"})

    decision = decide(asked, Policies(identity=(policy({"Action": "s3:*"}),), resource=CODE_BUCKET))

    assert decision.reason == "explicit-deny:resource"
    assert decision.statement is not None
    assert decision.statement.name == "TlsOnly"


def named(principal: Any, **more: Any) -> Any:
    return policy({"Principal": principal, "Action": "s3:GetObject", **more})


@pytest.mark.parametrize(
    ("principal", "resource", "identity", "verdict"),
    [
        pytest.param(user(), named({"AWS": user().arn}), (), "allow", id="a user named by a bucket of its account"),
        pytest.param(user(), named({"AWS": HOME}), (), "deny", id="an account named delegates, and grants nothing"),
        pytest.param(
            user(), named({"AWS": HOME}), (policy(ALL),), "allow", id="delegated, and allowed by the user's own"
        ),
        pytest.param(session(), named({"AWS": session().role_arn}), (), "allow", id="a role's ARN means its sessions"),
        pytest.param(
            session(), named({"AWS": "arn:aws:iam::*:role/lake/*"}), (), "deny", id="no wildcard in a principal"
        ),
        pytest.param(session(), None, (policy(ALL),), "allow", id="one's own policy is enough at home"),
        pytest.param(session(), None, (), "deny", id="no policy at all"),
        pytest.param(
            Principal("root", f"arn:aws:iam::{HOME}:root", HOME), None, (), "allow", id="the root user at home"
        ),
    ],
)
def test_within_one_account_either_side_may_grant(
    principal: Principal, resource: Any, identity: Any, verdict: str
) -> None:
    assert decide(request(principal, owner=HOME), Policies(identity, resource)).verdict == verdict


@pytest.mark.parametrize("action", ["sts:AssumeRole", "kms:Decrypt"])
def test_a_role_and_a_key_are_not_opened_by_the_callers_policy_alone(action: str) -> None:
    asked = request(user(), owner=HOME, action=action)

    assert decide(asked, Policies((policy(ALL),))).verdict == "deny"
    assert decide(asked, Policies((policy(ALL),), policy({"Principal": {"AWS": HOME}, "Action": action}))).allowed


def test_a_boundary_holds_a_role_and_its_grant_by_name() -> None:
    boundary = policy({"Action": "glue:*"})
    asked = request(session(), owner=HOME)

    assert decide(asked, Policies((policy(ALL),), boundary=boundary)).reason == "implicit-deny:boundary"
    held = Policies(resource=named({"AWS": session().role_arn}), boundary=boundary)
    assert decide(asked, held).verdict == "deny"


def test_every_level_of_the_organization_must_allow() -> None:
    full, some = policy(ALL), policy({"Action": "glue:*"})
    asked = request(session(), owner=HOME)

    assert decide(asked, Policies((full,), scps=((full,), (full,)))).allowed
    assert decide(asked, Policies((full,), scps=((full,), (some,)))).reason == "implicit-deny:scp"
    assert decide(asked, Policies((full,), rcps=((full,), (some,)))).reason == "implicit-deny:rcp"


def test_a_service_needs_to_be_named_and_is_no_member_of_an_organization() -> None:
    service = Principal("service", service="delivery.logs.amazonaws.com")
    asked = Request(service, "s3:GetObject", OBJECT, AWAY, {"aws:SourceAccount": HOME})
    source = {"Condition": {"StringEquals": {"aws:SourceAccount": HOME}}}

    assert decide(asked, Policies(resource=named({"Service": service.service}, **source))).allowed
    assert not decide(asked, Policies(resource=named({"Service": "glue.amazonaws.com"}, **source))).allowed
    assert not decide(asked, Policies(resource=CODE_BUCKET)).allowed


@pytest.mark.parametrize(
    ("condition", "path", "verdict"),
    [
        pytest.param(
            {"ForAllValues:StringLike": {"aws:PrincipalOrgPaths": UNIT + "*"}}, None, "allow", id="ForAllValues leaks"
        ),
        pytest.param(
            {"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": UNIT + "*"}}, None, "deny", id="ForAnyValue holds"
        ),
        pytest.param({"StringLikeIfExists": {"aws:PrincipalOrgID": ORGANIZATION}}, None, "allow", id="IfExists leaks"),
        pytest.param(
            {"StringNotEquals": {"aws:PrincipalOrgID": "o-x"}}, None, "allow", id="a negation of what is missing"
        ),
        pytest.param(
            {"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "*/ou-ab12-11111111/*"}},
            UNIT.replace("a1", "z9"),
            "allow",
            id="a leading star leaves the organization",
        ),
        pytest.param(
            {"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": UNIT[:-1] + "*"}},
            NEAR,
            "allow",
            id="no slash lets a sibling in",
        ),
        pytest.param(
            {"ForAnyValue:StringEquals": {"aws:PrincipalOrgPaths": UNIT}},
            CHILD,
            "deny",
            id="the exact path is the unit alone",
        ),
        pytest.param(
            {"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": UNIT + "ou-*"}}, UNIT, "deny", id="only what is below"
        ),
        pytest.param(
            {"StringLike": {"aws:PrincipalOrgPaths": UNIT + "*"}},
            CHILD,
            "deny",
            id="a plain operator on several values",
        ),
        pytest.param(
            {"StringEquals": {"aws:PrincipalArn": "arn:aws:iam::*:role/*"}},
            CHILD,
            "deny",
            id="Equals takes a star for a star",
        ),
        pytest.param(
            {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*-codepipeline-rl"}},
            CHILD,
            "deny",
            id="a star crosses no colon",
        ),
        pytest.param({"ArnLike": {"aws:PrincipalArn": session().arn}}, CHILD, "deny", id="PrincipalArn is the role's"),
        pytest.param({"StringEquals": {"AWS:principalorgid": ORGANIZATION}}, CHILD, "allow", id="keys have no case"),
        pytest.param({"StringEquals": {"aws:PrincipalOrgID": ORGANIZATION.upper()}}, CHILD, "deny", id="values have"),
        pytest.param({"Null": {"aws:PrincipalOrgID": "true"}}, None, "allow", id="Null asks for what is missing"),
    ],
)
def test_conditions_as_they_are_and_not_as_they_read(condition: Any, path: str | None, verdict: str) -> None:
    resource = named({"AWS": "*"}, Condition=condition)

    assert decide(request(session(), path), Policies((policy(ALL),), resource)).verdict == verdict


def test_an_old_policy_has_no_variables() -> None:
    statement = {
        "Principal": {"AWS": "*"},
        "Action": "s3:*",
        "Resource": "arn:aws:s3:::code/releases/${aws:PrincipalAccount}/*",
    }

    new, old = policy(statement), policy(statement, version="2008-10-17")

    assert decide(request(session()), Policies((policy(ALL),), new)).allowed
    assert not decide(request(session()), Policies((policy(ALL),), old)).allowed


def test_a_variable_without_a_value_matches_nothing_unless_it_has_a_default() -> None:
    bare = named({"AWS": "*"}, Resource="arn:aws:s3:::code/releases/${aws:username}/*")
    defaulted = named({"AWS": "*"}, Resource=f"arn:aws:s3:::code/releases/${{aws:username, '{HOME}'}}/*")

    assert not decide(request(session()), Policies((policy(ALL),), bare)).allowed
    assert decide(request(session()), Policies((policy(ALL),), defaulted)).allowed


def test_a_variables_value_is_no_pattern() -> None:
    asked = request(session(), context={"aws:PrincipalAccount": "*"})

    assert not decide(asked, Policies((policy(ALL),), CODE_BUCKET)).allowed


def test_everybody_but_the_named_are_denied_and_whoever_has_a_boundary() -> None:
    resource = read(
        {
            "Version": "2012-10-17",
            "Statement": [
                {"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": "*"},
                {"Effect": "Deny", "NotPrincipal": {"AWS": user().arn}, "Action": "s3:*", "Resource": "*"},
            ],
        }
    )

    assert decide(request(user(), owner=HOME), Policies((), resource)).allowed
    assert not decide(request(user("bob"), owner=HOME), Policies((), resource)).allowed
    assert not decide(request(user(), owner=HOME), Policies((), resource, boundary=policy(ALL))).allowed


def test_what_is_not_understood_is_unknown_and_never_a_guess() -> None:
    odd = named({"AWS": "*"}, Condition={"StringSounds": {"aws:PrincipalOrgID": ORGANIZATION}})
    denied = policy(
        {"Effect": "Deny", "Action": "s3:*", "Condition": {"StringSounds": {"aws:PrincipalOrgID": "x"}}}, ALL
    )

    assert decide(request(session()), Policies((policy(ALL),), odd)).verdict == "unknown"
    assert decide(request(session(), owner=HOME), Policies((denied,))).reason == "unknown:identity"
    assert decide(request(session(), action="s3:PutObject"), Policies((policy(ALL),), odd)).verdict == "deny"


def test_a_key_that_nobody_told_is_unknown_and_one_known_to_be_missing_is_not() -> None:
    resource = named({"AWS": "*"}, Condition={"StringEquals": {"aws:SourceVpc": "vpc-1"}})
    policies = Policies((policy(ALL),), resource)

    assert decide(request(session(), told=frozenset()), policies).verdict == "unknown"
    assert decide(request(session(), told=frozenset({"aws:sourcevpc"})), policies).verdict == "deny"


@pytest.mark.parametrize(
    ("operator", "wanted", "value", "verdict"),
    [
        ("NumericLessThan", "10", "9", "allow"),
        ("NumericLessThanEquals", 10, "11", "deny"),
        ("NumericEquals", "10.0", "10", "allow"),
        ("NumericGreaterThan", "10", "ten", "deny"),
        ("DateLessThan", "2027-01-01T00:00:00Z", "2026-12-31T23:59:59Z", "allow"),
        ("DateLessThan", "2026-12-31", "2026-12-31T00:00:01Z", "deny"),
        ("DateGreaterThanEquals", "2026-11-22T12:00:00+02:00", "1795341600", "allow"),
        ("IpAddress", ["198.51.100.0/24", "2001:db8::/32"], "198.51.100.7", "allow"),
        ("IpAddress", "2001:db8::/32", "2001:db8::1", "allow"),
        ("NotIpAddress", "198.51.100.0/24", "198.51.100.7", "deny"),
        ("Bool", True, "true", "allow"),
        ("StringEqualsIgnoreCase", "ANN", "ann", "allow"),
        ("StringNotEqualsIgnoreCase", "ANN", "ann", "deny"),
        ("StringLike", "a?n*", "ann", "allow"),
        ("StringNotLike", "a*", "bob", "allow"),
        ("StringEquals", "${*}", "*", "allow"),
        ("BinaryEquals", "YW5u", "YW5u", "allow"),
        ("ArnNotEquals", "arn:aws:s3:::a", "arn:aws:s3:::b", "allow"),
    ],
)
def test_operators(operator: str, wanted: Any, value: str, verdict: str) -> None:
    mine = policy({"Action": "*", "Condition": {operator: {"lake:Key": wanted}}})

    assert decide(request(session(), owner=HOME, context={"lake:Key": value}), Policies((mine,))).verdict == verdict


@pytest.mark.parametrize(
    ("document", "why"),
    [
        ("{", "not JSON"),
        ("[]", "a policy is an object"),
        ({"Version": "2020-01-01", "Statement": []}, "Version is"),
        ({"Statement": "x"}, "Statement is neither"),
        ({"Statement": [{"Effect": "allow", "Action": "*"}]}, "neither Allow nor Deny"),
        ({"Statement": [{"Effect": "Allow", "Action": "*", "NotAction": "*"}]}, "both Action and NotAction"),
        ({"Statement": [{"Effect": "Allow"}]}, "neither Action nor NotAction"),
        ({"Statement": [{"Effect": "Allow", "Action": 1}]}, "neither a text nor a list"),
        ({"Statement": [{"Effect": "Allow", "Action": "*", "Princpal": "*"}]}, "unknown element Princpal"),
        ({"Statement": [{"Effect": "Allow", "Action": "*", "Principal": "somebody"}]}, "neither"),
        (
            {"Statement": [{"Effect": "Allow", "Action": "*", "Condition": {"aws:PrincipalOrgPaths": "x"}}]},
            "does not hold an object",
        ),
    ],
)
def test_a_document_that_is_no_policy_is_refused_with_the_place(document: Any, why: str) -> None:
    with pytest.raises(PolicyInvalid, match=why):
        read(document)
