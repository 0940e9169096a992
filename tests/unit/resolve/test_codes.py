"""Every code that the source can give is explained, and no explanation is left over."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from controller.model.problem import CODES

CONTROLLER = Path(__file__).parents[3] / "controller"
MAKERS = {"Problem", "_problem", "of", "Fault", "_fault", "Wrong", "_limit", "_too_large"}
CODE = re.compile(r"[a-z]+(-[a-z]+)+|expired")


def strings() -> Iterator[str]:
    for path in CONTROLLER.rglob("*.py"):
        if path.name == "problem.py" and path.parent.name == "model":
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value


def given() -> Iterator[str]:
    for path in CONTROLLER.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                if name in MAKERS:
                    for argument in node.args[:2]:
                        if isinstance(argument, ast.Constant) and CODE.fullmatch(str(argument.value)):
                            yield argument.value


def test_every_code_that_is_given_is_explained() -> None:
    assert set(given()) <= set(CODES)


def test_every_explained_code_is_given_somewhere() -> None:
    assert set(CODES) <= set(strings())


def test_an_explanation_is_a_sentence_or_two() -> None:
    for code, text in CODES.items():
        assert CODE.fullmatch(code), code
        assert text.endswith("."), code
        assert 20 < len(text) < 300, code
