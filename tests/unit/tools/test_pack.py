"""The zip that the builds run: the same for the same files, and refused by the builds when it is another."""

from __future__ import annotations

import os
import subprocess
import zipfile
from pathlib import Path

import pytest
import yaml

from controller import __version__
from controller.model.bundle import sha256
from tools.pack import main

TOP = Path(__file__).parents[3]
BUILDS = ("plan", "apply", "drift")


def packed(folder: Path, out: str = "out", **files: str) -> Path:
    wheels = folder / f"{out}-wheels"
    wheels.mkdir()
    (folder / out).mkdir()
    for name, text in files.items():
        (wheels / name).write_text(text)
    assert main([str(wheels), str(folder / out)]) == 0
    return folder / out / f"siloctl-{__version__}.zip"


def test_the_same_files_are_the_same_zip_whenever_they_were_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first = packed(tmp_path, a="1", b="2")
    os.utime(first, (1, 1))
    second = packed(tmp_path, "later", b="2", a="1")
    assert first.read_bytes() == second.read_bytes()
    assert zipfile.ZipFile(first).namelist() == ["a", "b"]
    assert f"spec.tool.sha256: {sha256(first.read_bytes())}\n" in capsys.readouterr().out


def test_a_wrong_number_of_arguments_is_misuse(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 64
    assert "usage" in capsys.readouterr().err


def installed(build: str, made: Path, digest: str, folder: Path) -> tuple[int, str, list[str]]:
    """Run the build's own commands with an `aws` that copies our zip and a `python3` that only says what it was asked.

    What it installs beside itself is a `siloctl` that does the same; none is on the path, as in CodeBuild's images.
    """
    tools = folder / "bin"
    tools.mkdir(exist_ok=True)
    said, copy = folder / "said", folder / "siloctl.zip"
    said.write_text("")
    python = (
        f"echo $* >> {said}\n"
        'beside() { mkdir -p "$(dirname "$1")" && cp "$0" "$1"; }\n'
        'case "$*" in\n'
        f'*" venv "*) beside {folder}/siloctl/venv/bin/python3 ;;\n'
        '*" pip install "*) beside "$(dirname "$0")/siloctl" ;;\n'
        "esac"
    )
    for name, script in {"aws": f"cp {made} {copy}", "python3": python}.items():
        (tools / name).write_text(f"#!/bin/sh\n{script}\n")
        (tools / name).chmod(0o755)
    spec = yaml.safe_load((TOP / "pipeline" / "buildspecs" / f"{build}.yml").read_text())
    command = " && ".join(one for phase in ("install", "build") for one in spec["phases"][phase]["commands"])
    environment = {
        "PATH": f"{tools}:/usr/bin:/bin",
        "CODE_BUCKET": "code",
        "SILOCTL_VERSION": __version__,
        "SILOCTL_SHA256": digest,
    }
    ran = subprocess.run(
        ["/bin/sh", "-c", command.replace("/tmp/siloctl", str(folder / "siloctl"))],
        env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return ran.returncode, ran.stderr, said.read_text().splitlines()


@pytest.mark.parametrize("build", BUILDS)
def test_a_build_runs_nothing_of_a_zip_that_is_not_the_one_named(build: str, tmp_path: Path) -> None:
    made = packed(tmp_path, a="1")
    status, _, ran = installed(build, made, sha256(made.read_bytes()), tmp_path)
    assert status == 0
    assert [asked.split()[:3] for asked in ran[:3]] == [["-I", "-m", tool] for tool in ("zipfile", "venv", "pip")]
    assert ran[-1].split()[0] == build  # what it installed, asked to do what the build is for
    for digest in ("0" * 64, "none", ""):
        status, told, ran = installed(build, made, digest, tmp_path)
        assert (status != 0, ran) == (True, [])
        assert told
    assert "spec.tool.sha256" in installed(build, made, "none", tmp_path)[1]
