"""`siloctl render` through the real command line, and the blueprints' own examples through it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from controller.cli import run
from controller.cli.exit import Exit
from controller.load.places import folder
from controller.publish.bundle import open_bundle

MANIFESTS = Path(__file__).parents[2] / "manifests"


def test_render_writes_what_would_be_published(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out"
    assert run(["--manifests", str(MANIFESTS), "render", "--commit", "abc", "--out", str(out)]) == Exit.OK
    lines = capsys.readouterr().out.splitlines()
    names = ["finance", "logistics", "manufacturing", "sales", "consumer/group-analytics"]
    assert [line.split(":")[0] for line in lines] == names
    bundle = open_bundle((out / "sales" / "bundle.zip").read_bytes())
    assert json.loads((out / "sales" / "template.json").read_bytes()) == bundle.template
    assert bundle.config["Parameters"]["Commit"] == "abc"
    for key in bundle.nested.values():
        assert (out / key).is_file()
    assert (out / "baseline.json").is_file()
    assert {path.stem for path in (out / "master").iterdir()} == {"eu-west-1", "eu-central-1"}


def test_render_of_one_silo_writes_that_alone(tmp_path: Path) -> None:
    arguments = ["--manifests", str(MANIFESTS), "render", "--commit", "abc", "--out", str(tmp_path / "out")]
    assert run([*arguments]) == Exit.OK
    assert run([*arguments, "--silo", "finance"]) == Exit.OK
    assert {path.name for path in (tmp_path / "out").iterdir() if not path.name.startswith(".")} == {
        "assets",
        "finance",
    }


def test_a_silo_that_does_not_exist_is_misuse(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out"
    assert run(["--manifests", str(MANIFESTS), "render", "--silo", "sals", "--out", str(out)]) == Exit.MISUSE
    assert "sals" in capsys.readouterr().err
    assert not out.exists()


def test_a_folder_with_other_files_is_not_written_to(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "mine.txt").write_text("x")
    assert run(["--manifests", str(MANIFESTS), "render", "--commit", "a", "--out", str(tmp_path)]) == Exit.ERROR
    assert "mine.txt" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_the_examples_of_all_blueprints_make_a_lake(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lake = tmp_path / "lake"
    lake.mkdir()
    (lake / "organization.yaml").write_bytes((MANIFESTS / "organization.yaml").read_bytes())
    examples = sorted(folder("blueprints").glob("**/example.yaml"))
    assert {"storage", "silo", "http", "dropzone"} <= {path.parent.name for path in examples}
    for index, example in enumerate(examples):
        (lake / f"{index}.yaml").write_bytes(example.read_bytes())
    assert run(["--manifests", str(lake), "render", "--commit", "a", "--out", str(tmp_path / "out")]) == Exit.OK
    rendered = {line.split(":")[0] for line in capsys.readouterr().out.splitlines()}
    assert rendered >= {"planning", "research", "sales", "service"}


@pytest.mark.parametrize("blueprint", ["master", "silo-baseline"])
def test_the_examples_of_the_pipelines_blueprints_are_organizations(blueprint: str, tmp_path: Path) -> None:
    (tmp_path / "organization.yaml").write_bytes((folder("pipeline") / blueprint / "example.yaml").read_bytes())
    assert run(["--manifests", str(tmp_path), "validate"]) == Exit.OK
