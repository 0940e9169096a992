"""Calls whose resources are not read here: refused where no policy of the role allows their action upon anything.

IAM judges resources and conditions as well. This finds what a policy forgot, not what it allows too narrowly.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from controller.access import Policy
from controller.access.pattern import matches
from controller.local.authorization.asked import S3_ACTIONS
from controller.local.authorization.principals import Held

# What anybody with credentials may call (STS API reference).
FREE = frozenset({"sts:GetCallerIdentity", "sts:GetSessionToken"})
# Services that policies call otherwise than signatures do, and operations that they call otherwise than the API does
# (service authorization reference).
PREFIXES = {"monitoring": "cloudwatch", "email": "ses"}
ACTIONS = {"lambda:Invoke": "lambda:InvokeFunction"}
VERBS = frozenset({"apigateway"})  # whose actions are HTTP's


def action(service: str, operation: str, method: str) -> str:
    """What policies call an operation."""
    if service in VERBS:
        return f"{service}:{method}"
    if service == "s3":
        operation = S3_ACTIONS.get(operation, operation).replace("?", "")
    plain = f"{PREFIXES.get(service, service)}:{operation}"
    return ACTIONS.get(plain, plain)


def lacking(caller: Held, actions: Iterable[str]) -> Iterator[tuple[str, str]]:
    """The actions that a layer of the caller's policies allows upon nothing at all, each with that layer."""
    for one in actions:
        for layer, policies in _layers(caller):
            if one not in FREE and not any(_allows(policy, one) for policy in policies):
                yield one, layer


def _layers(caller: Held) -> Iterator[tuple[str, tuple[Policy, ...]]]:
    yield "identity", caller.identity
    if caller.boundary is not None:
        yield "boundary", (caller.boundary,)
    if caller.session is not None:
        yield "session", caller.session


def _allows(policy: Policy, wanted: str) -> bool:
    for statement in policy.statements:
        if statement.allows and statement.actions is not None:
            if any(matches(pattern, wanted, fold=True) for pattern in statement.actions):
                return True
        elif statement.allows and not any(matches(one, wanted, fold=True) for one in statement.not_actions or ()):
            return True
    return False
