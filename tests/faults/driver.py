"""Clients that decide cases while something breaks, and remember what they were told of each command."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Literal, Protocol

import httpx

from tests.faults.checker import Call
from tests.staging import APPROVER, PASSWORD
from tests.waiting import wait_until

PATIENCE = 60.0
_UNAUTHENTICATED = 401
_TIMEOUT = 15.0

Outcome = Literal["ok", "fail", "info"]


@dataclass(frozen=True)
class Attempt:
    """One request as its client saw it: when it was due, when it began, how long it took, and what it came to."""

    case_id: str
    due: float
    begun: float
    seconds: float
    outcome: Outcome
    status: int | None
    problem: str
    """What a refusal says of itself, or what broke the connection."""


class Waiting(Protocol):
    """A case that waits for this decision, with the revision it has now."""

    @property
    def case_id(self) -> str:
        """The case."""

    @property
    def revision(self) -> int:
        """Its revision."""


@dataclass
class Driver:
    """One who decides, at several desks at once. `rate` is commands a second, all desks together."""

    base_url: str
    desks: int = 3
    rate: float = 20.0
    service: str = "reporting"
    username: str = APPROVER
    patience: float = PATIENCE
    """Seconds in which a command must get a definite answer."""
    attempts: list[Attempt] = field(default_factory=list)
    account_id: str = ""
    _token: str = ""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def sign_in(self) -> Driver:
        """Sign in once, before anything breaks; the token is checked without a database."""
        answer = httpx.post(
            f"{self.base_url}/api/registration/sessions",
            json={"username": self.username, "password": PASSWORD},
            timeout=_TIMEOUT,
        )
        answer.raise_for_status()
        self._token = answer.json()["access_token"]
        me = httpx.get(f"{self.base_url}/api/registration/accounts/me", headers=self._headers, timeout=_TIMEOUT)
        self.account_id = me.json()["id"]
        return self

    @contextmanager
    def approving(self, reports: Sequence[Waiting]) -> Iterator[None]:
        """Approve cases for the length of a block and until the last has its definite answer."""
        begun = time.monotonic()
        queue = deque((begun + number / self.rate, report) for number, report in enumerate(reports))
        failures: list[BaseException] = []

        def work() -> None:
            try:
                self._work(queue)
            except BaseException as failure:  # noqa: BLE001  # told to the test, in its own thread
                failures.append(failure)

        threads = [threading.Thread(target=work, name=f"desk {number}") for number in range(self.desks)]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            for thread in threads:
                thread.join()
        if failures:
            raise failures[0]

    def approve(self, reports: Sequence[Waiting]) -> None:
        """Approve reports, each until it has its definite answer."""
        with self.approving(reports):
            pass

    def send(self, report: Waiting) -> httpx.Response:
        """Send one command once, and remember nothing of it."""
        with httpx.Client(base_url=self.base_url, timeout=_TIMEOUT) as client:
            return self._post(client, report)

    def wait_for(self, commands: int) -> None:
        """Wait until so many commands have been carried out."""
        wait_until(
            lambda: len(self.outcomes("ok")) >= commands, limit=PATIENCE, what=f"{commands} commands", every=0.01
        )

    def outcomes(self, outcome: Outcome) -> list[Attempt]:
        """Answer the attempts that came to this."""
        return [attempt for attempt in tuple(self.attempts) if attempt.outcome == outcome]

    def calls(self) -> list[Call]:
        """Answer what the clients know, for the checker."""
        return [Call(one.case_id, self.account_id, "approve", one.outcome, self.service) for one in self.attempts]

    def _work(self, queue: deque[tuple[float, Waiting]]) -> None:
        with httpx.Client(base_url=self.base_url, timeout=_TIMEOUT) as client:
            while True:
                try:
                    due, report = queue.popleft()
                except IndexError:
                    return
                self._insist(client, report, due)

    def _insist(self, client: httpx.Client, report: Waiting, due: float) -> None:
        """Approve a report when its moment has come, again until the answer is definite."""
        wait_until(lambda: time.monotonic() >= due, limit=3600, what="the next turn", every=0.01)
        wait_until(
            lambda: self._try(client, report, due),
            limit=self.patience,
            what=f"a definite answer about case {report.case_id}",
            every=0.1,
        )

    def _may_go_on(self, status: int) -> bool:
        """Tell whether the same command may be answered otherwise later; who has been here for long signs in again."""
        if status == _UNAUTHENTICATED:
            with suppress(httpx.HTTPError):
                self.sign_in()
        return status == _UNAUTHENTICATED or status >= httpx.codes.INTERNAL_SERVER_ERROR

    @property
    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._token}"}

    def _post(self, client: httpx.Client, report: Waiting) -> httpx.Response:
        """Send the command about a report, which is the same each time."""
        return client.post(
            f"/api/{self.service}/cases/{report.case_id}/approve",
            json={"opinion": "同意"},
            headers={
                **self._headers,
                "Idempotency-Key": f"approve/{report.case_id}",
                "If-Match": f'"{report.revision}"',
            },
        )

    def _try(self, client: httpx.Client, report: Waiting, due: float) -> bool:
        """Send the command, the same each time; answers whether its outcome is known now."""
        begun = time.monotonic()
        status, problem = None, ""
        outcome: Outcome
        try:
            answer = self._post(client, report)
        except httpx.TransportError as broken:
            outcome, problem = "info", repr(broken)
        else:
            status = answer.status_code
            problem = "" if answer.is_success else f"{answer.headers.get('Content-Type')} {answer.text}"
            outcome = "ok" if answer.is_success else "info" if self._may_go_on(status) else "fail"
        seconds = time.monotonic() - begun
        with self._lock:
            self.attempts.append(Attempt(report.case_id, due, begun, seconds, outcome, status, problem))
        return outcome != "info"
