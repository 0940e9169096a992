"""CloudFormation's operations on drift, behind moto's endpoint."""

from __future__ import annotations

from moto.core.responses import ActionResult

from controller.local.cloudformation.drift import Detection
from controller.local.cloudformation.errors import Refused
from controller.local.cloudformation.stackset_responses import StackSetOperations

PAGE = 100


class DriftOperations(StackSetOperations):
    def detect_stack_drift(self) -> ActionResult:
        detection = Detection(self.stack("Stack [{}] does not exist"))
        self.backend.detections[detection.id] = detection
        detection.start(frozenset(self.asked("LogicalResourceIds", ())))
        return ActionResult({"StackDriftDetectionId": detection.id})

    def describe_stack_drift_detection_status(self) -> ActionResult:
        asked = self.asked("StackDriftDetectionId")
        if asked not in self.backend.detections:
            raise Refused(f"Stack drift detection id [{asked}] does not exist")
        return ActionResult(self.backend.detections[asked].described())

    def describe_stack_resource_drifts(self) -> ActionResult:
        stack = self.stack("Stack [{}] does not exist")
        newest: dict[str, Detection] = {
            name: item for item in self.backend.detections.values() if item.stack is stack for name in item.drifts
        }
        chosen = self.asked("StackResourceDriftStatusFilters", ())
        drifts = [item.drifts[name] for name, item in newest.items()]
        told = [drift.described(stack) for drift in drifts if not chosen or drift.status in chosen]
        return self.paged("StackResourceDrifts", told, PAGE)

    def detect_stack_resource_drift(self) -> ActionResult:
        stack, name = self.stack("Stack [{}] does not exist"), self.asked("LogicalResourceId")
        if name not in stack.resources:
            raise Refused(f"Resource {name} does not exist for stack {stack.name}")
        detection = Detection(stack)
        self.backend.detections[detection.id] = detection
        detection.run(frozenset((name,)))
        if name not in detection.drifts:
            raise Refused(detection.reason or "Drift could not be detected")
        return ActionResult({"StackResourceDrift": detection.drifts[name].described(stack)})
