"""Which process runs which function: warm ones are kept, as Lambda keeps them, and go with a new deployment."""

from __future__ import annotations

import io
import json
import os
import select
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import uuid
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

from moto.awslambda.exceptions import UnknownFunctionException
from moto.awslambda.models import lambda_backends

from controller.local import clients
from controller.local.authorization.services import assumable
from controller.local.functions.log import write

HOST = Path(__file__).with_name("host.py")
START = 60  # seconds for the start, which Lambda does not count as the event's either
WARM = 1800  # seconds that a process lives: its credentials are good for an hour
KEPT = ("PATH", "HOME", "LANG", "LD_LIBRARY_PATH", "NO_PROXY", "no_proxy")  # of this process's own environment

_lock = threading.Lock()
_running: dict[str, Instance] = {}


class FunctionFailed(Exception):
    """The function raised, ran out of time, or could not be started; the message as Lambda words it."""


def invoke(arn: str, event: Any) -> Any:
    """Run a function of the embedded AWS and wait for its answer. Raises FunctionFailed."""
    function = _found(arn)
    instance = _instance(arn, function)
    try:
        return instance.ask(event)
    except FunctionFailed:
        with _lock:
            if _running.get(arn) is instance and not instance.alive:
                del _running[arn]
        raise


def reset() -> None:
    """End all processes."""
    with _lock:
        ended = list(_running.values())
        _running.clear()
    for one in ended:
        one.end()


def _found(arn: str) -> Any:
    words = arn.split(":")
    if len(words) < 7:
        raise FunctionFailed(f"{arn} is no function")
    try:
        return lambda_backends[words[4]][words[3]].get_function(words[6])
    except UnknownFunctionException as error:
        raise FunctionFailed(f"Function not found: {arn}") from error


def _instance(arn: str, function: Any) -> Instance:
    version = f"{function.code_sha_256} {json.dumps(function.get_configuration(), sort_keys=True, default=str)}"
    with _lock:
        found = _running.get(arn)
        if found is None or found.version != version or not found.alive or found.age > WARM:
            if found is not None:
                found.end()
            found = _running[arn] = Instance(arn, function, version)
        return found


class Instance:
    """One process. Events wait for one another, as they would at a reserved concurrency of one."""

    def __init__(self, arn: str, function: Any, version: str) -> None:
        self.version = version
        self._arn, self._seconds = arn, float(function.timeout or 3)
        self._account, self._region = arn.split(":")[4], arn.split(":")[3]
        self._turn = threading.RLock()
        self._ready = False
        self._born = time.monotonic()
        self._stream = f"{time.strftime('%Y/%m/%d')}/[$LATEST]{uuid.uuid4().hex}"
        self._group = str(function.get_configuration()["LoggingConfig"]["LogGroup"])
        environment = self._environment(function)
        self._folder = Path(tempfile.mkdtemp(prefix="lake-function-"))
        with zipfile.ZipFile(io.BytesIO(function.code_bytes)) as archive:
            archive.extractall(self._folder)
        self._process = subprocess.Popen(
            [sys.executable, "-I", str(HOST), str(self._folder), function.handler],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment,
            cwd=self._folder,
            text=True,
        )

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    @property
    def age(self) -> float:
        return time.monotonic() - self._born

    def end(self) -> None:
        """Whoever asks meanwhile reads the end first: what is read from is not closed under it."""
        self._process.kill()
        with self._turn:
            self._process.communicate()
        shutil.rmtree(self._folder, ignore_errors=True)

    def ask(self, event: Any) -> Any:
        request = {"id": str(uuid.uuid4()), "arn": self._arn, "seconds": self._seconds, "event": event}
        with self._turn:
            said = self._said(json.dumps(request))
        write(self._account, self._region, self._group, self._stream, said["log"])
        if "error" in said:
            raise FunctionFailed(json.dumps(said["error"], sort_keys=True))
        return said["answer"]

    def _said(self, request: str) -> dict[str, Any]:
        source, target = self._process.stdout, self._process.stdin
        if source is None or target is None:
            raise FunctionFailed("the function has no process")
        if source.closed:
            raise self._ended()
        if not self._ready:
            self._line(source, START)
            self._ready = True
        try:
            print(request, file=target, flush=True)
        except BrokenPipeError:
            raise self._ended() from None
        said: dict[str, Any] = json.loads(self._line(source, self._seconds))
        return said

    def _line(self, source: IO[str], seconds: float) -> str:
        if not select.select([source], [], [], seconds)[0]:
            self.end()
            raise FunctionFailed(f"Task timed out after {seconds:.2f} seconds")
        line = source.readline()
        if not line.endswith("\n"):  # killed within its answer, or before
            raise self._ended()
        return line

    def _ended(self) -> FunctionFailed:
        return FunctionFailed(f"Runtime.ExitError: {self._process.communicate()[1][-2000:]}")

    def _environment(self, function: Any) -> Mapping[str, str]:
        """Lambda's reserved variables, the function's own, and no word of this process's AWS."""
        if not assumable(function.role, "lambda.amazonaws.com", {"aws:SourceAccount": self._account}):
            raise FunctionFailed("The role defined for the function cannot be assumed by Lambda.")
        keys = clients.role_keys(function.role, self._region, function.function_name)
        return {
            **{name: os.environ[name] for name in KEPT if name in os.environ},
            **(function.environment_vars or {}),
            "AWS_ACCESS_KEY_ID": keys["AccessKeyId"],
            "AWS_SECRET_ACCESS_KEY": keys["SecretAccessKey"],
            "AWS_SESSION_TOKEN": keys["SessionToken"],
            "AWS_REGION": self._region,
            "AWS_DEFAULT_REGION": self._region,
            "AWS_ENDPOINT_URL": clients.endpoint(),
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_LAMBDA_FUNCTION_NAME": function.function_name,
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory_size),
            "AWS_LAMBDA_LOG_GROUP_NAME": self._group,
            "AWS_LAMBDA_LOG_STREAM_NAME": self._stream,
            "PYTHONDONTWRITEBYTECODE": "1",
        }
