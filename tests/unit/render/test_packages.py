"""Packages in a function's zip: exactly what was pinned, from what is installed, proven file by file."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import zipfile
from importlib.metadata import PackagePath
from pathlib import Path
from typing import Any

import pytest

from controller.render import packages
from controller.render.blueprint import Catalogue
from controller.render.packages import PackageUnusable

WHERE = "webapp/functions/backend/requirements.txt"


def shipped(text: str) -> dict[str, bytes]:
    return packages.packages(text.encode(), WHERE)


@pytest.fixture(autouse=True)
def _forget() -> None:
    packages._files.cache_clear()


def test_a_package_comes_with_its_modules_and_its_licence() -> None:
    found = shipped("jmespath==1.1.0  # what Powertools needs\n\n")
    assert "jmespath/__init__.py" in found
    assert [name for name in found if not name.endswith(".py")] == ["jmespath-1.1.0.dist-info/LICENSE"]
    assert not [name for name in found if name.startswith(("..", "/")) or "__pycache__" in name]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("jmespath==0.0.1", "ships jmespath 0.0.1, but 1.1.0 is installed"),
        ("no-such-package==1.0", "ships no-such-package 1.0, which is not installed"),
        ("jmespath>=1", "'jmespath>=1' is no exact version"),
        ("jmespath", "'jmespath' is no exact version"),
        ("-r other.txt", "is no exact version"),
        ("jmespath==1.1.0; python_version > '3'", "is no exact version"),
    ],
)
def test_what_is_not_there_as_pinned_is_told_with_a_way_out(line: str, words: str) -> None:
    with pytest.raises(PackageUnusable) as told:
        shipped(f"# pins\n{line}")
    assert words in str(told.value)
    assert str(told.value).startswith(WHERE)
    assert told.value.hint


def test_a_file_that_was_changed_after_its_installation_is_not_shipped(monkeypatch: pytest.MonkeyPatch) -> None:
    read = PackagePath.read_binary

    def changed(path: PackagePath) -> bytes:
        return read(path) + (b"\nimport os" if path.name == "lexer.py" else b"")

    monkeypatch.setattr(PackagePath, "read_binary", changed)
    with pytest.raises(PackageUnusable, match=r"jmespath/lexer\.py, which is not as its package recorded it"):
        shipped("jmespath==1.1.0")


def test_a_pin_is_part_of_the_blueprints_digest_and_reads_no_package(monkeypatch: pytest.MonkeyPatch) -> None:
    before = Catalogue.read()
    bumped = Catalogue({**before.files, WHERE: before.files[WHERE].replace(b"1.1.0", b"1.1.1")})
    monkeypatch.setattr(packages, "distribution", lambda name: pytest.fail(f"{name} was read"))
    assert before.digest_of(["webapp"]) != bumped.digest_of(["webapp"])


def test_the_same_pins_give_the_same_zip() -> None:
    zips = [Catalogue.read().function("webapp", "backend").content for _ in range(2)]
    assert zips[0] == zips[1]
    assert len(zips[0]) < 10 * 1024 * 1024
    names = zipfile.ZipFile(io.BytesIO(zips[0])).namelist()
    assert {"handler.py", "aws_lambda_powertools/__init__.py", "typing_extensions.py"} <= set(names)
    assert "requirements.txt" not in names


def test_a_zip_is_complete_without_anything_that_is_installed(tmp_path: Path) -> None:
    """Python alone, and boto3's place taken by two names: the runtime has it (Lambda developer guide, runtimes)."""
    zipfile.ZipFile(io.BytesIO(Catalogue.read().function("webapp", "backend").content)).extractall(tmp_path)
    (tmp_path / "botocore").mkdir()
    (tmp_path / "botocore/__init__.py").write_text("")
    (tmp_path / "botocore/exceptions.py").write_text(
        "class ClientError(Exception): ...\nclass BotoCoreError(Exception): ..."
    )
    names = "ORGANIZATION SILO ACCOUNT AWS_REGION PARTITION BUCKET KEY_ARN STACK VENDING_BUCKET VENDING_ROLE"
    variables = dict.fromkeys([*names.split(), "PARTNER_BOUNDARY", "PARTNERS_PATH", "CLIENT_ID", "SITE_HOST"], "x")
    said = _run(tmp_path, {**variables, "DROPZONES": "[]"})
    assert said["status"] == 200
    assert not [name for name in said["modules"] if name.split(".")[0] in ("boto3", "controller", "pydantic")]


def _run(folder: Path, variables: dict[str, str]) -> Any:
    event = {
        "version": "2.0",
        "rawPath": "/api/config",
        "headers": {},
        "requestContext": {"stage": "$default", "http": {"method": "GET", "path": "/api/config"}},
    }
    script = (
        "import json, sys; sys.path.insert(0, '.'); import handler\n"
        "class Context:\n    aws_request_id = '1'\n    get_remaining_time_in_millis = staticmethod(lambda: 29000)\n"
        f"answer = handler.handle({event!r}, Context())\n"
        "print(json.dumps({'status': answer['statusCode'], 'modules': sorted(sys.modules)}))"
    )
    words = [sys.executable, "-I", "-S", "-c", script]
    run = subprocess.run(
        words, cwd=folder, env={"PATH": os.environ["PATH"], **variables}, capture_output=True, text=True
    )
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout.splitlines()[-1])
