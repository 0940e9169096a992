"""StackSets over an organization: who gets a stack, when it changes, and what happens to those that leave."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from moto.core.base_backend import BackendDict
from moto.organizations.models import organizations_backends

from controller.local.cloudformation import membership, rollout, stacks, stacksets
from controller.local.cloudformation.errors import Refused
from controller.local.cloudformation.stackset import Result, SetOperation
from controller.local.cloudformation.stacksets import StackSetBackend
from tests.fakes.things import REGION, Things, body, thing

MANAGEMENT = "999999999999"
OTHER_REGION = "eu-central-1"
TEMPLATE = body({"Role": thing(Name={"Fn::Sub": "${AWS::AccountId}-${AWS::Region}"}, Size="1")})


class Organization:
    """Lake/Silos/Deep and Elsewhere, below the root of moto's organization."""

    def __init__(self) -> None:
        self.backend = organizations_backends[MANAGEMENT]["aws"]
        self.backend.create_organization(region="us-east-1", FeatureSet="ALL")
        self.root = self.backend.org.root_id
        self.lake = self._unit(self.root, "Lake")
        self.silos = self._unit(self.lake, "Silos")
        self.elsewhere = self._unit(self.root, "Elsewhere")

    def _unit(self, parent: str, name: str) -> str:
        made = self.backend.create_organizational_unit(ParentId=parent, Name=name)
        return str(made["OrganizationalUnit"]["Id"])

    def account(self, unit: str) -> str:
        made = self.backend.create_account(AccountName="a", Email=f"{time.monotonic_ns()}@acme.example")
        account = str(made["CreateAccountStatus"]["AccountId"])
        self.move(account, unit)
        return account

    def move(self, account: str, unit: str) -> None:
        source = self.backend.get_account_by_id(account).parent_id
        self.backend.move_account(AccountId=account, SourceParentId=source, DestinationParentId=unit)
        stacksets.organization_changed()


@pytest.fixture
def organization(things: Things) -> Iterator[Organization]:
    BackendDict.reset()
    made = Organization()
    made.backend.enable_aws_service_access(ServicePrincipal="member.org.stacksets.cloudformation.amazonaws.com")
    yield made
    stacksets.reset()
    BackendDict.reset()


@pytest.fixture
def sets(organization: Organization) -> StackSetBackend:
    made = StackSetBackend(MANAGEMENT, REGION)
    made.create(definition())
    return made


def definition(template: str = TEMPLATE, retain: bool = False, managed: bool = True) -> dict[str, Any]:
    return {
        "StackSetName": "baseline",
        "TemplateBody": template,
        "PermissionModel": "SERVICE_MANAGED",
        "AutoDeployment": {"Enabled": True, "RetainStacksOnAccountRemoval": retain},
        "ManagedExecution": {"Active": managed},
    }


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def ended(operation: SetOperation) -> SetOperation:
    until(lambda: not operation.under_way)
    return operation


def quiet(sets: StackSetBackend) -> None:
    until(lambda: not any(item.under_way for item in sets.get("baseline").operations.values()))


def deployed(sets: StackSetBackend, *units: str, regions: tuple[str, ...] = (REGION,)) -> SetOperation:
    return ended(
        sets.create_instances(
            {
                "StackSetName": "baseline",
                "DeploymentTargets": {"OrganizationalUnitIds": list(units)},
                "Regions": list(regions),
            }
        )
    )


def test_every_account_below_a_unit_gets_a_stack_in_every_region(
    sets: StackSetBackend, organization: Organization, things: Things
) -> None:
    deep, shallow = organization.account(organization.silos), organization.account(organization.lake)
    organization.account(organization.elsewhere)
    organization.move(MANAGEMENT, organization.lake)
    operation = deployed(sets, organization.lake, regions=(REGION, OTHER_REGION))
    assert (operation.status, operation.failed) == ("SUCCEEDED", 0)
    assert sorted(things.there) == sorted(f"{a}-{r}" for a in (deep, shallow) for r in (REGION, OTHER_REGION))
    instance = sets.get("baseline").instances[(deep, REGION)]
    stack = stacks.backend(deep, REGION).get(str(instance.stack_id))
    assert stack.name.startswith("StackSet-baseline-")
    assert (instance.status, instance.detailed, instance.unit) == ("CURRENT", "SUCCEEDED", organization.lake)


def test_an_account_that_enters_the_unit_gets_its_stack_by_itself(
    sets: StackSetBackend, organization: Organization, things: Things
) -> None:
    deployed(sets, organization.lake)
    account = organization.account(organization.silos)
    quiet(sets)
    assert list(things.there) == [f"{account}-{REGION}"]


@pytest.mark.parametrize("retain", [False, True])
def test_an_account_that_leaves_loses_its_stack_unless_that_is_to_stay(
    sets: StackSetBackend, organization: Organization, things: Things, retain: bool
) -> None:
    sets.update(definition(retain=retain))
    account = organization.account(organization.silos)
    deployed(sets, organization.lake)
    organization.move(account, organization.elsewhere)
    quiet(sets)
    assert sets.get("baseline").instances == {}
    assert list(things.there) == ([f"{account}-{REGION}"] if retain else [])


def test_an_update_reaches_every_instance(sets: StackSetBackend, organization: Organization, things: Things) -> None:
    account = organization.account(organization.silos)
    deployed(sets, organization.lake)
    ended(sets.update(definition(TEMPLATE.replace('"1"', '"2"'))))
    assert things.there[f"{account}-{REGION}"]["Size"] == "2"


def test_an_update_of_some_leaves_the_others_outdated(
    sets: StackSetBackend, organization: Organization, things: Things
) -> None:
    near, far = organization.account(organization.silos), organization.account(organization.elsewhere)
    deployed(sets, organization.lake, organization.elsewhere)
    changed = definition(TEMPLATE.replace('"1"', '"2"'))
    del changed["AutoDeployment"]
    targets = {"OrganizationalUnitIds": [organization.lake]}
    ended(sets.update({**changed, "DeploymentTargets": targets, "Regions": [REGION]}))
    assert {key: item.status for key, item in sets.get("baseline").instances.items()} == {
        (near, REGION): "CURRENT",
        (far, REGION): "OUTDATED",
    }


def test_one_failing_account_does_not_hide_behind_the_others(
    sets: StackSetBackend, organization: Organization, things: Things
) -> None:
    accounts = sorted(organization.account(organization.silos) for _ in range(3))
    things.there[f"{accounts[0]}-{REGION}"] = {}
    operation = deployed(sets, organization.lake)
    assert operation.status == "FAILED"  # no failure is tolerated unless asked for
    results = {result.account: result.status for result in operation.results.values()}
    assert results == {accounts[0]: "FAILED", accounts[1]: "CANCELLED", accounts[2]: "CANCELLED"}
    first = sets.get("baseline").instances[(accounts[0], REGION)]
    assert first.status == "OUTDATED"
    assert first.reason == (
        f"ResourceLogicalId:Role, ResourceType:{thing()['Type']}, "
        f"ResourceStatusReason:{accounts[0]}-{REGION} already exists."
    )
    things.there.clear()
    again = {"StackSetName": "baseline", "Regions": [REGION]}
    ended(sets.update_instances({**again, "DeploymentTargets": {"OrganizationalUnitIds": [organization.lake]}}))
    assert {item.status for item in sets.get("baseline").instances.values()} == {"CURRENT"}


def test_a_tolerated_failure_lets_the_operation_succeed(
    sets: StackSetBackend, organization: Organization, things: Things
) -> None:
    accounts = sorted(organization.account(organization.silos) for _ in range(3))
    things.there[f"{accounts[0]}-{REGION}"] = {}
    operation = ended(
        sets.create_instances(
            {
                "StackSetName": "baseline",
                "DeploymentTargets": {"OrganizationalUnitIds": [organization.lake]},
                "Regions": [REGION],
                "OperationPreferences": {"FailureTolerancePercentage": 40},
            }
        )
    )
    assert (operation.status, operation.failed) == ("SUCCEEDED", 1)


def test_instances_are_deleted_with_or_without_their_stacks(
    sets: StackSetBackend, organization: Organization, things: Things
) -> None:
    kept, gone = organization.account(organization.silos), organization.account(organization.elsewhere)
    deployed(sets, organization.lake, organization.elsewhere)
    for unit, retain in ((organization.lake, True), (organization.elsewhere, False)):
        targets = {"DeploymentTargets": {"OrganizationalUnitIds": [unit]}, "Regions": [REGION]}
        with pytest.raises(Refused) as refused:
            sets.delete({"StackSetName": "baseline"})
        assert refused.value.code == "StackSetNotEmptyException"
        ended(sets.delete_instances({"StackSetName": "baseline", "RetainStacks": retain, **targets}))
    assert list(things.there) == [f"{kept}-{REGION}"]
    assert (sets.get("baseline").targets, gone in str(things.there)) == ({}, False)
    sets.delete({"StackSetName": "baseline"})
    assert sets.all() == []


def test_a_stack_that_cannot_be_deleted_leaves_an_inoperable_instance(
    sets: StackSetBackend, organization: Organization, things: Things
) -> None:
    account = organization.account(organization.silos)
    deployed(sets, organization.lake)
    things.refuse["delete", "Role"] = "not empty"
    organization.move(account, organization.elsewhere)
    quiet(sets)
    assert sets.get("baseline").instances[(account, REGION)].status == "INOPERABLE"


def test_one_operation_at_a_time_unless_execution_is_managed(
    sets: StackSetBackend, organization: Organization, things: Things
) -> None:
    organization.account(organization.silos)
    things.gate.clear()
    targets = {"DeploymentTargets": {"OrganizationalUnitIds": [organization.lake]}, "Regions": [REGION]}
    sets.get("baseline").managed = False
    first = sets.create_instances({"StackSetName": "baseline", **targets})
    with pytest.raises(Refused) as refused:
        sets.update(definition())
    assert refused.value.code == "OperationInProgressException"
    sets.get("baseline").managed = True
    second = sets.update(definition())
    things.gate.set()
    assert (ended(first).status, ended(second).status) == ("SUCCEEDED", "SUCCEEDED")


def test_a_delegated_administrator_says_as_whom_it_calls(organization: Organization, sets: StackSetBackend) -> None:
    master = organization.account(organization.lake)
    with pytest.raises(Refused) as refused:
        StackSetBackend(master, REGION).get("baseline")
    assert refused.value.code == "StackSetNotFoundException"
    with pytest.raises(Refused, match="delegated administrator"):
        StackSetBackend(master, REGION, "DELEGATED_ADMIN")


def test_a_suspended_account_is_passed_over(sets: StackSetBackend, organization: Organization, things: Things) -> None:
    account = organization.account(organization.silos)
    organization.backend.get_account_by_id(account).status = "SUSPENDED"
    assert deployed(sets, organization.lake).status == "SUCCEEDED"
    assert things.there == {}
    assert sets.get("baseline").instances[(account, REGION)].detailed == "SKIPPED_SUSPENDED_ACCOUNT"


def test_only_the_management_account_opens_the_organization_to_sets(organization: Organization) -> None:
    organization.backend.services.clear()
    member = organization.account(organization.silos)
    with pytest.raises(Refused, match="Only the management account"):
        membership.trust(member)
    with pytest.raises(Refused, match="You must enable organizations access"):
        StackSetBackend(MANAGEMENT, REGION).create(definition())
    membership.trust(MANAGEMENT)
    StackSetBackend(MANAGEMENT, REGION).create(definition())


def test_sets_that_are_only_written_down_make_no_stacks(
    sets: StackSetBackend, organization: Organization, things: Things, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stacksets, "deploy", False)
    account = organization.account(organization.silos)
    assert deployed(sets, organization.lake).status == "SUCCEEDED"
    assert things.there == {}
    assert sets.get("baseline").instances[(account, REGION)].status == "CURRENT"


def test_service_managed_sets_take_no_nested_stacks(sets: StackSetBackend) -> None:
    nested = body({"A": {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": "x"}}})
    with pytest.raises(Refused, match="Nested stacks are not supported"):
        sets.update(definition(nested))


@pytest.mark.parametrize(
    ("preferences", "limit"),
    [
        ({}, 0),
        ({"FailureTolerancePercentage": 25}, 1),
        ({"FailureTolerancePercentage": 49}, 1),
        ({"FailureToleranceCount": 3}, 3),
    ],
)
def test_what_may_fail_is_counted_in_each_region(preferences: dict[str, int], limit: int) -> None:
    places = [(str(number), region) for number in range(4) for region in (REGION, OTHER_REGION)]
    results = {place: Result(*place, "") for place in places}
    operation = SetOperation("1", "CREATE", results, preferences=preferences)
    assert rollout.tolerated(operation) == {REGION: limit, OTHER_REGION: limit}
