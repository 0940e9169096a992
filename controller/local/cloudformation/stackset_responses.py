"""CloudFormation's operations on StackSets, behind moto's endpoint."""

from __future__ import annotations

from moto.core.responses import ActionResult, EmptyResult

from controller.local.cloudformation import membership
from controller.local.cloudformation.errors import Refused
from controller.local.cloudformation.responses import StackOperations
from controller.local.cloudformation.stackset import Instance, StackSet
from controller.local.cloudformation.stacksets import StackSetBackend

PAGE = 100  # summaries of one answer; botocore model, MaxResults


class StackSetOperations(StackOperations):
    @property
    def sets(self) -> StackSetBackend:
        return StackSetBackend(self.current_account, self.region, self.asked("CallAs", "SELF"))

    @property
    def stack_set(self) -> StackSet:
        return self.sets.get(self.asked("StackSetName"))

    def create_stack_set(self) -> ActionResult:
        self._check_body()
        return ActionResult({"StackSetId": self.sets.create(self.params, self.caller).id})

    def update_stack_set(self) -> ActionResult:
        self._check_body()
        return ActionResult({"OperationId": self.sets.update(self.params, self.caller).id})

    def delete_stack_set(self) -> ActionResult:
        self.sets.delete(self.params)
        return EmptyResult()

    def describe_stack_set(self) -> ActionResult:
        return ActionResult({"StackSet": self.stack_set.described()})

    def list_stack_sets(self) -> ActionResult:
        found = self.sets.all() if self.asked("Status") != "DELETED" else []
        return self.paged("Summaries", [item.summary() for item in found], PAGE)

    def create_stack_instances(self) -> ActionResult:
        return ActionResult({"OperationId": self.sets.create_instances(self.params).id})

    def update_stack_instances(self) -> ActionResult:
        return ActionResult({"OperationId": self.sets.update_instances(self.params).id})

    def delete_stack_instances(self) -> ActionResult:
        return ActionResult({"OperationId": self.sets.delete_instances(self.params).id})

    def describe_stack_instance(self) -> ActionResult:
        stack_set = self.stack_set
        place = (self.asked("StackInstanceAccount"), self.asked("StackInstanceRegion"))
        if place not in stack_set.instances:
            raise Refused(f"Stack instance {'/'.join(place)} not found", "StackInstanceNotFoundException")
        return ActionResult({"StackInstance": stack_set.instance(stack_set.instances[place])})

    def list_stack_instances(self) -> ActionResult:
        stack_set = self.stack_set
        found = [item for item in sorted(stack_set.instances.values(), key=_place) if self._wanted(item)]
        summaries = [stack_set.instance(item) for item in found]
        for summary in summaries:
            del summary["ParameterOverrides"]
        return self.paged("Summaries", summaries, PAGE)

    def describe_stack_set_operation(self) -> ActionResult:
        stack_set = self.stack_set
        operation = self.sets.operation(stack_set.name, self.asked("OperationId"))
        return ActionResult({"StackSetOperation": stack_set.operation(operation)})

    def list_stack_set_operations(self) -> ActionResult:
        stack_set = self.stack_set
        newest = reversed(tuple(stack_set.operations.values()))
        return self.paged("Summaries", [stack_set.operation(operation) for operation in newest], PAGE)

    def list_stack_set_operation_results(self) -> ActionResult:
        operation = self.sets.operation(self.asked("StackSetName"), self.asked("OperationId"))
        chosen = {item["Values"] for item in self.asked("Filters", ()) if item["Name"] == "OPERATION_RESULT_STATUS"}
        results = [
            {
                "Account": result.account,
                "Region": result.region,
                "Status": result.status,
                "StatusReason": result.reason,
                "OrganizationalUnitId": result.unit or None,
            }
            for result in operation.results.values()
            if not chosen or result.status in chosen
        ]
        return self.paged("Summaries", results, PAGE)

    def list_stack_set_auto_deployment_targets(self) -> ActionResult:
        targets = [
            {"OrganizationalUnitId": unit, "Regions": sorted(regions)}
            for unit, regions in sorted(self.stack_set.targets.items())
        ]
        return self.paged("Summaries", targets, PAGE)

    def activate_organizations_access(self) -> ActionResult:
        membership.trust(self.current_account)
        return EmptyResult()

    def describe_organizations_access(self) -> ActionResult:
        return ActionResult({"Status": "ENABLED" if membership.trusted(self.current_account) else "DISABLED"})

    def _wanted(self, instance: Instance) -> bool:
        seen = {
            "DETAILED_STATUS": instance.detailed,
            "LAST_OPERATION_ID": instance.operation,
            "DRIFT_STATUS": "NOT_CHECKED",
        }
        return (
            self.asked("StackInstanceAccount", instance.account) == instance.account
            and self.asked("StackInstanceRegion", instance.region) == instance.region
            and all(item["Values"] == seen.get(item["Name"]) for item in self.asked("Filters", ()))
        )


def _place(instance: Instance) -> tuple[str, str]:
    return instance.place
