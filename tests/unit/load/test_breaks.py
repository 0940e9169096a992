"""Deliberate breaks of a lake on disk: each gives its place and its code, and never anything else."""

from __future__ import annotations

import os
import shutil
import time
from datetime import date
from pathlib import Path
from typing import NamedTuple

import pytest

from controller.engine.validate import examine
from controller.load.places import folder
from controller.model.problem import CODES, Problem

ACME = Path(__file__).parents[2] / "lakes" / "acme"
TODAY = date(2026, 11, 22)
ORDERS = "flows/orders.yaml"


@pytest.fixture(scope="module")
def everything() -> frozenset[str]:
    flows = {f"flows/{path.name}" for path in (folder("blueprints") / "flows").iterdir()}
    parts = {"storage", "webapp", "sftp", "partners", "sharing", "consumer", "warehouse", "dashboards"}
    return frozenset(flows | parts)


@pytest.fixture
def lake(tmp_path: Path) -> Path:
    return Path(shutil.copytree(ACME, tmp_path / "lake"))


class Broken(NamedTuple):
    code: str
    old: str
    new: str
    says: str = ""  # a part of message or hint


IN_ORDERS: dict[str, Broken] = {
    "wrong key": Broken("unknown-field", "schedule:", "shedule:", 'did you mean "schedule"?'),
    "wrong nested key": Broken("unknown-field", "mebibytes:", "megabytes:", 'did you mean "mebibytes"?'),
    "wrong kind": Broken("unknown-kind", "kind: Flow", "kind: Flwo", 'did you mean "Flow"?'),
    "wrong version": Broken("wrong-value", "lake/v1", "lake/v2", "lake/v1"),
    "wrong type": Broken("wrong-type", "workers: 2", "workers: two", "whole number"),
    "text for a list": Broken("wrong-type", "[order_id]", "order_id", "expected a list"),
    "wrong choice": Broken("wrong-value", "auth: iam", "auth: iam2", 'did you mean "iam"?'),
    "wrong flow type": Broken("wrong-value", "type: http", "type: htpp", 'did you mean "http"?'),
    "nothing given": Broken("wrong-type", "silo: sales", "silo:", "found nothing"),
    "too small": Broken("out-of-range", "seconds: 300", "seconds: 30", "less than 60"),
    "too large": Broken("out-of-range", "mebibytes: 64", "mebibytes: 129", "more than 128"),
    "wrong form": Broken("wrong-value", "table: sales.orders", "table: Sales.Orders", "such as"),
    "boolean for text": Broken("wrong-type", "name: country", "name: no", 'write "no" in quotes'),
    "number for text": Broken("wrong-type", "silo: sales", "silo: 12", "read as a number"),
    "octal": Broken("ambiguous-scalar", "workers: 2", "workers: 012", "quotes"),
    "base 60": Broken("ambiguous-scalar", "rate(1 hour)", "12:30", "quotes"),
    "huge number": Broken("ambiguous-scalar", "workers: 2", "workers: " + "9" * 5000, "quotes"),
    "endless number": Broken("ambiguous-scalar", "workers: 2", "workers: .inf", "quotes"),
    "tab": Broken("yaml-syntax", "  silo: sales", "\tsilo: sales", "indent with spaces"),
    "syntax": Broken("yaml-syntax", "silo: sales", "silo: sales: x", ""),
    "a word that begins with @": Broken("yaml-syntax", "silo: sales", "silo: @sales", "quotes"),
    "open quote": Broken("yaml-syntax", "dataset: Orders}", 'dataset: "Orders}', ""),
    "duplicate key": Broken("duplicate-key", "  source:", "  silo: sales\n  source:", '"silo"'),
    "duplicate nested key": Broken("duplicate-key", "{seconds: 300,", "{seconds: 300, seconds: 60,", '"seconds"'),
    "anchor": Broken("yaml-alias", "silo: sales", "silo: &s sales", "&s"),
    "alias": Broken("yaml-alias", "silo: sales", "silo: *s", "*s"),
    "merge key": Broken("yaml-merge", "  silo: sales", "  <<: {silo: sales}", ""),
    "tag of Python": Broken(
        "yaml-tag", "silo: sales", "silo: !!python/object/apply:os.getcwd []", "!!python/object/apply:os.getcwd"
    ),
    "tag of CloudFormation": Broken("yaml-tag", "silo: sales", "silo: !Ref sales", "!Ref"),
    "number as key": Broken("yaml-key", "  source:", "  12: x\n  source:", "12"),
    "list as key": Broken("yaml-key", "  silo: sales", "  ? [a]\n  : b", "list"),
    "deep nesting": Broken("yaml-depth", "silo: sales", "silo: " + "[" * 3000, ""),
    "NUL": Broken("not-text", "silo: sales", "silo: sa\0les", "U+0000"),
    "escaped NUL": Broken("control-character", "silo: sales", 'silo: "sa\\0les"', ""),
    "hidden direction": Broken("control-character", "silo: sales", 'silo: "sa\\u202eles"', ""),
    "line break in a name": Broken("wrong-value", "silo: sales", 'silo: "sales\\n"', ""),
    "Jinja": Broken("wrong-value", "silo: sales", 'silo: "{{ 1 }}"', ""),
}


@pytest.mark.parametrize("broken", IN_ORDERS.values(), ids=IN_ORDERS.keys())
def test_a_break_in_a_manifest_has_its_line_and_code(broken: Broken, lake: Path, everything: frozenset[str]) -> None:
    file = lake / ORDERS
    text = file.read_text()
    assert broken.old in text
    file.write_text(text.replace(broken.old, broken.new, 1))
    problems = here(examine(lake, everything, TODAY).problems, file)
    assert problems[0].code == broken.code, problems
    assert problems[0].at.line == line_of(broken, text)
    assert broken.says in problems[0].message + problems[0].hint
    assert problems[0].code in CODES


def line_of(broken: Broken, text: str) -> int:
    """The first line that the change touched."""
    before, after = text.splitlines(), text.replace(broken.old, broken.new, 1).splitlines()
    return next(number for number, (one, other) in enumerate(zip(before, after, strict=False), 1) if one != other)


def here(problems: tuple[Problem, ...], file: Path) -> list[Problem]:
    """All problems, once it is sure that they are in this file."""
    assert {problem.at.path for problem in problems} == {str(file)}
    return list(problems)


def only(problems: tuple[Problem, ...], file: Path, code: str) -> Problem:
    assert [(problem.at.path, problem.code) for problem in problems] == [(str(file), code)]
    return problems[0]


FILES: dict[str, tuple[str, bytes, str, int]] = {
    "binary": ("not-text", b"\x7fELF\x02\x01\x01\0\0\0", "U+", 1),
    "not UTF-8": ("not-text", b"kind: Flow\nname: caf\xe9\n", "UTF-8", 2),
    "UTF-16": ("not-text", "kind: Flow\n".encode("utf-16"), "UTF-8", 1),
    "empty": ("empty-file", b"", "nothing", 1),
    "only a comment": ("empty-file", b"# later\n", "nothing", 1),
    "only a null": ("empty-file", b"~\n", "empty", 1),
    "a list": ("not-a-manifest", b"- a\n- b\n", "mapping", 1),
    "a word": ("not-a-manifest", b"hello\n", "mapping", 1),
    "no kind": ("unknown-kind", b"apiVersion: lake/v1\n", "missing", 1),
    "a kind that is a list": ("unknown-kind", b"a: 1\nkind: [Flow]\n", "no kind", 2),
    "large": ("file-too-large", b"#" * (1024 * 1024 + 1), "split", 1),
    "alias bomb": (
        "yaml-alias",
        b"a: &a [x,x,x,x,x,x,x,x,x]\n"
        + b"".join(b"%c: &%c [%s]\n" % (c + 1, c + 1, b",".join([b"*%c" % c] * 9)) for c in range(97, 115)),
        "&a",
        1,
    ),
    "a million brackets": ("yaml-depth", b"[" * 1000000, "deeper", 1),
    "a million braces": ("yaml-depth", b"{a: " * 250000, "deeper", 1),
    "a million dashes": ("yaml-depth", b"- " * 500000, "deeper", 1),
}


@pytest.mark.parametrize(("code", "content", "says", "line"), FILES.values(), ids=FILES.keys())
def test_a_file_that_is_no_manifest_has_its_code(
    code: str, content: bytes, says: str, line: int, lake: Path, everything: frozenset[str]
) -> None:
    file = lake / "extra.yaml"
    file.write_bytes(content)
    started = time.perf_counter()
    problems = here(examine(lake, everything, TODAY).problems, file)
    assert time.perf_counter() - started < 5
    assert (problems[0].code, problems[0].at.line) == (code, line)
    assert says in problems[0].message + problems[0].hint


def test_a_list_of_ten_thousand_lines_is_told_in_few(lake: Path, everything: frozenset[str]) -> None:
    file = lake / ORDERS
    many = "".join(f"      - {{name: Column {number}, kind: int}}\n" for number in range(10_000))
    file.write_text(file.read_text().replace("    columns:\n", "    columns:\n" + many))
    problems = here(examine(lake, everything, TODAY).problems, file)
    assert 2 < len(problems) < 40
    assert {"out-of-range", "more-problems"} <= {problem.code for problem in problems}


def test_a_folder_with_a_manifests_name_is_said(lake: Path, everything: frozenset[str]) -> None:
    (lake / "x.yaml").mkdir()
    only(examine(lake, everything, TODAY).problems, lake / "x.yaml", "not-a-file")


def test_a_pipe_is_not_waited_for(lake: Path, everything: frozenset[str]) -> None:
    os.mkfifo(lake / "pipe.yaml")
    only(examine(lake, everything, TODAY).problems, lake / "pipe.yaml", "not-a-file")


@pytest.mark.parametrize(
    ("target", "code"),
    [
        ("..", "not-a-file"),
        ("nowhere", "unreadable-file"),
        ("link.yaml", "unreadable-file"),
        ("/etc/passwd", "outside-folder"),
    ],
    ids=["folder", "nowhere", "itself", "outside"],
)
def test_links_lead_nowhere_else(target: str, code: str, lake: Path, everything: frozenset[str]) -> None:
    (lake / "link.yaml").symlink_to(target)
    only(examine(lake, everything, TODAY).problems, lake / "link.yaml", code)


def test_a_link_to_a_folder_is_not_followed(lake: Path, everything: frozenset[str]) -> None:
    (lake / "again").symlink_to(lake)
    only(examine(lake, everything, TODAY).problems, lake / "again", "not-a-file")


def test_a_script_outside_the_folder_is_not_read(lake: Path, everything: frozenset[str]) -> None:
    script = lake / "transforms" / "orders.py"
    script.unlink()
    script.symlink_to("/etc/passwd")
    problem = only(examine(lake, everything, TODAY).problems, lake / ORDERS, "script-not-found")
    assert "outside" in problem.message


@pytest.mark.parametrize("name", ["missing", "missing.yaml"])
def test_a_place_that_is_not_there_is_said(name: str, tmp_path: Path) -> None:
    only(examine(tmp_path / name, frozenset(), TODAY).problems, tmp_path / name, "not-found")


def test_every_document_is_counted_once(lake: Path, everything: frozenset[str]) -> None:
    files = len(list(lake.rglob("*.yaml")))
    assert examine(lake, everything, TODAY).manifests == files
    (lake / ORDERS).write_text("kind: Flwo\n---\nkind: Flow\n")
    (lake / "silos" / "sales.yaml").write_text("\tx")
    assert examine(lake, everything, TODAY).manifests == files + 1


def test_an_empty_folder_is_said(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("kind: Flow")
    (tmp_path / ".hidden").mkdir()
    (tmp_path / ".hidden" / "flow.yaml").write_text("kind: Flow")
    only(examine(tmp_path, frozenset(), TODAY).problems, tmp_path, "no-manifests")


@pytest.mark.parametrize("mark", [b"\xef\xbb\xbf", b""], ids=["byte-order mark", "plain"])
@pytest.mark.parametrize("end", [b"\n", b"\r\n"], ids=["LF", "CRLF"])
def test_editors_of_other_systems_do_no_harm(mark: bytes, end: bytes, lake: Path, everything: frozenset[str]) -> None:
    file = lake / ORDERS
    text = file.read_bytes()
    file.write_bytes(mark + text.replace(b"\n", end))
    assert examine(lake, everything, TODAY).valid
    file.write_bytes(mark + text.replace(b"silo: sales", b"silo: sale").replace(b"\n", end))
    problem = only(examine(lake, everything, TODAY).problems, file, "unknown-reference")
    assert (problem.at.line, problem.at.column) == (8, 9)


@pytest.mark.parametrize("account", ["012345678901", "012345670123", "200000000001"])
def test_an_account_needs_its_quotes(account: str, lake: Path, everything: frozenset[str]) -> None:
    file = lake / "silos" / "finance.yaml"
    file.write_text(file.read_text().replace('"200000000003"', account))
    problems = here(examine(lake, everything, TODAY).problems, file)
    assert {problem.code for problem in problems} <= {"ambiguous-scalar", "wrong-type"}
    assert problems[0].at.line == 8
    assert "quotes" in problems[0].hint


def test_a_key_of_nothing_is_told_where_it_stands(lake: Path, everything: frozenset[str]) -> None:
    path = lake / "silos/sales.yaml"
    path.write_text(path.read_text().replace("labels: {", 'labels: {"": , ', 1))
    found = examine(lake, everything, TODAY).problems
    assert {(problem.code, problem.at.line) for problem in found} == {("wrong-value", 6), ("wrong-type", 6)}


def test_several_manifests_share_a_file(lake: Path, everything: frozenset[str]) -> None:
    flows = sorted((lake / "flows").glob("*.yaml"))
    together = "---\n".join(file.read_text() for file in flows)
    for file in flows:
        file.unlink()
    (lake / "flows" / "all.yml").write_text(f"---\n{together}\n---\n")
    findings = examine(lake, everything, TODAY)
    assert findings.valid
    assert findings.lake is not None
    assert len(findings.lake.flows) == len(flows)
    (lake / "flows" / "all.yml").write_text(together.replace("partner: fastfreight", "partner: slowfreight"))
    problems = here(examine(lake, everything, TODAY).problems, lake / "flows" / "all.yml")
    line = together.replace("partner: fastfreight", "partner: slowfreight")[: together.index("partner: fastfreight")]
    assert problems[0].at.line == line.count("\n") + 1


def test_one_file_is_checked_by_itself(lake: Path, everything: frozenset[str]) -> None:
    file = lake / ORDERS
    assert examine(file, everything, TODAY).problems == ()
    file.write_text(file.read_text().replace("rate(1 hour)", "rate(2 hour)").replace("silo: sales", "silo: elsewhere"))
    only(examine(file, everything, TODAY).problems, file, "bad-schedule")


def test_all_faults_of_a_file_are_told_together(lake: Path, everything: frozenset[str]) -> None:
    file = lake / ORDERS
    text = file.read_text().replace("silo: sales", "silo: &s sales").replace("workers: 2", "workers: two")
    file.write_text(text.replace("auth: iam", "auth: iam2"))
    problems = here(examine(lake, everything, TODAY).problems, file)
    assert [problem.code for problem in problems] == ["yaml-alias", "wrong-value", "wrong-type"]


def test_a_web_app_that_nobody_signs_in_to_is_told_with_what_to_write(lake: Path, everything: frozenset[str]) -> None:
    file = lake / "silos/sales.yaml"
    lines = file.read_text().splitlines(keepends=True)
    file.write_text("".join(line for line in lines if "signIn" not in line))
    missing = only(examine(lake, everything, TODAY).problems, file, "missing-field")
    assert missing.field == "spec.webapp"
    assert '"admins": ["lake-admin@sales.acme.example"]' in missing.hint


MIXED: dict[str, tuple[list[tuple[str, str]], list[str]]] = {
    "an unknown key and a wrong reference": (
        [("  schedule:", "  shedule: x\n  schedule:"), ("silo: sales", "silo: sale")],
        ["unknown-reference", "unknown-field"],
    ),
    "a wrong value and a wrong schedule": (
        [("auth: iam", "auth: iam2"), ("rate(1 hour)", "rate(1 hours)")],
        ["wrong-value", "bad-schedule"],
    ),
    "a missing field and a wrong key column": (
        [("  silo: sales\n", ""), ("key: [order_id]", "key: [order]")],
        ["missing-field", "unknown-column"],
    ),
    "a duplicate key and a wrong schedule": (
        [("silo: sales", "silo: sales\n  silo: sales"), ("rate(1 hour)", "rate(1 hours)")],
        ["duplicate-key", "bad-schedule"],
    ),
    "a wrong column and a key that is one": (
        [("{name: order_id, type: string, required: true}", "{name: order_id, type: [string], required: true}")],
        ["wrong-type"],
    ),
    "a wrong source and what hangs on it": (
        [("type: http", "type: htpp"), ("rate(1 hour)", "on-arrival")],
        ["wrong-value"],
    ),
    "a wrong script path and a wrong partition": (
        [("transforms/orders.py", "../orders.py"), ("{column: placed_at,", "{column: country,")],
        ["partition-type", "wrong-value"],
    ),
}


@pytest.mark.parametrize(("changes", "codes"), MIXED.values(), ids=MIXED.keys())
def test_a_fault_of_shape_does_not_hide_the_faults_of_meaning(
    changes: list[tuple[str, str]], codes: list[str], lake: Path, everything: frozenset[str]
) -> None:
    file = lake / ORDERS
    text = file.read_text()
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    file.write_text(text)
    problems = here(examine(lake, everything, TODAY).problems, file)
    assert [problem.code for problem in problems] == codes
