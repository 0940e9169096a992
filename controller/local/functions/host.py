"""The process that a function runs in, started as a script: `host.py FOLDER MODULE.HANDLER`.

One event a line comes in; one answer a line goes out, with what the function wrote to its log.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import json
import os
import sys
import time
import traceback
from typing import Any


class Context:
    """What Lambda passes beside the event (Lambda developer guide, "Python context object")."""

    def __init__(self, request: dict[str, Any]) -> None:
        self.aws_request_id = request["id"]
        self.function_name = os.environ["AWS_LAMBDA_FUNCTION_NAME"]
        self.function_version = "$LATEST"
        self.invoked_function_arn = request["arn"]
        self.memory_limit_in_mb = os.environ["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]
        self.log_group_name = os.environ["AWS_LAMBDA_LOG_GROUP_NAME"]
        self.log_stream_name = os.environ["AWS_LAMBDA_LOG_STREAM_NAME"]
        self._ends = time.monotonic() + request["seconds"]

    def get_remaining_time_in_millis(self) -> int:
        return max(0, int((self._ends - time.monotonic()) * 1000))


def main(folder: str, handler: str) -> None:
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    sys.path.insert(0, folder)
    module, _, name = handler.rpartition(".")
    log = io.StringIO()
    with contextlib.redirect_stdout(log), contextlib.redirect_stderr(log):
        function = getattr(importlib.import_module(module.replace("/", ".")), name)
    print(json.dumps({"ready": True}), file=answers, flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        with contextlib.redirect_stdout(log), contextlib.redirect_stderr(log):
            said = _answer(function, request)
        print(json.dumps({**said, "log": log.getvalue()}), file=answers, flush=True)
        log.seek(0)
        log.truncate()


def _answer(function: Any, request: dict[str, Any]) -> dict[str, Any]:
    try:
        answer = function(request["event"], Context(request))
        return {"answer": json.loads(json.dumps(answer))}
    except Exception as error:  # whatever a function raises is its answer, as in Lambda
        traceback.print_exc()
        return {"error": {"errorType": type(error).__name__, "errorMessage": str(error)}}


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
