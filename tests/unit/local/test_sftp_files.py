"""The SFTP server's files are objects: nothing that a client asks for is answered from this machine's own."""

from __future__ import annotations

import inspect

import asyncssh

from controller.local.sftp.files import Files

TALK = {"exit", "convert_attrs", "format_group", "format_longname", "format_user", "map_path", "reverse_map_path"}


def test_no_operation_falls_through_to_the_files_of_this_machine() -> None:
    operations = {name for name, _ in inspect.getmembers(asyncssh.SFTPServer, inspect.isfunction) if name[0] != "_"}
    inherited = {name for name in operations if getattr(Files, name) is getattr(asyncssh.SFTPServer, name)}
    assert inherited <= TALK, "these would be answered by asyncssh itself"
