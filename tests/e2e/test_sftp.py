"""Partners deliver by SFTP: one lake with two silos, real clients, and all who are to be refused."""

from __future__ import annotations

import io
import json
import os
import re
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncssh
import paramiko
import pytest
import yaml
from botocore.exceptions import ClientError

from controller.access import Policies, Request, decide
from controller.cli import run
from controller.engine.validate import load_lake
from controller.local import clients, sftp
from controller.render.blueprint import Catalogue

pytestmark = pytest.mark.emulator

MANIFESTS = Path(__file__).parents[1] / "lakes" / "plain"
SALES, LOGISTICS, REGION = "200000000001", "200000000002", "eu-west-1"
WHOLE = ["upload", "list", "download", "delete"]


def partner(name: str, silo: str, **changes: Any) -> dict[str, Any]:
    access = {"silo": silo, "dropzone": f"inbound/{name}", "protocols": ["sftp"], "permissions": WHOLE}
    access |= {key: changes.pop(key) for key in ("protocols", "permissions") if key in changes}
    credentials = {"expires": "2099-06-30"}
    spec = {"contact": f"data@{name}.example", "access": [access], "credentials": credentials, **changes}
    return {"apiVersion": "lake/v1", "kind": "Partner", "metadata": {"name": name}, "spec": spec}


@dataclass(frozen=True)
class Deployed:
    folder: Path
    key: Path

    def port(self, account: str) -> int:
        return next(one.port for one in sftp.endpoints() if one.server.account == account)

    def pair(self, name: str, account: str = SALES) -> tuple[str, str]:
        """What the partner is told; the secret is nowhere else."""
        secrets = clients.client("secretsmanager", account, REGION)
        found = [one["Name"] for one in secrets.list_secrets()["SecretList"] if one["Name"].endswith(f"/{name}")]
        said = json.loads(secrets.get_secret_value(SecretId=found[0])["SecretString"])
        return str(said["accessKeyId"]), str(said["secretAccessKey"])

    def bucket(self, account: str = SALES) -> str:
        names = [one["Name"] for one in clients.client("s3", account, REGION).list_buckets()["Buckets"]]
        return next(name for name in names if "-dropzone-" in name)

    def content(self, key: str, account: str = SALES) -> bytes:
        s3 = clients.client("s3", account, REGION)
        body: bytes = s3.get_object(Bucket=self.bucket(account), Key=key)["Body"].read()
        return body

    def log(self, account: str = SALES, of: str = "AuthorizerLog") -> list[dict[str, Any]]:
        """What the authorizer wrote, or the server: `ServerLog`."""
        logs = clients.client("logs", account, REGION)
        groups = [one["logGroupName"] for one in logs.describe_log_groups()["logGroups"]]
        group = next(name for name in groups if of in name)
        events = logs.filter_log_events(logGroupName=group)["events"]
        return [json.loads(event["message"]) for event in events]

    def refusals(self) -> list[tuple[str, str, str]]:
        """What the server's log says of operations that it refused: which, upon what, and why."""
        told = [line for line in self.log(of="ServerLog") if line["activity-type"] == "ERROR"]
        return [(line["operation"], line["path"], line["message"]) for line in told]


@pytest.fixture(scope="module")
def deployed(embedded_process: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    folder: Path = tmp_path_factory.mktemp("lake")
    key = folder / "id_ed25519"
    private = asyncssh.generate_private_key("ssh-ed25519")
    private.write_private_key(str(key))
    key.chmod(0o600)
    public = " ".join(private.export_public_key("openssh").decode().split()[:2])
    _write(folder / "lake", public)
    embedded_process.reset(load_lake(folder / "lake", Catalogue.read().available, datetime.now(UTC).date())[0])
    with pytest.MonkeyPatch.context() as patch:
        for name, value in embedded_process.environment.items():
            patch.setenv(name, value)
        assert applied(folder / "lake")
        yield Deployed(folder / "lake", key)


def applied(folder: Path, *more: str) -> bool:
    return run(["--manifests", str(folder), "apply", "--yes", "--wait", *more]) == 0


def _write(folder: Path, public: str) -> None:
    (folder / "silos").mkdir(parents=True)
    (folder / "partners").mkdir()
    (folder / "organization.yaml").write_text((MANIFESTS / "organization.yaml").read_text())
    for name in ("sales", "logistics"):
        silo = yaml.safe_load((MANIFESTS / f"silos/{name}.yaml").read_text())
        silo["spec"]["sftp"] = {"enabled": True, "endpoint": "public" if name == "sales" else "vpc"}
        (folder / f"silos/{name}.yaml").write_text(yaml.safe_dump(silo))
    (folder / "flows").mkdir()
    flow = (Path(__file__).parents[2] / "blueprints/flows/dropzone/example.yaml").read_text()
    (folder / "flows/shipments.yaml").write_text(flow.replace("prefix: inbound/shipments", "partner: shipper"))
    for made in (
        partner("shipper", "sales"),
        partner("fastfreight", "sales", sshPublicKeys=[public]),
        partner("other", "sales"),
        partner("writer", "sales", permissions=["upload"]),
        partner("guesser", "sales"),
        partner("revoked", "sales"),
        partner("ended", "sales"),
        partner("webonly", "sales", protocols=["web"]),
        partner("elsewhere", "sales", sourceCidrs=["203.0.113.0/24"]),
        partner("carrier", "logistics"),
    ):
        (folder / f"partners/{made['metadata']['name']}.yaml").write_text(yaml.safe_dump(made))


def connected(deployed: Deployed, user: str, secret: str, account: str = SALES) -> paramiko.SFTPClient:
    transport = paramiko.Transport(("127.0.0.1", deployed.port(account)))
    try:
        transport.connect(username=user, password=secret)
    except paramiko.SSHException:
        transport.close()
        raise
    made = paramiko.SFTPClient.from_transport(transport)
    assert made is not None
    return made


@pytest.fixture
def client(deployed: Deployed) -> Iterator[paramiko.SFTPClient]:
    with connected(deployed, *deployed.pair("fastfreight")) as made:
        yield made
        made.get_channel().get_transport().close()  # type: ignore[union-attr]


def test_what_was_deployed_stays_as_it_is(deployed: Deployed) -> None:
    for words in (("drift",), ("plan",)):
        assert run(["--manifests", str(deployed.folder), *words, "--detailed-exitcode"]) == 0


def test_a_file_is_put_listed_read_renamed_and_removed(deployed: Deployed, client: paramiko.SFTPClient) -> None:
    client.mkdir("2026")
    client.putfo(io.BytesIO(b"a,b\n1,2\n"), "2026/orders.csv")
    assert deployed.content("inbound/fastfreight/2026/orders.csv") == b"a,b\n1,2\n"
    assert client.listdir("2026") == ["orders.csv"]
    assert client.stat("2026/orders.csv").st_size == 8
    client.rename("2026/orders.csv", "2026/done.csv")
    assert client.listdir("/2026") == ["done.csv"]
    with client.open("2026/done.csv") as opened:
        assert opened.read() == b"a,b\n1,2\n"
    client.remove("2026/done.csv")
    client.rmdir("2026")
    assert "2026" not in client.listdir("/")


def test_a_large_file_goes_in_parts_and_is_there_only_when_it_is_whole(
    deployed: Deployed, client: paramiko.SFTPClient
) -> None:
    content = os.urandom(20 * 1024 * 1024)
    with client.open("large.bin", "wb") as opened:
        opened.set_pipelined(True)
        opened.write(content[: 12 * 1024 * 1024])
        with pytest.raises(ClientError, match="NoSuchKey"):
            deployed.content("inbound/fastfreight/large.bin")
        opened.write(content[12 * 1024 * 1024 :])
    assert deployed.content("inbound/fastfreight/large.bin") == content


def test_an_upload_whose_connection_was_lost_goes_on_where_it_was(deployed: Deployed) -> None:
    content = os.urandom(10 * 1024 * 1024)
    first = connected(deployed, *deployed.pair("fastfreight"))
    opened = first.open("resumed.bin", "wb")
    opened.write(content[: 9 * 1024 * 1024])
    first.get_channel().get_transport().sock.close()  # type: ignore[union-attr]
    second = connected(deployed, *deployed.pair("fastfreight"))
    until = time.monotonic() + 20
    there = 0
    while not there and time.monotonic() < until:
        try:
            there = second.stat("resumed.bin").st_size or 0
        except FileNotFoundError:
            time.sleep(0.05)
    with pytest.raises(ClientError, match="NoSuchKey"):
        deployed.content("inbound/fastfreight/resumed.bin")
    with second.open("resumed.bin", "ab") as again:
        again.write(content[there:])
    second.close()
    assert 0 < there < len(content)
    assert deployed.content("inbound/fastfreight/resumed.bin") == content


def test_one_may_append_to_a_file_that_it_may_read(deployed: Deployed, client: paramiko.SFTPClient) -> None:
    client.putfo(io.BytesIO(b"one\n"), "log.txt")
    with client.open("log.txt", "ab") as opened:
        opened.write(b"two\n")
    assert deployed.content("inbound/fastfreight/log.txt") == b"one\ntwo\n"


def test_who_may_only_upload_neither_lists_reads_nor_removes(deployed: Deployed) -> None:
    with connected(deployed, *deployed.pair("writer")) as writer:
        writer.putfo(io.BytesIO(b"x"), "in.csv", confirm=False)
        assert deployed.content("inbound/writer/in.csv") == b"x"
        for operation, refused in (
            ("OPENDIR", lambda: writer.listdir("/")),
            ("OPEN", lambda: writer.open("in.csv").read()),
            ("REMOVE", lambda: writer.remove("in.csv")),
            ("RENAME", lambda: writer.rename("in.csv", "out.csv")),
        ):
            with pytest.raises(PermissionError):
                refused()
            last = deployed.refusals()[-1]
            assert last[0] == operation
            assert re.search("AccessDenied|403", last[2])
    assert deployed.content("inbound/writer/in.csv") == b"x"


@pytest.mark.parametrize(
    "path",
    [
        "../other/secret.csv",
        "/../other/secret.csv",
        "../../../inbound/other/secret.csv",
        "/inbound/other/secret.csv",
        "./../../inbound/other/secret.csv",
        "a/../../other/secret.csv",
        "//inbound//other/secret.csv",
    ],
)
def test_no_path_leaves_the_own_prefix(deployed: Deployed, client: paramiko.SFTPClient, path: str) -> None:
    s3 = clients.client("s3", SALES, REGION)
    s3.put_object(Bucket=deployed.bucket(), Key="inbound/other/secret.csv", Body=b"of another")
    client.putfo(io.BytesIO(b"mine"), path, confirm=False)
    with client.open(path) as opened:
        assert opened.read() == b"mine"
    assert deployed.content("inbound/other/secret.csv") == b"of another"
    names = [item["Key"] for item in s3.list_objects_v2(Bucket=deployed.bucket())["Contents"]]
    strays = [name for name in names if not name.startswith("inbound/") or name.split("/")[1] not in NAMES]
    assert strays == []


NAMES = {"fastfreight", "other", "writer", "guesser", "revoked", "ended", "webonly", "elsewhere"}


def test_there_are_no_links_and_the_log_says_so(deployed: Deployed, client: paramiko.SFTPClient) -> None:
    before = len(deployed.refusals())
    with pytest.raises(OSError, match="S3 has no links"):
        client.symlink("../other/secret.csv", "link")
    with pytest.raises(OSError, match="S3 has no links"):
        client.readlink("/inbound/other/secret.csv")
    assert deployed.refusals()[before:] == [
        ("SYMLINK", "link", "S3 has no links"),
        ("READLINK", "/inbound/other/secret.csv", "S3 has no links"),
    ]


def test_what_the_server_itself_refuses_is_in_its_log(deployed: Deployed, client: paramiko.SFTPClient) -> None:
    before = len(deployed.refusals())
    with pytest.raises(OSError, match="a name that an object can have"):
        client.putfo(io.BytesIO(b"x"), "two\nlines.csv", confirm=False)
    with pytest.raises(OSError, match="from its beginning to its end"), client.open("back.csv", "wb") as opened:
        opened.write(b"one")
        opened.seek(0)
        opened.write(b"two")
    with client.open("whole.csv", "wb") as opened:
        opened.write(b"x")
    with pytest.raises(OSError, match="it is there already"):
        client.open("whole.csv", "wbx")
    client.mkdir("kept")
    client.putfo(io.BytesIO(b"x"), "kept/one.csv")
    with pytest.raises(OSError, match="not empty"):
        client.rmdir("kept")
    with pytest.raises(FileNotFoundError):
        client.open("nowhere.csv")
    own = "inbound/fastfreight"
    order = "an object is written from its beginning to its end: at 0 of 3"
    (*told, nowhere) = deployed.refusals()[before:]
    assert told == [
        ("OPEN", "two\nlines.csv", "not a name that an object can have"),
        ("WRITE", f"{own}/back.csv", order),
        ("OPEN", f"{own}/whole.csv", "it is there already"),
        ("RMDIR", f"{own}/kept/", "the directory is not empty"),
    ]
    assert nowhere[:2] == ("OPEN", f"{own}/nowhere.csv")
    assert "404" in nowhere[2]


def test_the_session_itself_cannot_reach_beyond_its_prefix(deployed: Deployed) -> None:
    """Not the server's care alone: S3 refuses the credentials that it works with."""
    server = next(one.server for one in sftp.endpoints() if one.server.account == SALES)
    from controller.local.sftp.login import login

    s3 = login(server, *deployed.pair("fastfreight"), "127.0.0.1").s3
    bucket = deployed.bucket()
    s3.put_object(Bucket=bucket, Key="inbound/fastfreight/x", Body=b"")
    for refused in (
        lambda: s3.put_object(Bucket=bucket, Key="inbound/other/x", Body=b""),
        lambda: s3.get_object(Bucket=bucket, Key="inbound/other/secret.csv"),
        lambda: s3.list_objects_v2(Bucket=bucket, Prefix="inbound/other/"),
        lambda: s3.list_objects_v2(Bucket=bucket),
        lambda: s3.put_object(Bucket=bucket.replace("dropzone", "raw"), Key="inbound/fastfreight/x", Body=b""),
        lambda: s3.delete_bucket_policy(Bucket=bucket),
    ):
        with pytest.raises(ClientError, match="AccessDenied"):
            refused()


def refused_for(deployed: Deployed, user: str, secret: str, account: str = SALES) -> str:
    with pytest.raises(paramiko.AuthenticationException):
        connected(deployed, user, secret, account)
    last = deployed.log(account)[-1]
    assert (last["message"], last["name"]) == ("login refused", user)
    return str(last["reason"])


def test_a_wrong_secret_is_refused_and_an_unknown_key_alike(deployed: Deployed) -> None:
    user, _ = deployed.pair("fastfreight")
    assert refused_for(deployed, user, "x" * 40) == "wrong-secret"
    assert refused_for(deployed, "AKIAS5EHN2AAAAAAAAAA", "x" * 40) == "unknown-key"


def test_an_inactive_key_is_refused(deployed: Deployed) -> None:
    user, secret = deployed.pair("revoked")
    connected(deployed, user, secret).close()
    iam = clients.client("iam", SALES, REGION)
    iam.update_access_key(UserName="revoked", AccessKeyId=user, Status="Inactive")
    assert refused_for(deployed, user, secret) == "key-inactive"


def test_an_expired_partner_is_refused_though_its_key_still_works(deployed: Deployed) -> None:
    user, secret = deployed.pair("ended")
    iam = clients.client("iam", SALES, REGION)
    iam.tag_user(UserName="ended", Tags=[{"Key": "lake:expires", "Value": "2026-01-01T00:00:00Z"}])
    assert refused_for(deployed, user, secret) == "expired"


def test_a_protocol_that_is_not_granted_is_refused(deployed: Deployed) -> None:
    assert refused_for(deployed, *deployed.pair("webonly")) == "protocol-not-granted"


def test_an_address_that_is_not_granted_is_refused(deployed: Deployed) -> None:
    assert refused_for(deployed, *deployed.pair("elsewhere")) == "address-not-granted"


def test_a_partner_of_another_silo_is_refused_and_gets_into_its_own(deployed: Deployed) -> None:
    pair = deployed.pair("carrier", LOGISTICS)
    assert refused_for(deployed, *pair, SALES) == "other-account"
    with connected(deployed, *pair, LOGISTICS) as own:
        own.putfo(io.BytesIO(b"x"), "in.csv")
    assert deployed.content("inbound/carrier/in.csv", LOGISTICS) == b"x"


def test_a_user_of_the_account_that_is_no_partner_is_refused(deployed: Deployed) -> None:
    iam = clients.client("iam", SALES, REGION)
    iam.create_user(UserName="engineer")
    made = iam.create_access_key(UserName="engineer")["AccessKey"]
    assert refused_for(deployed, made["AccessKeyId"], made["SecretAccessKey"]) == "not-a-partner"


def test_guesses_are_held_back_even_from_the_right_secret(deployed: Deployed) -> None:
    user, secret = deployed.pair("guesser")
    reasons = [refused_for(deployed, user, f"{number:040}") for number in range(6)]
    assert reasons == ["wrong-secret"] * 5 + ["too-many-failures"]
    assert refused_for(deployed, user, secret) == "too-many-failures"
    connected(deployed, *deployed.pair("fastfreight")).close()


PARTNER = f"arn:aws:iam::{SALES}:user/partners/sales/fastfreight"


@pytest.mark.parametrize(
    ("action", "resource", "allowed"),
    [
        ("iam:GetUser", PARTNER, True),
        ("iam:ListAccessKeys", PARTNER, True),
        ("iam:ListUserTags", PARTNER, True),
        ("iam:GetAccessKeyLastUsed", PARTNER, True),
        ("ssm:GetParameter", f"arn:aws:ssm:{REGION}:{SALES}:parameter/lake/sftp/fastfreight", True),
        ("iam:GetUser", f"arn:aws:iam::{SALES}:user/engineer", False),
        ("iam:GetUser", PARTNER.replace("sales", "finance"), False),
        ("iam:CreateAccessKey", PARTNER, False),
        ("iam:UpdateAccessKey", PARTNER, False),
        ("iam:TagUser", PARTNER, False),
        ("iam:GetRole", f"arn:aws:iam::{SALES}:role/lake/lake-controller-read", False),
        ("ssm:GetParameter", f"arn:aws:ssm:{REGION}:{SALES}:parameter/lake/release", False),
        ("secretsmanager:GetSecretValue", f"arn:aws:secretsmanager:{REGION}:{SALES}:secret:lake/partners/x", False),
        ("sts:AssumeRole", f"arn:aws:iam::{SALES}:role/lake/lake-controller-read", False),
        ("s3:PutObject", "arn:aws:s3:::{bucket}/inbound/fastfreight/", True),
        ("s3:PutObject", "arn:aws:s3:::{bucket}/inbound/fastfreight/orders.csv", False),
        ("s3:GetObject", "arn:aws:s3:::{bucket}/inbound/fastfreight/orders.csv", False),
    ],
)
def test_the_authorizer_looks_partners_up_and_does_nothing_else(
    deployed: Deployed, action: str, resource: str, allowed: bool
) -> None:
    """Decided by its policies and its boundary, as both were deployed."""
    from controller.local.authorization import principals  # once the server is there: the two import each other
    from controller.local.server.callers import Caller

    roles = clients.client("iam", SALES, REGION).list_roles(PathPrefix="/lake/workload/")["Roles"]
    (arn,) = (role["Arn"] for role in roles if "AuthorizerRole" in role["RoleName"])
    held = principals.held(Caller(SALES, arn, "role", "one"))
    resource = resource.replace("{bucket}", deployed.bucket())
    request = Request(held.principal, action, resource, SALES, {"aws:ResourceAccount": SALES})
    assert decide(request, Policies(held.identity, boundary=held.boundary)).allowed is allowed


def openssh(deployed: Deployed, batch: str, user: str, folder: Path, *options: str, env: Any = None) -> Any:
    commands = folder / "batch"
    commands.write_text(batch)
    words = ["sftp", "-F", "none", "-P", str(deployed.port(SALES)), "-o", "StrictHostKeyChecking=no"]
    words += ["-o", "UserKnownHostsFile=/dev/null", "-o", "LogLevel=ERROR", *options, "-b", str(commands)]
    return subprocess.run(
        [*words, f"{user}@127.0.0.1"], capture_output=True, text=True, timeout=60, check=False, env=env, cwd=folder
    )


def test_openssh_puts_lists_resumes_and_renames_with_a_public_key(deployed: Deployed, tmp_path: Path) -> None:
    (tmp_path / "orders.csv").write_bytes(b"a,b\n1,2\n3,4\n")
    (tmp_path / "part.csv").write_bytes(b"a,b\n1,2\n")
    batch = (
        "mkdir ssh\nput part.csv ssh/orders.csv\nreput orders.csv ssh/orders.csv\nrename ssh/orders.csv ssh/all.csv\n"
    )
    key = ("-i", str(deployed.key), "-o", "IdentitiesOnly=yes", "-o", "PreferredAuthentications=publickey")
    done = openssh(deployed, f"{batch}ls -l ssh\nget ssh/all.csv back.csv\n", "fastfreight", tmp_path, *key)
    assert done.returncode == 0, done.stderr
    assert "all.csv" in done.stdout
    assert deployed.content("inbound/fastfreight/ssh/all.csv") == b"a,b\n1,2\n3,4\n"
    assert (tmp_path / "back.csv").read_bytes() == b"a,b\n1,2\n3,4\n"


def test_openssh_neither_reads_nor_links_what_is_outside_of_its_home(deployed: Deployed, tmp_path: Path) -> None:
    """Paths that lead out are taken from the home's root, where nothing is by these names: the log has them so."""
    s3 = clients.client("s3", SALES, REGION)
    s3.put_object(Bucket=deployed.bucket(), Key="inbound/writer/theirs.csv", Body=b"of another")
    key = ("-i", str(deployed.key), "-o", "IdentitiesOnly=yes", "-o", "PreferredAuthentications=publickey")
    before = len(deployed.refusals())
    tried = (
        ("get ../writer/theirs.csv", 'File "/../writer/theirs.csv" not found'),
        ("get /inbound/writer/theirs.csv", 'File "/inbound/writer/theirs.csv" not found'),
        ("ls /../../inbound/writer", 'Can\'t ls: "/../../inbound/writer" not found'),
        ("ln -s ../writer/theirs.csv theirs.csv", "Operation unsupported"),
        ("ln /inbound/writer/theirs.csv theirs.csv", "Operation unsupported"),
        ("df /etc", ""),  # it says nothing when it is refused
    )
    said = openssh(deployed, "".join(f"-{words}\n" for words, _ in tried), "fastfreight", tmp_path, *key).stderr
    assert [answer for _, answer in tried if answer not in said] == []
    assert not (tmp_path / "theirs.csv").exists()
    own = "inbound/fastfreight"
    assert list(dict.fromkeys(deployed.refusals()[before:])) == [
        ("STAT", f"{own}/writer/theirs.csv", "no such file"),
        ("STAT", f"{own}/inbound/writer/theirs.csv", "no such file"),
        ("STAT", f"{own}/inbound/writer", "no such file"),
        ("SYMLINK", "/theirs.csv", "S3 has no links"),
        ("LINK", "/theirs.csv", "S3 has no links"),
        ("STATVFS", "/etc", "S3 has no file system"),
    ]


def test_openssh_with_somebody_elses_key_is_refused(deployed: Deployed, tmp_path: Path) -> None:
    stranger = tmp_path / "stranger"
    asyncssh.generate_private_key("ssh-ed25519").write_private_key(str(stranger))
    stranger.chmod(0o600)
    key = ("-i", str(stranger), "-o", "IdentitiesOnly=yes", "-o", "PreferredAuthentications=publickey")
    assert "Permission denied" in openssh(deployed, "ls\n", "fastfreight", tmp_path, *key).stderr
    assert "Permission denied" in openssh(deployed, "ls\n", "other", tmp_path, *key).stderr
    assert deployed.log()[-1]["reason"] == "no-public-keys"


def typing(secret: str, folder: Path) -> tuple[tuple[str, ...], dict[str, str]]:
    """OpenSSH's options and environment for somebody who types a password."""
    asker = folder / "ask"
    asker.write_text('#!/bin/sh\nprintf "%s\\n" "$PARTNER_SECRET"\n')
    asker.chmod(0o700)
    env = {"PATH": os.environ["PATH"], "HOME": str(folder), "SSH_ASKPASS": str(asker), "PARTNER_SECRET": secret}
    only = ("-o", "BatchMode=no", "-o", "PreferredAuthentications=password", "-o", "NumberOfPasswordPrompts=1")
    return only, {**env, "SSH_ASKPASS_REQUIRE": "force"}


def test_openssh_logs_in_with_the_pair(deployed: Deployed, tmp_path: Path) -> None:
    user, secret = deployed.pair("fastfreight")
    only, env = typing(secret, tmp_path)
    (tmp_path / "one.csv").write_bytes(b"one")
    done = openssh(deployed, "put one.csv\nls\n", user, tmp_path, *only, env=env)
    assert done.returncode == 0, done.stderr
    assert deployed.content("inbound/fastfreight/one.csv") == b"one"


@pytest.mark.parametrize(
    ("name", "account", "wrong", "reason"),
    [
        ("other", SALES, True, "wrong-secret"),
        ("webonly", SALES, False, "protocol-not-granted"),
        ("elsewhere", SALES, False, "address-not-granted"),
        ("carrier", LOGISTICS, False, "other-account"),
    ],
)
def test_openssh_is_let_in_no_further_than_paramiko(
    deployed: Deployed, tmp_path: Path, name: str, account: str, wrong: bool, reason: str
) -> None:
    user, secret = deployed.pair(name, account)
    only, env = typing("x" * 40 if wrong else secret, tmp_path)
    done = openssh(deployed, "ls\n", user, tmp_path, *only, env=env)
    assert "Permission denied" in done.stderr
    last = deployed.log()[-1]
    assert (last["message"], last["name"], last["reason"]) == ("login refused", user, reason)
    server = deployed.log(of="ServerLog")[-1]
    assert (server["activity-type"], server["user"]) == ("AUTH_FAILURE", user)


def test_no_log_holds_a_secret(deployed: Deployed) -> None:
    secrets = [deployed.pair(name)[1] for name in sorted(NAMES)]
    for account in (SALES, LOGISTICS):
        logs = clients.client("logs", account, REGION)
        for group in logs.describe_log_groups()["logGroups"]:
            text = json.dumps(logs.filter_log_events(logGroupName=group["logGroupName"])["events"], default=str)
            assert [secret for secret in secrets if secret in text] == []


def test_a_server_that_is_switched_off_closes_its_port(deployed: Deployed) -> None:
    port = deployed.port(LOGISTICS)
    path = deployed.folder / "silos/logistics.yaml"
    silo = yaml.safe_load(path.read_text())
    silo["spec"]["sftp"]["enabled"] = False
    path.write_text(yaml.safe_dump(silo))
    assert applied(deployed.folder, "--allow", "destroy=silo/logistics/sftp/Server")
    assert [one.server.account for one in sftp.endpoints()] == [SALES]
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port))


def test_an_upload_starts_the_flow_that_reads_it_and_an_empty_or_foreign_one_does_not(
    deployed: Deployed, tmp_path: Path
) -> None:
    states = clients.client("stepfunctions", SALES, REGION)
    (machine,) = [one["stateMachineArn"] for one in states.list_state_machines()["stateMachines"]]

    def started() -> list[str]:
        runs = states.list_executions(stateMachineArn=machine)["executions"]
        inputs = (states.describe_execution(executionArn=run["executionArn"])["input"] for run in runs)
        return sorted(json.loads(said)["object"] for said in inputs)

    (tmp_path / "shipments.csv").write_text("shipment_id;shipped_on;status\n1;2026-01-31;created\n")
    (tmp_path / "empty.csv").write_text("")
    user, secret = deployed.pair("shipper")
    only, env = typing(secret, tmp_path)
    done = openssh(deployed, "put shipments.csv\nput empty.csv\n", user, tmp_path, *only, env=env)
    assert done.returncode == 0, done.stderr
    assert started() == ["inbound/shipper/shipments.csv"]
    with connected(deployed, *deployed.pair("other")) as other:
        other.putfo(io.BytesIO(b"x"), "shipments.csv")
        other.get_channel().get_transport().close()  # type: ignore[union-attr]
    assert started() == ["inbound/shipper/shipments.csv"]
