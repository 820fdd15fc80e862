"""A browser without scripts: it follows links and sends the forms that the page shows, hidden fields included."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

from werkzeug.test import Client, TestResponse

_TEXT_TAGS = re.compile(r"<[^>]+>")


@dataclass
class Form:
    """A form of a page: where it leads and what it would send."""

    action: str
    method: str
    values: dict[str, str] = field(default_factory=dict)


class _Forms(HTMLParser):
    """Reads the forms of a page; what is ticked or selected is sent, as a browser does."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[Form] = []
        self._select = ""
        self._area = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.found.append(Form(found.get("action", ""), found.get("method", "get")))
        elif self.found and tag == "input" and found.get("name"):
            if found.get("type") != "checkbox" or "checked" in found:
                self.found[-1].values[found["name"]] = found.get("value", "on")
        elif self.found and tag == "select":
            self._select = found.get("name", "")
        elif self._select and tag == "option":
            value = found.get("value", "")
            if "selected" in found or self._select not in self.found[-1].values:
                self.found[-1].values[self._select] = value
        elif self.found and tag == "textarea":
            self._area = found.get("name", "")
            self.found[-1].values[self._area] = ""

    def handle_endtag(self, tag: str) -> None:
        if tag == "select":
            self._select = ""
        elif tag == "textarea":
            if self._area:
                # HTML does not count the line break that a textarea may begin with.
                self.found[-1].values[self._area] = self.found[-1].values[self._area].removeprefix("\n")
            self._area = ""

    def handle_data(self, data: str) -> None:
        if self._area:
            self.found[-1].values[self._area] += data


@dataclass
class Page:
    """What the site answered."""

    status: int
    html: str
    headers: dict[str, str]
    path: str

    @property
    def text(self) -> str:
        """Answer what a person reads, in one line."""
        return " ".join(html.unescape(_TEXT_TAGS.sub(" ", self.html)).split())

    def form(self, action_has: str) -> Form:
        """Answer the form that leads to this path, or else the first that leads to one with this in it."""
        found = self.forms()
        exact = [form for form in found if action_has == form.action]
        for form in exact + found:
            if action_has in (form.action or self.path):
                return form
        raise AssertionError(f"no form to {action_has} on {self.path}: {self.text[:400]}")

    def forms(self) -> list[Form]:
        """Answer every form of the page."""
        reader = _Forms()
        reader.feed(self.html)
        return reader.found

    def link(self, text: str) -> str:
        """Answer where the link with this text leads."""
        for address, inner in re.findall(r'<a\b[^>]*?href="([^"]*)"[^>]*>(.*?)</a>', self.html, re.DOTALL):
            if text in _TEXT_TAGS.sub("", inner):
                return html.unescape(address)
        raise AssertionError(f"no link {text} on {self.path}: {self.text[:400]}")


class Browser:
    """Somebody at the site."""

    def __init__(self, wsgi: Any) -> None:
        self.client = Client(wsgi)
        self.page = Page(0, "", {}, "")

    def open(self, path: str) -> Page:
        """Open a page."""
        return self._follow(self.client.get(path), path)

    def click(self, text: str) -> Page:
        """Follow a link of this page."""
        return self.open(self.page.link(text))

    def submit(self, action_has: str, **typed: str | list[str]) -> Page:
        """Send a form of this page with what was typed into it."""
        return self.send(self.page.form(action_has), **typed)

    def send(self, form: Form, **typed: str | list[str]) -> Page:
        """Send a form, perhaps once more."""
        action = form.action or self.page.path
        return self._follow(self.client.post(action, data={**form.values, **typed}), action)

    def sign_in(self, username: str, password: str) -> Page:
        """Sign in."""
        self.open("/login")
        return self.submit("/login", username=username, password=password)

    def _follow(self, answer: TestResponse, path: str) -> Page:
        while answer.status_code in (302, 303):
            path = answer.headers["Location"]
            answer = self.client.get(path)
        self.page = Page(answer.status_code, answer.get_data(as_text=True), dict(answer.headers), path)
        return self.page
