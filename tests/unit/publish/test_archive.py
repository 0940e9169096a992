from __future__ import annotations

import io
import stat
import zipfile

import pytest

from controller.model.archive import pack_files
from controller.publish.archive import ArchiveRefused, open_files

FILES = {"b.json": b"{}", "a.json": b"[1]"}


def crafted(*entries: tuple[str, bytes], attributes: int = 0) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries:
            info = zipfile.ZipInfo(name)
            info.external_attr = attributes
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, content)
    return buffer.getvalue()


def test_what_was_packed_is_read() -> None:
    assert open_files(pack_files(FILES)) == FILES


def test_the_order_of_files_does_not_matter() -> None:
    assert pack_files(FILES) == pack_files(dict(reversed(FILES.items())))


def test_files_are_compressed() -> None:
    assert len(pack_files({"a": b"x" * 100_000})) < 1_000


@pytest.mark.parametrize(
    "name",
    ["/etc/passwd", "../a", "a/../../b", "a/b", "C:a", "a\\b", "A", "a..b", "", "ä", "a\n", "x" * 200, ".hidden", "a/"],
)
def test_a_name_that_we_do_not_write_is_refused(name: str) -> None:
    with pytest.raises(ArchiveRefused):
        open_files(crafted((name, b"1")))


def test_a_name_that_is_cut_at_a_nul_is_refused() -> None:
    content = crafted(("axb", b"1")).replace(b"axb", b"a\x00b")
    with pytest.raises(ArchiveRefused):
        open_files(content)


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFDIR, stat.S_IFIFO, stat.S_IFCHR])
def test_a_link_or_a_device_is_refused(kind: int) -> None:
    with pytest.raises(ArchiveRefused, match="plain file"):
        open_files(crafted(("a", b"target"), attributes=(kind | 0o777) << 16))


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_name_that_stands_twice_is_refused() -> None:
    with pytest.raises(ArchiveRefused, match="twice"):
        open_files(crafted(("a", b"1"), ("a", b"2")))


def test_too_many_files_are_refused() -> None:
    with pytest.raises(ArchiveRefused, match="entries"):
        open_files(crafted(*((f"a{index}", b"1") for index in range(65))))


def test_a_bomb_is_refused_before_it_is_unpacked() -> None:
    with pytest.raises(ArchiveRefused, match="unpack"):
        open_files(crafted(("a", b"\0" * 10_000_000)))


def test_a_file_that_says_it_is_smaller_than_it_is_is_refused() -> None:
    content = bytearray(crafted(("a", bytes(range(256)) * 4)))
    directory = content.rindex(b"PK\x01\x02")
    content[directory + 24 : directory + 28] = (10).to_bytes(4, "little")
    with pytest.raises(ArchiveRefused):
        open_files(bytes(content))


@pytest.mark.parametrize("content", [b"", b"PK", b"not a zip", b"PK\x05\x06" + b"\xff" * 18])
def test_what_is_no_zip_is_refused(content: bytes) -> None:
    with pytest.raises(ArchiveRefused):
        open_files(content)


def test_a_damaged_file_is_refused() -> None:
    content = bytearray(pack_files({"a.json": b'{"key": "some text that does not repeat itself"}'}))
    content[45] ^= 0xFF
    with pytest.raises(ArchiveRefused):
        open_files(bytes(content))
