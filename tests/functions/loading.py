"""A blueprint's function as a module of its own name: two functions may both have a core.py."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from types import ModuleType

from controller.load.places import folder


def core(blueprint: str, function: str, module: str = "core") -> ModuleType:
    path = folder("blueprints") / blueprint / "functions" / function / f"{module}.py"  # type: ignore[operator]
    name = f"{blueprint}_{function}_{module}".replace("/", "_")
    spec = importlib.util.spec_from_file_location(name, str(path))
    assert spec is not None
    assert spec.loader is not None
    made = importlib.util.module_from_spec(spec)
    sys.modules[name] = made  # dataclasses look their module up
    spec.loader.exec_module(made)
    return made


def modules(blueprint: str, function: str, *names: str) -> tuple[ModuleType, ...]:
    """Modules of a function that import one another by their plain names, as they do in its zip."""
    path = str(folder("blueprints") / blueprint / "functions" / function)  # type: ignore[operator]
    if path not in sys.path:
        sys.path.append(path)
    return tuple(importlib.import_module(name) for name in names)
