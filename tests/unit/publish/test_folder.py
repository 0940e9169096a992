from __future__ import annotations

from pathlib import Path

import pytest

from controller.publish.folder import LISTING, FolderRefused, claim, write


def listed(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()} - {LISTING}


def test_a_second_render_replaces_the_first(tmp_path: Path) -> None:
    out = tmp_path / "out"
    claim(out)
    write(out, {"a/one.json": b"1", "b/two.json": b"2"})
    claim(out)
    write(out, {"a/three.json": b"3"})
    assert listed(out) == {"a/three.json"}
    assert not (out / "b").exists()


def test_files_of_others_are_never_touched(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("x")
    with pytest.raises(FolderRefused, match=r"mine\.txt"):
        claim(tmp_path)
    assert listed(tmp_path) == {"mine.txt"}


def test_a_file_added_to_a_former_render_is_kept(tmp_path: Path) -> None:
    claim(tmp_path)
    write(tmp_path, {"a/one.json": b"1"})
    (tmp_path / "a" / "mine.txt").write_text("x")
    with pytest.raises(FolderRefused):
        claim(tmp_path)
    assert "a/mine.txt" in listed(tmp_path)


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("x")
    with pytest.raises(FolderRefused, match="not a folder"):
        claim(tmp_path / "out")


@pytest.mark.parametrize("text", ['["../victim"]', '["/etc/x"]', "{}", "[1]", "nonsense", '["a\\\\..\\\\b"]', '[""]'])
def test_a_listing_that_points_elsewhere_is_refused(text: str, tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("x")
    out = tmp_path / "out"
    out.mkdir()
    (out / LISTING).write_text(text)
    with pytest.raises(FolderRefused):
        claim(out)
    assert victim.exists()
