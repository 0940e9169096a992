"""Lambda functions that really run: in a process of their own, with nothing but their role's credentials."""

from controller.local.functions.runner import FunctionFailed, invoke, reset

__all__ = ["FunctionFailed", "invoke", "reset"]
