"""One request, all layers of policies, one answer (IAM user guide, "Policy evaluation logic").

An explicit deny in any layer wins. Otherwise every layer that is there must allow: organization policies at each
level, then the resource's policy and the principal's own, together for one account and both for two.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from controller.access.policy import Policy, Statement
from controller.access.request import Request
from controller.access.statement import identity_match, resource_match
from controller.access.truth import Truth, some

Verdict = Literal["allow", "deny", "unknown"]
# Resources whose own policy must allow, for the principal's account too (IAM and KMS user guides).
OWN_POLICY_DECIDES = ("sts:assumerole", "kms:")


@dataclass(frozen=True, slots=True)
class Policies:
    """`session` None: no session policy was passed; `scps` and `rcps`: levels, the root's first, None: none apply."""

    identity: tuple[Policy, ...] = ()
    resource: Policy | None = None
    boundary: Policy | None = None
    session: tuple[Policy, ...] | None = None
    scps: tuple[tuple[Policy, ...], ...] | None = None
    rcps: tuple[tuple[Policy, ...], ...] | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """`reason` is `allow`, `explicit-deny:LAYER`, `implicit-deny:LAYER` or `unknown:LAYER`."""

    verdict: Verdict
    reason: str
    statement: Statement | None = None

    @property
    def allowed(self) -> bool:
        return self.verdict == "allow"


@dataclass(frozen=True, slots=True)
class _Layer:
    """What one layer says: whether it denies, whether it allows, and by which statement."""

    name: str
    denies: Truth
    allows: Truth
    statement: Statement | None = None


def decide(request: Request, policies: Policies) -> Decision:
    own = _own_layers(request, policies)
    resource = _resource(request, policies)
    organization = [*_organization(request, policies)]
    layers = [*organization, resource.layer, *own]
    for layer in layers:
        if layer.denies is True:
            return Decision("deny", f"explicit-deny:{layer.name}", layer.statement)
    decision = _granted(request, organization, resource, own)
    if decision.verdict == "allow":
        doubtful = next((layer for layer in layers if layer.denies is None), None)
        if doubtful is not None:
            return Decision("unknown", f"unknown:{doubtful.name}", doubtful.statement)
    return decision


@dataclass(frozen=True, slots=True)
class _Resource:
    """The resource's policy: how strongly it names the principal decides what else must allow."""

    layer: _Layer
    by_session: Truth = False
    by_arn: Truth = False
    by_anyone: Truth = False

    @property
    def direct(self) -> Truth:
        return some((self.by_session, self.by_arn, self.by_anyone))


def _granted(request: Request, organization: list[_Layer], resource: _Resource, own: list[_Layer]) -> Decision:
    """Who has to allow. Explicit denies are out of the way."""
    kind = request.principal.kind
    if kind in ("service", "anonymous"):
        return _all([*organization, resource.layer])
    if request.principal.account != request.resource_account:
        return _all([*organization, resource.layer, *own])
    both = _all([*organization, *own])
    if request.action.lower().startswith(OWN_POLICY_DECIDES):
        both = _all([*organization, resource.layer, *own])
    direct = _all([*organization, *_beside_resource(request, resource, own)])
    return next((one for verdict in ("allow", "unknown") for one in (both, direct) if one.verdict == verdict), both)


def _beside_resource(request: Request, resource: _Resource, own: list[_Layer]) -> list[_Layer]:
    """What limits a grant by the resource's own policy within one account.

    A grant to a user, or to anybody, stands alone; one to a role's ARN is held by the role's boundary (IAM user guide,
    "Permissions boundaries"). A session policy holds every grant: documents and tools differ, so the narrow way.
    """
    layer = resource.layer
    grant = _Layer("resource", layer.denies, resource.direct, layer.statement)
    alone = request.principal.kind == "user" or some((resource.by_session, resource.by_anyone)) is True
    return [grant, *(each for each in own if each.name == "session" or (each.name == "boundary" and not alone))]


def _all(layers: Iterable[_Layer]) -> Decision:
    found = list(layers)
    refusing = next((layer for layer in found if layer.allows is False), None)
    if refusing is not None:
        return Decision("deny", f"implicit-deny:{refusing.name}")
    doubtful = next((layer for layer in found if layer.allows is None), None)
    if doubtful is not None:
        return Decision("unknown", f"unknown:{doubtful.name}", doubtful.statement)
    return Decision("allow", "allow", next((layer.statement for layer in reversed(found) if layer.statement), None))


def _own_layers(request: Request, policies: Policies) -> list[_Layer]:
    """The principal's side: identity policies, boundary, session policies."""
    kind = request.principal.kind
    if kind in ("service", "anonymous"):
        return []
    layers = [_layer("identity", request, policies.identity)]
    if kind == "root":
        layers = [_Layer("identity", False, True)]  # an account's root user has every right that it needs not be given
    if policies.boundary is not None:
        layers.append(_layer("boundary", request, (policies.boundary,)))
    if policies.session is not None:
        layers.append(_layer("session", request, policies.session))
    return layers


def _organization(request: Request, policies: Policies) -> Iterator[_Layer]:
    """SCPs bind users, roles and root users of member accounts; RCPs bind whoever asks (Organizations user guide)."""
    if policies.scps is not None and request.principal.kind not in ("service", "anonymous"):
        for level in policies.scps:
            yield _layer("scp", request, level)
    for level in policies.rcps or ():
        yield _layer("rcp", request, level, of_resource=True)


def _layer(name: str, request: Request, policies: Iterable[Policy], of_resource: bool = False) -> _Layer:
    denies: Truth = False
    allows: Truth = False
    why: Statement | None = None
    for policy in policies:
        for statement in policy.statements:
            if of_resource and (statement.principals or statement.not_principals):
                matched = resource_match(statement, request).truth
            else:
                matched = identity_match(statement, request)
            if matched is False:
                continue
            if statement.allows:
                why = why or statement
                allows = some((allows, matched))
            elif matched is True:
                return _Layer(name, True, allows, statement)
            else:
                denies, why = None, statement
    return _Layer(name, denies, allows, why)


def _resource(request: Request, policies: Policies) -> _Resource:
    if policies.resource is None:
        return _Resource(_Layer("resource", False, False))
    bounded = policies.boundary is not None
    denies: Truth = False
    grants: dict[str, Truth] = {}
    why: Statement | None = None
    for statement in policies.resource.statements:
        match = resource_match(statement, request, bounded)
        if match.truth is False:
            continue
        if statement.allows:
            why = why or statement
            grants[match.names] = some((grants.get(match.names, False), match.truth))
        elif match.truth is True:
            return _Resource(_Layer("resource", True, False, statement))
        else:
            denies, why = None, statement
    layer = _Layer("resource", denies, some(grants.values()), why)
    found = {name: grants.get(name, False) for name in ("session", "arn", "anyone")}
    return _Resource(layer, found["session"], found["arn"], found["anyone"])
