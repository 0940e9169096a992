"""What stands before moto's application: who calls, what is counted, what is refused, what is cut off."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from controller.local.authorization import catalogs, decisions
from controller.local.authorization.refusal import Refusal
from controller.local.clients import ACCOUNT, INTERNAL
from controller.local.server import calls, cors
from controller.local.server.callers import Caller, caller
from controller.local.server.calls import Call
from controller.local.server.http import Application
from controller.local.server.signature import signed_with

Hook = Callable[[Call], None]


class Cut(Exception):
    """Raised by a hook: the caller gets no answer to this call, nor to any later one until `Gateway.restore`.

    `silent` drops the connection, as a killed process or a dead network would; otherwise each call is answered at once
    with an error that no client tries again, so that a test does not wait for retries.
    """

    def __init__(self, silent: bool = True) -> None:
        super().__init__("cut off")
        self.silent = silent


class Gateway:
    def __init__(self, application: Application) -> None:
        self._application = application
        self._objects = threading.RLock()  # moto checks an S3 precondition and writes in two steps
        self._cut: Cut | None = None
        self.calls: list[Call] = []
        self.before_write: Hook | None = None
        self.after_write: Hook | None = None

    def restore(self) -> None:
        """Answer again, without hooks."""
        self._cut = self.before_write = self.after_write = None

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        if environ["REQUEST_METHOD"] == "OPTIONS":
            return cors.preflight(environ, start_response)
        scope = calls.credential(environ)
        start_response = cors.answering(environ, scope.service, start_response)
        if environ.get(_variable(ACCOUNT)):
            return self._pass(environ, start_response, scope.service or "s3")
        if not scope.access_key:
            return self._unsigned(environ, start_response)
        who = caller(scope.access_key)
        operation = calls.operation(environ, scope.service)
        if who is None:
            return Refusal.unknown_key(scope.service).answer(start_response)
        environ[_variable(ACCOUNT)] = who.account
        if who.key is not None and not environ.get(_variable(INTERNAL)):
            if not who.key.active:
                return Refusal.unknown_key(scope.service).answer(start_response)
            if not signed_with(environ, who.key.secret):
                return Refusal.wrong_signature(scope.service).answer(start_response)
        if environ.get(_variable(INTERNAL)):
            return self._decided(environ, start_response, scope.service, operation, who)
        call = Call(
            scope.service,
            operation,
            who.account,
            calls.writes(operation),
            calls.subject(environ, scope.service),
            who.arn,
        )
        try:
            return self._counted(environ, start_response, call, who)
        except Cut as cut:
            self._cut = cut
            return self._cut_off(cut, call, start_response)

    def _unsigned(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        """Nobody's request: Cognito lets everybody sign in, and no bucket of a lake is anybody's."""
        if calls.open_to_all(environ):
            return self._pass(environ, start_response, "")
        if calls.subject(environ, "s3"):
            return Refusal(403, "AccessDenied", "Access Denied", "s3").answer(start_response)
        return Refusal(403, "MissingAuthenticationToken", "Missing Authentication Token", "s3").answer(start_response)

    def _counted(self, environ: dict[str, Any], start_response: Callable[..., Any], call: Call, who: Caller) -> Any:
        if self._cut is not None:
            raise self._cut
        self.calls.append(call)
        if call.write and self.before_write is not None:
            self.before_write(call)
        held: list[Any] = []
        hold = start_response if self.after_write is None else (lambda *answer: held.extend(answer))
        answer = self._decided(environ, hold, call.service, call.operation, who)
        if self._cut is not None:
            raise self._cut
        if call.write and self.after_write is not None:
            self.after_write(call)
        if held:
            start_response(*held)
        return answer

    def _decided(
        self, environ: dict[str, Any], start_response: Callable[..., Any], service: str, operation: str, who: Caller
    ) -> Any:
        refusal = decisions.refusal(environ, service, operation, who)
        if refusal is not None:
            return refusal.answer(start_response)
        environ[_variable(ACCOUNT)] = catalogs.answering(environ, service, who)
        return self._pass(environ, start_response, service)

    def _pass(self, environ: dict[str, Any], start_response: Callable[..., Any], service: str) -> Any:
        if service == "s3" and environ["REQUEST_METHOD"] in ("PUT", "POST", "DELETE"):
            with self._objects:
                return self._application(environ, start_response)
        return self._application(environ, start_response)

    @staticmethod
    def _cut_off(cut: Cut, call: Call, start_response: Callable[..., Any]) -> Any:
        if cut.silent:
            raise ConnectionAbortedError("cut off by a test") from cut
        return Refusal(400, "ProcessCut", "the caller was cut off by a test", call.service).answer(start_response)


def _variable(header: str) -> str:
    return "HTTP_" + header.upper().replace("-", "_")
