"""The table of `siloctl local up`."""

from __future__ import annotations

from types import SimpleNamespace

from controller.cli import ports
from controller.local.web import Invitation, Site

SALES = Site(
    id="E1",
    account="200000000001",
    region="eu-west-1",
    domain="de1.cloudfront.net",
    address="http://127.0.0.1:4001",
    api="http://127.0.0.1:4002",
    invitations=(Invitation("admin@acme.example", "first-pass"),),
)
SERVER = SimpleNamespace(server=SimpleNamespace(account="200000000002"), port=4003)
NAMES = {"200000000001": "sales", "200000000002": "logistics"}

TOLD = """\
SFTP    logistics  sftp -P 4003 USER@127.0.0.1
site    sales      http://127.0.0.1:4001/
admins  sales      http://127.0.0.1:4001/admin/index.html
        sales      sign in as admin@acme.example with the first password first-pass
API     sales      http://127.0.0.1:4002/"""


def test_it_says_what_stands_where_and_how_to_come_in() -> None:
    assert ports.table(ports.rows([SALES], [SERVER], NAMES.__getitem__)) == TOLD  # type: ignore[list-item]


def test_it_says_when_nothing_stands_anywhere() -> None:
    assert ports.table(ports.rows([], [], NAMES.__getitem__)) == ports.NOTHING
