from __future__ import annotations

from pathlib import Path

import pytest

from controller.cli import COMMANDS
from controller.kinds import KINDS
from controller.model.problem import CODES
from tools import generate
from tools.pages.cli import exit_table


@pytest.fixture
def docs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(generate, "DOCS", tmp_path)
    assert generate.main([]) == 0
    return tmp_path


def test_a_page_that_is_not_current_fails_the_check_by_name(docs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert generate.main(["--check"]) == 0
    (docs / "problems.md").write_text("old")
    capsys.readouterr()
    assert generate.main(["--check"]) == 1
    assert capsys.readouterr().err == "docs/problems.md is stale: run make generate\n"
    assert (docs / "problems.md").read_text() == "old"
    (docs / "problems.md").unlink()
    assert generate.main(["--check"]) == 1


def test_an_unknown_argument_is_misuse(docs: Path) -> None:
    assert generate.main(["--chekc"]) == 64


def test_the_readme_has_the_exit_statuses_as_the_code_has_them() -> None:
    assert exit_table() in (Path(__file__).parents[3] / "README.md").read_text()


def test_the_pages_tell_of_every_command_kind_and_code(docs: Path) -> None:
    cli = (docs / "cli.md").read_text()
    assert all(f"\n## siloctl {name}\n" in cli for name, _ in COMMANDS)
    manifests = (docs / "manifests.md").read_text()
    assert all(f"\n## {kind}\n" in manifests for kind in KINDS)
    for field in (
        "spec.contract.columns[].sensitive",
        "spec.rollout.waves[].percent",
        "buffer.mebibytes",
        "contactPoints",
    ):
        assert f"`{field}`" in manifests
    problems = (docs / "problems.md").read_text()
    assert all(f"\n## {code}\n\n{CODES[code]}\n" in problems for code in CODES)
