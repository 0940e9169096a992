"""Whether one statement speaks of one request: its principal, action, resource and conditions."""

from __future__ import annotations

import re
from dataclasses import dataclass

from controller.access.conditions import holds
from controller.access.pattern import Unresolved, matches, matches_arn
from controller.access.policy import Named, Statement
from controller.access.request import Principal, Request
from controller.access.truth import Truth, every, opposite, some

_ACCOUNT = re.compile(r"(?:arn:[a-z-]+:iam::)?(\d{12})(?::root)?")


@dataclass(frozen=True, slots=True)
class Match:
    """`names` says how a resource policy means the principal: itself, its session, its account, or everybody."""

    truth: Truth
    names: str = ""  # "" | arn | session | account | anyone


def identity_match(statement: Statement, request: Request) -> Truth:
    """Of a policy that hangs on the principal, so that it names none."""
    return every((_action(statement, request), _resource(statement, request), holds(statement, request)))


def resource_match(statement: Statement, request: Request, bounded: bool = False) -> Match:
    """Of a policy that hangs on the resource. `bounded`: the principal has a permissions boundary."""
    named = _named(statement, request.principal, bounded)
    if named.truth is False:
        return named
    return Match(every((named.truth, identity_match(statement, request))), named.names)


def _action(statement: Statement, request: Request) -> bool:
    if statement.actions is not None:
        return any(matches(pattern, request.action, fold=True) for pattern in statement.actions)
    return not any(matches(pattern, request.action, fold=True) for pattern in statement.not_actions or ())


def _resource(statement: Statement, request: Request) -> Truth:
    """A statement without a resource means the one that it hangs on, as in a role's trust policy."""
    variables = request if statement.variables else None
    if statement.resources is not None:
        return some(_fits(pattern, request.resource, variables) for pattern in statement.resources)
    if statement.not_resources is not None:
        return opposite(some(_fits(pattern, request.resource, variables) for pattern in statement.not_resources))
    return True


def _fits(pattern: str, resource: str, variables: Request | None) -> Truth:
    try:
        return matches_arn(pattern, resource, variables)
    except Unresolved as unresolved:
        return False if unresolved.known else None


def _named(statement: Statement, principal: Principal, bounded: bool) -> Match:
    if statement.principals is not None:
        found = [_means(named, principal) for named in statement.principals]
        truth = some(match.truth for match in found)
        kinds = {match.names for match in found if match.truth is truth and truth is not False}
        return Match(truth, next((kind for kind in ("session", "arn", "anyone", "account") if kind in kinds), ""))
    if statement.not_principals is not None:
        if bounded and not statement.allows:
            return Match(True, "anyone")  # IAM user guide, NotPrincipal: always denies who has a boundary
        excepted = some(_means(named, principal).truth for named in statement.not_principals)
        return Match(opposite(excepted), "anyone")
    return Match(False)  # a resource's policy must say whom it means


def _means(named: Named, principal: Principal) -> Match:
    match named.kind:
        case "AWS" if named.value == "*":
            return Match(True, "anyone")
        case "AWS":
            account = _ACCOUNT.fullmatch(named.value)
            if account is not None:
                return Match(account[1] == principal.account and principal.kind != "service", "account")
            if named.value == principal.arn and principal.kind in ("role-session", "federated-user"):
                return Match(True, "session")
            return Match(named.value in principal.arns, "arn")
        case "Service":
            return Match(principal.kind == "service" and named.value in ("*", principal.service), "arn")
        case "Federated":
            return Match(False)  # who comes with a web identity or SAML is none of our kinds of principal
        case _:
            return Match(None, "arn")
