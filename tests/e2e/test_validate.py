"""`siloctl validate` as people and CI call it: exit codes, what goes where, and what it costs to start."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

TOP = Path(__file__).parents[2]
ACME = TOP / "tests" / "lakes" / "acme"


def siloctl(*arguments: str, cwd: Path = TOP) -> subprocess.CompletedProcess[str]:
    call = [Path(sys.executable).with_name("siloctl"), *arguments]
    return subprocess.run(call, cwd=cwd, capture_output=True, text=True, check=False, timeout=60)


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    lake = Path(shutil.copytree(TOP / "manifests", tmp_path / "manifests"))
    orders = lake / "flows" / "orders.yaml"
    orders.write_text(orders.read_text().replace("silo: sales", "silo: sale").replace("rate(1 hour)", "rate(1 hours)"))
    return lake


def test_the_projects_own_lake_is_valid() -> None:
    ran = siloctl("validate")
    assert (ran.returncode, ran.stderr) == (0, "")
    assert ran.stdout == "19 manifests are valid: 4 silos, 8 flows, 2 partners, 3 shares, 1 consumer\n"
    assert siloctl("--manifests", "manifests", "validate").stdout == ran.stdout


def test_faults_go_to_stderr_with_their_places_and_exit_1(broken: Path) -> None:
    ran = siloctl("validate", "manifests", cwd=broken.parent)
    assert (ran.returncode, ran.stdout) == (1, "")
    lines = ran.stderr.splitlines()
    assert lines[0].startswith('manifests/flows/orders.yaml:8:9: error[unknown-reference]: no Silo is named "sale"')
    assert lines[1] == "  in spec.silo of flow/orders"
    assert lines[2] == '  hint: did you mean "sales"? (manifests/silos/sales.yaml:5:9)'
    assert lines[-1] == "2 problems in 1 file"


def test_json_is_one_document_on_stdout(broken: Path) -> None:
    ran = siloctl("validate", "--format", "json", "manifests", cwd=broken.parent)
    assert (ran.returncode, ran.stderr) == (1, "")
    document = json.loads(ran.stdout)
    assert document["format_version"] == "1.0"
    assert document["valid"] is False
    assert document["manifests"] == 19
    assert [problem["code"] for problem in document["problems"]] == ["unknown-reference", "bad-schedule"]
    first = document["problems"][0]
    assert (first["path"], first["line"], first["column"], first["field"], first["severity"]) == (
        "manifests/flows/orders.yaml",
        8,
        9,
        "spec.silo",
        "error",
    )


def test_one_file_can_be_checked(broken: Path) -> None:
    ran = siloctl("validate", "manifests/flows/orders.yaml", cwd=broken.parent)
    assert ran.returncode == 1
    assert "error[bad-schedule]" in ran.stderr
    good = siloctl("validate", "manifests/silos/sales.yaml", cwd=broken.parent)
    assert (good.returncode, good.stdout) == (0, "1 manifest is valid by itself; what it refers to was not looked up\n")


def test_the_lake_of_every_kind_has_no_error() -> None:
    assert siloctl("validate", str(ACME)).returncode == 0


@pytest.mark.parametrize(
    "arguments",
    [("validate", "a", "b"), ("validate", "--fromat", "json"), ("validate", "--format", "xml"), ("valdiate",)],
)
def test_misuse_is_64(arguments: tuple[str, ...]) -> None:
    ran = siloctl(*arguments)
    assert (ran.returncode, ran.stdout) == (64, "")
    assert "Error" in ran.stderr


def test_a_folder_that_is_not_there_is_a_problem_not_a_traceback(tmp_path: Path) -> None:
    ran = siloctl("validate", str(tmp_path / "nowhere"))
    assert ran.returncode == 1
    assert "error[not-found]" in ran.stderr
    assert "Traceback" not in ran.stderr


def test_validate_imports_nothing_that_talks_or_renders() -> None:
    heavy = ("boto3", "botocore", "jinja2", "cfnlint", "jsonschema", "rich", "moto")
    code = (
        "import sys; from controller.cli import siloctl\n"
        "siloctl.main(['validate'], standalone_mode=False)\n"
        f"print(sorted(set({heavy!r}) & set(sys.modules)))"
    )
    ran = subprocess.run([sys.executable, "-c", code], cwd=TOP, capture_output=True, text=True, check=True, timeout=60)
    assert ran.stdout.splitlines()[-1] == "[]"
