"""Files to manifests: each document's kind and name, its shape by the kind's schema, and every fault on the way."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from controller.kinds import KINDS
from controller.load.files import ManifestFile
from controller.load.mending import Mended, mend
from controller.load.positions import TextPositions
from controller.load.schema import valid
from controller.load.text import Read, read
from controller.load.wording import Wrong, errors_of, near, wrongs
from controller.model.manifest import Manifest
from controller.model.problem import Problem
from controller.model.source import Source

PROBLEMS_MAX = 25  # shown for one document; a list of 10,000 wrong items says the same 10,000 times

_KIND = re.compile(r"^kind:[ \t]*[\"']?(\w+)", re.MULTILINE)
_NAME = re.compile(r"^[ \t]+name:[ \t]*[\"']?([\w-]+)|^metadata:[ \t]*\{[ \t]*name:[ \t]*[\"']?([\w-]+)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Loaded:
    """`faulty` names (kind, name) of manifests that are there but wrong, so that nobody calls them missing."""

    manifests: tuple[Manifest, ...]
    problems: tuple[Problem, ...]
    faulty: frozenset[tuple[str, str]]
    mended: tuple[Mended, ...]  # the faulty ones that can be judged further
    count: int  # of documents, the faulty ones too; a text that cannot be read counts as one


@dataclass(frozen=True, slots=True)
class _Document:
    manifest: Manifest
    problems: Sequence[Problem]
    mended: Mended | None = None
    fits: bool = False  # its kind's schema


def load(files: Iterable[ManifestFile]) -> Loaded:
    manifests: list[Manifest] = []
    problems: list[Problem] = []
    faulty: set[tuple[str, str]] = set()
    mended: list[Mended] = []
    count = 0
    for file in files:
        text = read(file.text)
        digest = hashlib.sha256(file.text.encode()).hexdigest()
        problems.extend(
            Problem(fault.code, fault.message, Source(file.path, fault.line, fault.column), hint=fault.hint)
            for fault in text.faults
        )
        documents = _documents(file, text, digest) if text.whole else []
        count += len(documents) or 1
        if not text.whole:
            faulty.update(_guessed(file.text))
        for found in documents:
            manifest = found.manifest
            problems.extend(found.problems)
            if found.problems or text.faults:
                kinds = (manifest.kind,) if manifest.kind in KINDS else tuple(KINDS)
                faulty.update((kind, manifest.name) for kind in kinds)
                mended.extend([found.mended] if found.mended else [])
            else:
                manifests.append(manifest)
    return Loaded(tuple(manifests), tuple(problems), frozenset(faulty), tuple(mended), count)


def _documents(file: ManifestFile, text: Read, digest: str) -> list[_Document]:
    found: list[_Document] = []
    # What was refused in the text left a gap: that line is not judged again, and nothing is called missing.
    judged = {fault.line for fault in text.faults}
    for index, data in enumerate(text.documents):
        if data is None and len(text.documents) > 1:
            continue  # nothing between two --- lines
        positions = TextPositions(file.path, file.text, index)
        manifest = _manifest(file.path, data, digest, positions)
        document = _judged(manifest, data, positions)
        problems = [
            problem
            for problem in document.problems
            if problem.at.line not in judged and not (text.faults and problem.code == "missing-field")
        ]
        whole = Mended(manifest, frozenset()) if text.faults and document.fits else None
        found.append(_Document(manifest, problems, document.mended or whole))
    if not found and not text.faults:
        hint = "write a manifest, or remove the file"
        nothing = Manifest(file.path, "", "", {}, digest, TextPositions(file.path, file.text, 0))
        problem = Problem("empty-file", "there is nothing in this file", Source(file.path), hint=hint)
        found.append(_Document(nothing, (problem,)))
    return found


def _manifest(path: str, data: Any, digest: str, positions: TextPositions) -> Manifest:
    fields = data if isinstance(data, dict) else {}
    kind = fields.get("kind")
    metadata = fields.get("metadata")
    name = metadata.get("name") if isinstance(metadata, dict) else None
    return Manifest(
        path,
        kind if isinstance(kind, str) else "",
        name if isinstance(name, str) else "",
        fields,
        digest,
        positions,
    )


def _judged(manifest: Manifest, data: Any, positions: TextPositions) -> _Document:
    if not isinstance(data, dict):
        message = "this file is empty" if data is None else "this is not a manifest: a mapping is expected"
        code = "empty-file" if data is None else "not-a-manifest"
        hint = "begin with apiVersion: lake/v1 and kind: Flow"
        return _Document(manifest, (Problem(code, message, positions.at(""), hint=hint),))
    if manifest.kind not in KINDS:
        return _Document(manifest, (_unknown_kind(manifest, data, positions),))
    if valid(manifest.kind, data):
        return _Document(manifest, (), fits=True)
    subject = f"{manifest.kind.lower()}/{manifest.name}" if manifest.name else manifest.kind.lower()
    errors = errors_of(manifest.kind, data)
    found = wrongs(manifest.kind, data, errors)
    problems = [_problem(wrong, subject, positions) for wrong in found[:PROBLEMS_MAX]]
    if len(found) > PROBLEMS_MAX:
        message = f"and {len(found) - PROBLEMS_MAX} more problems in this manifest"
        problems.append(Problem("more-problems", message, positions.at(""), subject))
        return _Document(manifest, problems)
    return _Document(manifest, problems, mend(manifest, errors))


def _unknown_kind(manifest: Manifest, data: dict[Any, Any], positions: TextPositions) -> Problem:
    kinds = ", ".join(KINDS)
    if "kind" not in data:
        return Problem("unknown-kind", '"kind" is missing', positions.at(""), field="kind", hint=f"one of {kinds}")
    shown = manifest.kind[:60] or "this"
    hint = near(manifest.kind, tuple(KINDS)) or f"one of {kinds}"
    return Problem("unknown-kind", f'there is no kind "{shown}"', positions.at("kind"), field="kind", hint=hint)


def _problem(wrong: Wrong, subject: str, positions: TextPositions) -> Problem:
    at = positions.key(wrong.field) if wrong.at_key else positions.at(wrong.field)
    message, hint = wrong.message, wrong.hint
    written = positions.written(wrong.field) if wrong.code == "wrong-type" else None
    if written and wrong.found is not None and not isinstance(wrong.found, (str, list, dict)):
        read_as = "a boolean" if isinstance(wrong.found, bool) else "a number"
        message += f": without quotes, {written} is read as {read_as}"
        hint = f'write "{written}" in quotes if it is text' + (f". {hint}" if hint else "")
    return Problem(wrong.code, message, at, subject, wrong.field, hint)


def _guessed(text: str) -> Sequence[tuple[str, str]]:
    """Kind and name of a text that cannot be read, from the lines that look like them."""
    kind, name = _KIND.search(text), _NAME.search(text)
    return [(kind.group(1), next(filter(None, name.groups())))] if kind and name else []
