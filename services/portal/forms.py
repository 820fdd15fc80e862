"""A form that comes back: what was typed and what is wrong with it, each fault at its field."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from flask import request

from services.portal.client import Problem
from services.portal.pages import words


@dataclass(frozen=True, slots=True)
class Fault:
    """One line of the summary over a form; `field` is the name of the input, empty when it is about none."""

    field: str
    text: str


@dataclass
class Form:
    """What a form shows: values by the name of their input, and faults."""

    values: dict[str, Any] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)

    @classmethod
    def sent(cls) -> Form:
        """Answer the form that was sent with this request."""
        return cls(dict(request.form.items()))

    def text(self, name: str) -> str:
        """Answer what was typed into an input, without spaces around it."""
        return str(self.values.get(name, "") or "").strip()

    def chosen(self, name: str) -> list[str]:
        """Answer which boxes of this name were ticked."""
        return request.form.getlist(name) if request.method == "POST" else list(self.values.get(name, []))

    def fault(self, name: str) -> str | None:
        """Answer what is wrong with an input, or None."""
        return next((fault.text for fault in self.faults if fault.field == name), None)

    def require(self, *names: str) -> bool:
        """Note each of these inputs that is empty; tell whether none is."""
        for name in names:
            if not self.text(name):
                self.faults.append(Fault(name, words()("form.required")))
        return not self.faults

    def take(self, problem: Problem, fields: Mapping[str, str] | None = None) -> Form:
        """Note what a service refused; `fields` names the input of a JSON pointer where it is not its own name."""
        known = fields or {}
        for fault in problem.faults:
            name = known.get(fault.pointer, fault.pointer.removeprefix("/").replace("/", "-"))
            self.faults.append(Fault(name, words().pick(fault.zh, fault.en)))
        if not problem.faults:
            self.faults.append(Fault("", words().pick(problem.zh, problem.en)))
        return self
