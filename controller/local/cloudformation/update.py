"""A stack brought to another template: applied in order, then cleaned up, or brought back to what it was."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from controller.local.cloudformation import catalog, drift, estate, evaluation, policy, steps
from controller.local.cloudformation.comparison import canonical, changed_at
from controller.local.cloudformation.intrinsics import Evaluator
from controller.local.cloudformation.stack import STACK, Output, Resource, Stack, Wanted, now
from controller.local.cloudformation.steps import FAILURES, StepFailed

KEPT = ("Retain", "RetainExceptOnCreate")


@dataclass(frozen=True, slots=True)
class Created:
    resource: Resource


@dataclass(frozen=True, slots=True)
class Changed:
    before: Resource


@dataclass(frozen=True, slots=True)
class Replaced:
    before: Resource


Done = Created | Changed | Replaced


class Update:
    """One update of one stack. A nested stack's is finished or undone by the update of its parent."""

    def __init__(self, stack: Stack, wanted: Wanted, override: str | None = None) -> None:
        self.stack, self.before, self.wanted = stack, stack.wanted, wanted
        self.policy = override or stack.policy
        self.outputs: dict[str, Output] = dict(stack.outputs)
        self.imports = set(stack.imports)
        self.done: list[Done] = []
        self.removed: list[Resource] = []  # what the template no longer has; goes once nothing can fail any more
        self.undone: list[Resource] = []  # what a roll-back takes out of the stack; goes at its end
        stack.wanted, stack.update, stack.cancelled = wanted, self, False

    def run(self, keep_failed: bool = False) -> None:
        """Until the stack is at rest; `keep_failed` leaves a failed update as it is (DisableRollback)."""
        reason = self.apply()
        if reason is None:
            self.finish()
        elif keep_failed:
            self._leave_failed()
            self.stack.tell("UPDATE_FAILED", reason)
        else:
            self.roll_back(reason)

    def _leave_failed(self) -> None:
        """What failed to change is as it was, so that the next update tries it again."""
        self.stack.update = None
        for step in self.done:
            if isinstance(step, Changed):
                resource = self.stack.resources[step.before.logical_id]
                if resource.status == "UPDATE_FAILED":
                    resource.properties = step.before.properties

    def apply(self) -> str | None:
        """Why it failed, or None; what is replaced or left out is still there."""
        stack = self.stack
        stack.imports = set()
        try:
            evaluator = evaluation.evaluator(stack, self.wanted)
            for name in evaluation.active(evaluator):
                if stack.cancelled:
                    return "User Initiated"
                self._bring(name, evaluator)
            stack.outputs = evaluation.outputs(stack, evaluator)
        except StepFailed as failed:
            verb = "create" if failed.logical_id in stack.resources and self._is_new(failed.logical_id) else "update"
            return f"The following resource(s) failed to {verb}: [{failed.logical_id}]."
        except FAILURES as failure:
            return steps.reason_of(failure)
        active = set(evaluation.active(evaluator))
        removed = [resource for name, resource in stack.resources.items() if name not in active]
        self.removed = [resource for resource in removed if resource.status != "DELETE_COMPLETE"]
        stack.tell("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS")
        return None

    def finish(self) -> None:
        """Remove what the update replaced or left out; a failure to is told, and does not fail the update."""
        stack = self.stack
        self._finish_nested()
        replaced = [step.before for step in self.done if isinstance(step, Replaced)]
        steps.remove_all(stack, replaced, _kept(replaced, "update_replace_policy"))
        steps.remove_all(stack, self.removed, _kept(self.removed, "deletion_policy"))
        for resource in self.removed:
            stack.resources.pop(resource.logical_id, None)
        self._end("UPDATE_COMPLETE")

    def roll_back(self, reason: str, skip: frozenset[str] = frozenset()) -> None:
        """Undo, last step first. What cannot be undone stays for ContinueUpdateRollback, which may skip it."""
        stack = self.stack
        stack.tell("UPDATE_ROLLBACK_IN_PROGRESS", reason)
        stack.wanted, stack.outputs, stack.imports = self.before, self.outputs, self.imports
        left: dict[str, Done] = {}
        for step in reversed(self.done):
            try:
                self._undo(step, skip)
            except StepFailed as failed:
                left[failed.logical_id] = step
        self.done = list(reversed(left.values()))
        if left:
            told = f"The following resource(s) failed to update: [{', '.join(sorted(left))}]."
            stack.tell("UPDATE_ROLLBACK_FAILED", told)
            return
        stack.tell("UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS")
        steps.remove_all(stack, self.undone, _kept(self.undone, "deletion_policy", ("Retain",)))
        self._end("UPDATE_ROLLBACK_COMPLETE")

    def _end(self, status: str) -> None:
        stack = self.stack
        stack.update, stack.updated = None, now()
        for resource in stack.resources.values():
            if resource.status == "UPDATE_FAILED":
                resource.status = "UPDATE_COMPLETE"
        stack.tell(status)

    def _is_new(self, name: str) -> bool:
        return any(isinstance(step, Created) and step.resource.logical_id == name for step in self.done)

    def _bring(self, name: str, evaluator: Evaluator) -> None:
        stack, old = self.stack, self.stack.resources.get(name)
        if old is None or old.status in ("DELETE_COMPLETE", "CREATE_FAILED"):
            if old is not None and old.status == "CREATE_FAILED" and old.physical_id:
                steps.remove(stack, old, keep=False)
            self._make(name, evaluator)
            return
        try:
            properties = evaluator.properties(name)
            others = drift.checked(stack, old) if self.wanted.reverts else None
            if others is not None and others.status == "DELETED":
                self._make(name, evaluator)
                return
            modified = others is not None and others.status == "MODIFIED"
            nature = needed(old, properties, self._tags_changed(old) or old.type == STACK or modified)
            if nature != "none":
                verb = "Update:Replace" if nature == "replace" else "Update:Modify"
                policy.check(self.policy, verb, name, old.type)
        except FAILURES as failure:
            stack.tell_of(old, "UPDATE_FAILED", steps.reason_of(failure))
            raise StepFailed(name) from failure
        described = steps.described(stack, evaluator, name)
        if nature == "replace":
            before = replace(old)
            steps.replacing(stack, old, evaluator, properties)
            self.done.append(Replaced(before))
        elif nature == "change":
            self.done.append(Changed(replace(old)))
            steps.change(stack, old, properties, there=_others_doing(others) if others else None)
        current = stack.resources[name]
        current.deletion_policy, current.update_replace_policy = (
            described.deletion_policy,
            described.update_replace_policy,
        )
        current.metadata, current.needs = described.metadata, described.needs

    def _make(self, name: str, evaluator: Evaluator) -> None:
        try:
            steps.make(self.stack, evaluator, name)
        finally:
            self.done.append(Created(self.stack.resources[name]))

    def _tags_changed(self, old: Resource) -> bool:
        return self.before.tags != self.wanted.tags and "Tags" in catalog.schema(old.type).properties

    def _undo(self, step: Done, skip: frozenset[str]) -> None:
        stack = self.stack
        match step:
            case Created(resource):
                stack.resources.pop(resource.logical_id, None)
                self.undone.append(resource)
            case Replaced(before):
                self.undone.append(stack.resources[before.logical_id])
                stack.resources[before.logical_id] = before
                stack.tell_of(before, "UPDATE_COMPLETE")
            case Changed(before):
                resource = stack.resources[before.logical_id]
                if resource.logical_id not in skip:
                    self._restore(resource, before)
                resource.properties, resource.needs, resource.metadata = (
                    before.properties,
                    before.needs,
                    before.metadata,
                )
                resource.deletion_policy = before.deletion_policy
                resource.update_replace_policy = before.update_replace_policy

    def _restore(self, resource: Resource, before: Resource) -> None:
        stack = self.stack
        if resource.type != STACK:
            steps.change(stack, resource, before.properties)
            return
        child = estate.of(stack.account, stack.region).find(resource.physical_id)
        if child is not None and child.update is not None:
            stack.tell_of(resource, "UPDATE_IN_PROGRESS")
            child.update.roll_back("Rollback requested by the parent stack")
            if child.status != "UPDATE_ROLLBACK_COMPLETE":
                stack.tell_of(resource, "UPDATE_FAILED", f"Embedded stack {child.id} could not be rolled back")
                raise StepFailed(resource.logical_id)
        resource.attributes = before.attributes
        stack.tell_of(resource, "UPDATE_COMPLETE")

    def _finish_nested(self) -> None:
        for step in self.done:
            if isinstance(step, Changed) and step.before.type == STACK:
                child = estate.of(self.stack.account, self.stack.region).find(step.before.physical_id)
                if child is not None and child.update is not None:
                    child.update.finish()


def needed(old: Resource, properties: Mapping[str, Any], touched: bool = False) -> str:
    """What brings a resource to the properties: `none`, `change` or `replace`."""
    if canonical(old.properties) == canonical(properties):
        return "change" if touched else "none"
    return "replace" if changed_at(old.properties, properties, catalog.schema(old.type).create_only) else "change"


def _others_doing(found: drift.Drift) -> Mapping[str, Any]:
    """What others made of a resource. Its tags are written anew in any case, and foreign ones stay."""
    tags = catalog.schema(found.resource.type).tag_property
    return {key: value for key, value in (found.actual or {}).items() if key != tags}


def _kept(resources: list[Resource], attribute: str, words: tuple[str, ...] = KEPT) -> frozenset[str]:
    return frozenset(resource.logical_id for resource in resources if getattr(resource, attribute) in words)
