"""Which requests are decided, and how a refusal reads."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from moto.iam.access_control import PermissionResult
from moto.iam.models import IAMBackend
from moto.s3.models import FakeBucket

from controller.access import Decision, Policies, PolicyInvalid, Request, decide
from controller.local.authorization import asked, catalogs, named, partners
from controller.local.authorization.asked import Asked
from controller.local.authorization.facts import KEY_ALONE, TOLD, context
from controller.local.authorization.principals import Held, NoSuchPrincipal, held, reading
from controller.local.authorization.refusal import Refusal
from controller.local.server import calls
from controller.local.server.callers import Caller

KMS_USES = ("Decrypt", "Encrypt", "GenerateDataKey", "GenerateDataKeyWithoutPlaintext", "DescribeKey")


def install() -> None:
    """Keep moto from judging bucket policies by itself: it takes a condition that it does not know for true.

    And look through the roles that there are, not through what another thread is adding to.
    """
    FakeBucket.get_permission = lambda self, action, resource: PermissionResult.NEUTRAL
    IAMBackend.get_roles = lambda self: list(self.roles.values())


def refusal(environ: dict[str, Any], service: str, operation: str, who: Caller) -> Refusal | None:
    """Why the call may not be made; None when it may, or when nothing of it is decided here."""
    known = list(_asked(environ, service, operation, who))
    wanted = [one for one in known if _decided(one, who)]
    if not wanted and partners.partner(who):
        wanted = partners.anything(service, operation, who)
    actions = _actions(environ, service, operation, known) if who.kind == "role" else []
    if not wanted and not actions:
        return None
    try:
        caller = held(who)
        for one in wanted:
            decision = _decide(environ, one, caller)
            if not decision.allowed:
                return _refused(service, one, caller, decision)
        for action, layer in named.lacking(caller, actions):
            anything = Asked(action, "*", who.account, None)
            return _refused(service, anything, caller, Decision("deny", f"implicit-deny:{layer}"))
    except NoSuchPrincipal as gone:
        return Refusal(403, "AccessDenied", f"{gone} does not exist", service)
    except PolicyInvalid as invalid:
        return Refusal(403, "AccessDenied", f"a policy that takes part cannot be read: {invalid}", service)
    return None


def _actions(environ: dict[str, Any], service: str, operation: str, known: list[Asked]) -> list[str]:
    """What a policy has to name; nothing where nobody knows which operation it is."""
    if not operation:
        return []
    return [one.action for one in known] or [named.action(service, operation, environ["REQUEST_METHOD"])]


def _asked(environ: dict[str, Any], service: str, operation: str, who: Caller) -> Iterable[Asked]:
    match service:
        case "s3":
            return asked.s3(environ, operation)
        case "glue":
            return catalogs.glue(environ, operation, who)
        case "sts" if operation == "AssumeRole":
            return asked.assume_role(environ)
        case "kms" if operation in KMS_USES:
            return _key_use(environ, operation, who)
        case _:
            return ()


def _key_use(environ: dict[str, Any], operation: str, who: Caller) -> Iterator[Asked]:
    """A key used by its name; without one the ciphertext names it, and moto looks by itself."""
    key = json.loads(calls.body(environ) or b"{}").get("KeyId")
    if key:
        region = calls.credential(environ).region
        yield asked.kms(f"kms:{operation}", key, who.account, region, {"kms:CallerAccount": who.account})


def _decided(one: Asked, who: Caller) -> bool:
    """Another account's resource always; one's own where it has a policy and a role, not a person, asks.

    A partner is no person of the account: all that it asks for is decided. So is what a narrowed session asks for.
    """
    if one.owner != who.account or one.action == "sts:AssumeRole" or partners.partner(who):
        return True
    return bool(who.session_policy) or (one.policy is not None and who.kind == "role")


def _decide(environ: dict[str, Any], one: Asked, caller: Held) -> Decision:
    region = calls.credential(environ).region
    known = {**context(environ, caller.principal, caller.user_id, region, one.owner), **one.context}
    if "kms:CallerAccount" in known:
        known["kms:CallerAccount"] = caller.principal.account
    told = TOLD | KEY_ALONE if caller.principal.kind == "user" else TOLD
    request = Request(caller.principal, one.action, one.resource, one.owner, known, told)
    policy = None if one.policy is None else reading(one.policy)
    return decide(request, Policies(caller.identity, policy, caller.boundary, caller.session))


def _refused(service: str, one: Asked, caller: Held, decision: Decision) -> Refusal:
    text = f'User: {caller.principal.arn} is not authorized to perform: {one.action} on resource: "{one.resource}" '
    kind, _, layer = decision.reason.partition(":")
    layer = {"resource": one.kind, "identity": "identity-based policy", "boundary": "permissions boundary"}.get(
        layer, f"{layer} policy"
    )
    statement = f" ({decision.statement.name})" if decision.statement else ""
    match kind:
        case "explicit-deny":
            why = f"with an explicit deny in a {layer}{statement}"
        case "unknown":
            why = f"because the embedded AWS cannot tell what a condition of the {layer} means{statement}"
        case _:
            why = f"because no {layer} allows the {one.action} action"
    return Refusal(403, "AccessDenied" if service != "kms" else "AccessDeniedException", text + why, service)
