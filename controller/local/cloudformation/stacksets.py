"""StackSets: one template in many accounts and regions, following the accounts of an organization.

`deploy = False` records instances as CURRENT without making their stacks, for lakes too large to make.
"""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterable, Mapping
from typing import Any

from controller.local.cloudformation import creation, membership, requests, rollout
from controller.local.cloudformation.errors import Refused
from controller.local.cloudformation.requests import Params
from controller.local.cloudformation.stackset import Instance, Place, Result, SetOperation, StackSet

deploy = True
UNITS_MAX = 50  # organizational units of one call; botocore model, DeploymentTargets

_lock = threading.RLock()
_sets: dict[tuple[str, str, str], StackSet] = {}  # by owner, region and name


class StackSetBackend:
    """The sets that one account sees in one region, as the API drives them."""

    def __init__(self, account: str, region: str, call_as: str = "SELF") -> None:
        self.account, self.region = account, region
        self.owner = membership.owner(account, call_as)

    def all(self) -> list[StackSet]:
        with _lock:
            return [item for (owner, region, _), item in _sets.items() if (owner, region) == (self.owner, self.region)]

    def get(self, name: str) -> StackSet:
        for item in self.all():
            if name in (item.name, item.id, item.arn):
                return item
        raise Refused(f"StackSet {name} not found", "StackSetNotFoundException")

    def create(self, params: Params, caller: str | None = None) -> StackSet:
        name = params["StackSetName"]
        requests.check_name(name)
        with _lock:
            if (self.owner, self.region, name) in _sets:
                raise Refused(f"StackSet {name} already exists", "NameAlreadyExistsException")
            wanted = requests.wanted(params, self.account, self.region, caller)
            stack_set = StackSet(name, self.owner, self.region, wanted)
            self._define(stack_set, params)
            if stack_set.service_managed and not membership.trusted(self.account):
                raise Refused("You must enable organizations access to operate a service managed stack set")
            creation.check(wanted)
            rollout.check_template(stack_set, wanted)
            _sets[(self.owner, self.region, name)] = stack_set
        return stack_set

    def update(self, params: Params, caller: str | None = None) -> SetOperation:
        stack_set = self.get(params["StackSetName"])
        _check_free(stack_set, params)
        targets, regions = _targets(params), params.get("Regions") or []
        if params.get("AutoDeployment") and (targets or regions):
            raise Refused("AutoDeployment cannot be given together with DeploymentTargets or Regions")
        wanted = requests.wanted(params, self.account, self.region, caller, stack_set.wanted)
        creation.check(wanted)
        rollout.check_template(stack_set, wanted)
        with _lock:
            before = stack_set.wanted
            stack_set.wanted = wanted
            self._define(stack_set, params)
            changed = (before.template.digest, before.parameters, before.tags) != (
                wanted.template.digest,
                wanted.parameters,
                wanted.tags,
            )
            for instance in stack_set.instances.values() if changed else ():
                if instance.status == "CURRENT":
                    instance.status = "OUTDATED"
            chosen = self._chosen(stack_set, targets, regions) if targets else list(stack_set.instances)
            return _start(stack_set, "UPDATE", chosen, params)

    def delete(self, params: Params) -> None:
        stack_set = self.get(params["StackSetName"])
        with _lock:
            if stack_set.instances:
                raise Refused("StackSet is not empty", "StackSetNotEmptyException")
            _check_free(stack_set, {})
            _sets.pop((self.owner, self.region, stack_set.name))

    def create_instances(self, params: Params) -> SetOperation:
        stack_set = self.get(params["StackSetName"])
        _check_free(stack_set, params)
        targets, regions = _targets(params), params["Regions"]
        if targets.get("AccountFilterType") == "UNION":
            raise Refused("AccountFilterType UNION is not supported for CreateStackInstances")
        units = self._reached(stack_set, targets)
        with _lock:
            for unit in targets.get("OrganizationalUnitIds", ()):
                stack_set.targets.setdefault(unit, set()).update(regions)
            overrides = _overrides(params)
            places = [(account, region) for region in regions for account in units]
            for account, region in places:
                made = stack_set.instances.setdefault((account, region), Instance(account, region))
                made.unit, made.overrides = units[account], overrides or made.overrides
            return _start(stack_set, "CREATE", places, params)

    def update_instances(self, params: Params) -> SetOperation:
        stack_set = self.get(params["StackSetName"])
        _check_free(stack_set, params)
        with _lock:
            places = self._chosen(stack_set, _targets(params), params["Regions"])
            missing = [place for place in places if place not in stack_set.instances]
            if missing and "Accounts" in params:
                raise Refused(f"Stack instances {missing} do not exist", "StackInstanceNotFoundException")
            there = [place for place in places if place in stack_set.instances]
            for place in there if "ParameterOverrides" in params else ():
                stack_set.instances[place].overrides = _overrides(params)
            return _start(stack_set, "UPDATE", there, params)

    def delete_instances(self, params: Params) -> SetOperation:
        stack_set = self.get(params["StackSetName"])
        _check_free(stack_set, params)
        targets, regions = _targets(params), params["Regions"]
        with _lock:
            places = [place for place in self._chosen(stack_set, targets, regions) if place in stack_set.instances]
            if targets.get("AccountFilterType", "NONE") == "NONE":
                for unit in targets.get("OrganizationalUnitIds", ()):
                    stack_set.targets.get(unit, set()).difference_update(regions)
                    if not stack_set.targets.get(unit):
                        stack_set.targets.pop(unit, None)
            retain = _true(params.get("RetainStacks"))
            return _start(stack_set, "DELETE", places, params, retain)

    def operation(self, name: str, operation_id: str) -> SetOperation:
        found = self.get(name).operations.get(operation_id)
        if found is None:
            raise Refused(f"Operation {operation_id} not found", "OperationNotFoundException")
        return found

    def _define(self, stack_set: StackSet, params: Params) -> None:
        stack_set.description = params.get("Description", stack_set.description)
        stack_set.permission_model = params.get("PermissionModel") or stack_set.permission_model
        automatic = params.get("AutoDeployment")
        if stack_set.service_managed and automatic is None and "StackSetName" in params and not stack_set.operations:
            raise Refused("AutoDeployment is required for service-managed stack sets")
        if automatic is not None:
            stack_set.automatic = _true(automatic.get("Enabled"))
            stack_set.retain = _true(automatic.get("RetainStacksOnAccountRemoval"))
        if params.get("ManagedExecution") is not None:
            stack_set.managed = _true(params["ManagedExecution"].get("Active"))

    def _reached(self, stack_set: StackSet, targets: Mapping[str, Any]) -> dict[str, str]:
        """The accounts of the targets, each with its unit."""
        units, accounts = targets.get("OrganizationalUnitIds", []), targets.get("Accounts", [])
        if not stack_set.service_managed:
            return dict.fromkeys(accounts, "")
        if not units:
            raise Refused("StackSets with SERVICE_MANAGED permission model can only have OrganizationalUnit as target")
        if len(units) > UNITS_MAX:
            raise Refused(f"No more than {UNITS_MAX} organizational units can be given")
        membership.check_units(self.owner, units)
        found = membership.members(self.owner, units)
        match targets.get("AccountFilterType", "NONE"):
            case "INTERSECTION":
                return {account: unit for account, unit in found.items() if account in accounts}
            case "DIFFERENCE":
                return {account: unit for account, unit in found.items() if account not in accounts}
            case "UNION":
                return found | {account: "" for account in accounts if account not in found}
        return found

    def _chosen(self, stack_set: StackSet, targets: Mapping[str, Any], regions: Iterable[str]) -> list[Place]:
        """Instances under the targets, those of accounts that have since left a unit too."""
        reached = self._reached(stack_set, targets)
        left = {
            instance.account
            for instance in stack_set.instances.values()
            if instance.unit in targets.get("OrganizationalUnitIds", ())
            and targets.get("AccountFilterType", "NONE") == "NONE"
        }
        accounts = sorted({*reached, *left})
        wanted = list(regions) or stack_set.regions
        return [(account, region) for region in wanted for account in accounts]


def organization_changed() -> None:
    """Bring stacks to accounts that entered a targeted unit, and take them from those that left."""
    with _lock:
        for stack_set in tuple(_sets.values()):
            if stack_set.automatic:
                _follow(stack_set)


def reset() -> None:
    """Forget every set; operations under way end."""
    with _lock:
        for stack_set in _sets.values():
            stack_set.stopped = True
        _sets.clear()
    membership.forget()


def _follow(stack_set: StackSet) -> None:
    units = membership.members(stack_set.owner, stack_set.targets)
    wanted = [(account, region) for account, unit in units.items() for region in sorted(stack_set.targets[unit])]
    entered = [place for place in wanted if place not in stack_set.instances]
    deletions = [item for item in stack_set.operations.values() if item.under_way and item.action == "DELETE"]
    leaving = {place for operation in deletions for place in operation.results}
    left = [place for place in stack_set.instances if place[0] not in units and place not in leaving]
    for account, region in entered:
        stack_set.instances[(account, region)] = Instance(account, region, units[account])
    for instance in stack_set.instances.values():
        instance.unit = units.get(instance.account, instance.unit)
    if entered:
        _start(stack_set, "CREATE", entered, {"OperationPreferences": {"FailureTolerancePercentage": 100}})
    if left:
        preferences = {"OperationPreferences": {"FailureTolerancePercentage": 100}}
        _start(stack_set, "DELETE", left, preferences, stack_set.retain)


def _start(
    stack_set: StackSet, action: str, places: Iterable[Place], params: Params, retain: bool = False
) -> SetOperation:
    results = {}
    for place in places:
        instance = stack_set.instances.get(place)
        if instance is None or (instance.status == "INOPERABLE" and action != "DELETE"):
            continue
        results[place] = Result(*place, instance.unit)
        instance.detailed = "PENDING"
    operation = SetOperation(
        id=params.get("OperationId") or str(uuid.uuid4()),
        action=action,
        results=results,
        targets=_targets(params),
        preferences=params.get("OperationPreferences") or {},
        retain=retain,
    )
    if operation.id in stack_set.operations:
        raise Refused(f"Operation {operation.id} already exists", "OperationIdAlreadyExistsException")
    stack_set.operations[operation.id] = operation
    work = threading.Thread(target=rollout.run, args=(stack_set, operation, deploy), daemon=True)
    work.start()
    return operation


def _check_free(stack_set: StackSet, params: Params) -> None:
    """One operation at a time, unless managed execution queues them."""
    running = [operation for operation in tuple(stack_set.operations.values()) if operation.under_way]
    if running and not stack_set.managed:
        raise Refused(
            f"Another Operation on StackSet {stack_set.arn} is in progress: {running[0].id}",
            "OperationInProgressException",
        )
    if params.get("OperationId") in stack_set.operations:
        raise Refused(f"Operation {params['OperationId']} already exists", "OperationIdAlreadyExistsException")


def _targets(params: Params) -> dict[str, Any]:
    targets = dict(params.get("DeploymentTargets") or {})
    if params.get("Accounts"):
        targets["Accounts"] = list(params["Accounts"])
    return targets


def _overrides(params: Params) -> dict[str, str]:
    return {item["ParameterKey"]: item["ParameterValue"] for item in params.get("ParameterOverrides") or ()}


def _true(value: object) -> bool:
    return value is True or str(value).lower() == "true"
