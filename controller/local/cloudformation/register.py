"""The change sets that wait in one account and region."""

from __future__ import annotations

from collections.abc import Iterable

from controller.local.cloudformation.changeset import NO_CHANGE, ChangeSet
from controller.local.cloudformation.descent import descend
from controller.local.cloudformation.errors import ChangeSetMissing, Refused
from controller.local.cloudformation.stack import Stack


class Register:
    def __init__(self) -> None:
        self._held: dict[str, ChangeSet] = {}

    def __len__(self) -> int:
        return len(self._held)

    def add(self, change_set: ChangeSet) -> None:
        """Work the change set out, with those of nested stacks where it asks for them, and keep it."""
        change_set.work_out()
        self._held[change_set.id] = change_set
        if change_set.nested and change_set.reason in (None, NO_CHANGE):
            self._held.update({child.id: child for child in descend(change_set)})

    def check_free(self, stack: Stack, name: str) -> None:
        if any(item.name == name for item in self.of(stack)):
            raise Refused(f"ChangeSet {name} already exists", "AlreadyExistsException")

    def find(self, name_or_id: str, stack: Stack | None) -> ChangeSet:
        """By its id alone, or by its name among those of a stack."""
        named = [item for item in self.of(stack) if item.name == name_or_id] if stack else []
        found = self._held.get(name_or_id) or next(iter(named), None)
        if found is None:
            raise ChangeSetMissing(f"ChangeSet [{name_or_id}] does not exist")
        return found

    def of(self, stack: Stack) -> list[ChangeSet]:
        return [item for item in tuple(self._held.values()) if item.stack is stack and item.parent_id is None]

    def drop(self, change_sets: Iterable[ChangeSet]) -> None:
        """Forget change sets and those of the nested stacks below them."""
        gone = {item.id for item in change_sets}
        self._held = {key: item for key, item in self._held.items() if not gone & {item.id, item.root_id}}
