"""Transform scripts: there, readable, and Python."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from controller.model.problem import Problem
from controller.resolve.specs import Specs

FIELD = "spec.transform.script"


def check(specs: Specs, found: Mapping[str, bytes | str]) -> Iterator[Problem]:
    """`found` has each script's content, or in words why there is none."""
    for flow in specs.flows.values():
        script = flow.transform.script
        if script is None:
            continue
        content = found.get(script, "there is no such file")
        if isinstance(content, str):
            message = f"the script {script} cannot be used: {content}"
            yield Problem.of(flow.manifest, "script-not-found", FIELD, message, "the path begins at the lake's folder")
            continue
        why = _not_python(content)
        if why:
            yield Problem.of(flow.manifest, "script-not-python", FIELD, f"the script {script} is not Python: {why}")


def _not_python(content: bytes) -> str:
    """Why it is not a module with a function `transform`; empty when it is."""
    try:
        tree = ast.parse(content)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:  # ValueError: NUL; the others: nesting
        line = getattr(error, "lineno", None)
        return f"line {line}: {getattr(error, 'msg', error)}" if line else str(error) or "nested too deeply"
    if any(isinstance(node, ast.FunctionDef) and node.name == "transform" for node in tree.body):
        return ""
    return "it has no function named transform"
