"""The stacks of one account and region, as the API and the pipelines drive them; work goes on in threads."""

from __future__ import annotations

import threading
from dataclasses import replace
from functools import partial

from controller.local.cloudformation import (
    catalog,
    creation,
    deletion,
    estate,
    evaluation,
    importing,
    nested,
    policy,
    requests,
    roles,
)
from controller.local.cloudformation.changeset import ChangeSet
from controller.local.cloudformation.drift import Detection
from controller.local.cloudformation.errors import ChangeSetMissing, NothingToDo, Refused
from controller.local.cloudformation.preview import Preview
from controller.local.cloudformation.register import Register
from controller.local.cloudformation.requests import Params
from controller.local.cloudformation.stack import STACK, Stack, Wanted, now
from controller.local.cloudformation.template import parse
from controller.local.cloudformation.update import Update
from controller.local.cloudformation.worker import in_turn, start

UPDATABLE = frozenset(
    (
        "CREATE_COMPLETE",
        "UPDATE_COMPLETE",
        "UPDATE_ROLLBACK_COMPLETE",
        "UPDATE_FAILED",
        "CREATE_FAILED",
        "IMPORT_COMPLETE",
        "IMPORT_ROLLBACK_COMPLETE",
    )
)
NOTHING = '{"Resources": {"Nothing": {"Type": "AWS::CloudFormation::WaitConditionHandle"}}}'

catalog.add(STACK, nested.NestedStack(), nested.SCHEMA)


class StackBackend:
    """Parameters are named as in the API; `caller` is the access key of who calls."""

    def __init__(self, account: str, region: str) -> None:
        self.account, self.region = account, region
        self.change_sets = Register()
        self.detections: dict[str, Detection] = {}
        self.turn = threading.RLock()  # held while a call looks and decides, so that of two calls one is refused

    @property
    def estate(self) -> estate.Estate:
        return estate.of(self.account, self.region)

    def find(self, name_or_id: str) -> Stack | None:
        return self.estate.find(name_or_id)

    def get(self, name_or_id: str, told: str = "Stack with id {} does not exist") -> Stack:
        stack = self.find(name_or_id)
        if stack is None:
            raise Refused(told.format(name_or_id))
        return stack

    @in_turn
    def create_stack(self, params: Params, caller: str | None = None) -> Stack:
        name = params["StackName"]
        requests.check_name(name)
        if name in self.estate.names:
            raise Refused(f"Stack [{name}] already exists", "AlreadyExistsException")
        wanted = requests.wanted(params, self.account, self.region, caller)
        creation.check(wanted)
        stack = Stack(self.account, self.region, name, wanted)
        evaluation.active(evaluation.evaluator(stack, wanted))  # a circle or a bad condition is refused at once
        stack.protected = _true(params.get("EnableTerminationProtection"))
        stack.token = params.get("ClientRequestToken")
        self._take_policy(stack, params)
        failing = "DO_NOTHING" if _true(params.get("DisableRollback")) else "ROLLBACK"
        creation.announce(stack, params.get("OnFailure") or failing)
        start(stack, partial(creation.create, stack))
        return stack

    @in_turn
    def update_stack(self, params: Params, caller: str | None = None) -> Stack:
        stack = self.get(params["StackName"], "Stack [{}] does not exist")
        self.check_updatable(stack)
        wanted = requests.wanted(params, self.account, self.region, caller, stack.wanted)
        creation.check(wanted)
        self._check_types(stack, wanted)
        if Preview(stack, wanted).empty:
            raise NothingToDo
        self._take_policy(stack, params)
        override = params.get("StackPolicyDuringUpdateBody")
        self._update(stack, wanted, _true(params.get("DisableRollback")), params.get("ClientRequestToken"), override)
        return stack

    @in_turn
    def delete_stack(self, params: Params) -> None:
        """What is not there, or deleted already, is no error."""
        stack = self.find(params["StackName"])
        if stack is None or stack.status == "DELETE_COMPLETE":
            return
        if stack.protected:
            raise Refused(f"Stack [{stack.name}] cannot be deleted while TerminationProtection is enabled")
        retain = frozenset(params.get("RetainResources") or ())
        if retain and stack.status != "DELETE_FAILED":
            raise Refused("Invalid operation on stack. RetainResources may only be given for a stack in DELETE_FAILED")
        if stack.status == "DELETE_IN_PROGRESS":
            return
        if stack.busy:
            raise Refused(f"Stack:{stack.id} is in {stack.status} state and can not be deleted.")
        stack.token = params.get("ClientRequestToken")
        if params.get("RoleARN"):
            roles.check(params["RoleARN"])
            stack.wanted = replace(stack.wanted, role_arn=params["RoleARN"])
        forced = params.get("DeletionMode") == "FORCE_DELETE_STACK" and stack.status == "DELETE_FAILED"
        stack.tell("DELETE_IN_PROGRESS", "User Initiated")
        start(stack, partial(deletion.delete, stack, retain, forced=forced))

    @in_turn
    def continue_rollback(self, params: Params) -> None:
        stack = self.get(params["StackName"], "Stack [{}] does not exist")
        update = stack.update
        if stack.status != "UPDATE_ROLLBACK_FAILED" or update is None:
            raise Refused(f"Stack:{stack.id} is in {stack.status} state and can not continue rollback.")
        skip = frozenset(params.get("ResourcesToSkip") or ())
        stack.tell("UPDATE_ROLLBACK_IN_PROGRESS", "User Initiated")
        start(stack, partial(update.roll_back, "User Initiated", skip))

    def cancel_update(self, params: Params) -> None:
        stack = self.get(params["StackName"], "Stack [{}] does not exist")
        if stack.status != "UPDATE_IN_PROGRESS":
            raise Refused("CancelUpdateStack cannot be called from current stack status")
        stack.cancelled = True

    def protect(self, name_or_id: str, enabled: bool) -> Stack:
        stack = self.get(name_or_id, "Stack [{}] does not exist")
        if stack.parent_id is not None:
            raise Refused(f"Cannot update termination protection of nested stack [{stack.name}]")
        stack.protected = enabled
        return stack

    def set_policy(self, name_or_id: str, body: str) -> None:
        self.get(name_or_id).policy = policy.read(body)

    @in_turn
    def create_change_set(self, params: Params, caller: str | None = None) -> ChangeSet:
        name, kind = params["ChangeSetName"], params.get("ChangeSetType") or "UPDATE"
        stack = self._reviewed(params, kind, caller)
        self.change_sets.check_free(stack, name)
        before = None if kind == "CREATE" else stack.wanted
        wanted = requests.wanted(params, self.account, self.region, caller, before)
        creation.check(wanted)
        self._check_types(stack, wanted)
        change_set = ChangeSet(
            name=name,
            stack=stack,
            wanted=wanted,
            kind=kind,
            description=params.get("Description"),
            on_failure=params.get("OnStackFailure"),
            nested=_true(params.get("IncludeNestedStacks")),
            imports=importing.targets(params, wanted) if kind == "IMPORT" else (),
        )
        if kind == "CREATE" and stack.id not in self.estate.stacks:
            self.estate.add(stack)
            stack.tell("REVIEW_IN_PROGRESS", "User Initiated")
        self.change_sets.add(change_set)
        return change_set

    def change_set(self, name_or_id: str, stack_name: str | None = None) -> ChangeSet:
        if stack_name is None or name_or_id.startswith("arn:"):
            return self.change_sets.find(name_or_id, None)
        return self.change_sets.find(name_or_id, self.get(stack_name, "Stack [{}] does not exist"))

    @in_turn
    def execute_change_set(self, params: Params) -> Stack:
        change_set = self.change_set(params["ChangeSetName"], params.get("StackName"))
        stack = change_set.stack
        if change_set.execution != "AVAILABLE":
            raise Refused(
                f"ChangeSet [{change_set.id}] cannot be executed in its current status of [{change_set.status}]",
                "InvalidChangeSetStatus",
            )
        if change_set.kind != "CREATE":
            self.check_updatable(stack)
        self.change_sets.drop(self.change_sets.of(stack))
        stack.change_set_id = change_set.id
        kept = _true(params.get("DisableRollback")) or change_set.on_failure == "DO_NOTHING"
        if change_set.kind == "CREATE":
            stack.wanted, stack.token = change_set.wanted, params.get("ClientRequestToken")
            creation.announce(stack, "DO_NOTHING" if kept else change_set.on_failure or "ROLLBACK")
            start(stack, partial(creation.create, stack))
        elif change_set.kind == "IMPORT":
            stack.token = params.get("ClientRequestToken")
            stack.tell("IMPORT_IN_PROGRESS", "User Initiated")
            start(stack, partial(importing.run, stack, change_set.wanted, change_set.changes))
        else:
            self._update(stack, change_set.wanted, kept, params.get("ClientRequestToken"))
        return stack

    @in_turn
    def delete_change_set(self, params: Params) -> None:
        """What is not there is no error, as long as its stack is (API reference, DeleteChangeSet)."""
        try:
            change_set = self.change_set(params["ChangeSetName"], params.get("StackName"))
        except ChangeSetMissing:
            return
        self.change_sets.drop([change_set])

    def wait_settled(self, name_or_id: str, timeout: float) -> Stack:
        """The stack, once nothing runs on it or the time (seconds) is over."""
        stack = self.get(name_or_id)
        stack.wait_settled(timeout)
        return stack

    def check_updatable(self, stack: Stack) -> None:
        if stack.status not in UPDATABLE:
            raise Refused(f"Stack:{stack.id} is in {stack.status} state and can not be updated.")

    def _reviewed(self, params: Params, kind: str, caller: str | None) -> Stack:
        name = params["StackName"]
        stack = self.find(name)
        if kind == "CREATE":
            if stack is None or stack.status == "DELETE_COMPLETE":
                requests.check_name(name)
                return Stack(self.account, self.region, name, Wanted(parse(NOTHING), {}, caller=caller))
            if stack.status != "REVIEW_IN_PROGRESS":
                raise Refused(
                    f"Stack [{name}] already exists and cannot be created again with the changeSet "
                    f"[{params['ChangeSetName']}]."
                )
            return stack
        if stack is None or stack.status == "DELETE_COMPLETE":
            raise Refused(f"Stack [{name}] does not exist")
        self.check_updatable(stack)
        return stack

    def _check_types(self, stack: Stack, wanted: Wanted) -> None:
        changed = sorted(
            name
            for name, resource in stack.resources.items()
            if name in wanted.template.resources and wanted.template.resources[name].type != resource.type
        )
        if changed:
            raise Refused(
                "Update of resource type is not permitted. The new template modifies resource type of the following "
                f"resources: [{', '.join(changed)}]"
            )

    def _take_policy(self, stack: Stack, params: Params) -> None:
        if params.get("StackPolicyBody"):
            stack.policy = policy.read(params["StackPolicyBody"])

    def _update(
        self, stack: Stack, wanted: Wanted, keep_failed: bool, token: str | None, override: str | None = None
    ) -> None:
        stack.token, stack.updated = token, now()
        stack.tell("UPDATE_IN_PROGRESS", "User Initiated")
        start(stack, partial(Update(stack, wanted, override).run, keep_failed))


_lock = threading.Lock()
_backends: dict[tuple[str, str], StackBackend] = {}


def backend(account: str, region: str) -> StackBackend:
    with _lock:
        return _backends.setdefault((account, region), StackBackend(account, region))


def forget() -> None:
    with _lock:
        _backends.clear()
    estate.forget()


def _true(value: object) -> bool:
    return value is True or str(value).lower() == "true"
