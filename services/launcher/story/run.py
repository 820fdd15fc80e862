"""Telling the story once against a site, so that a second start of the same telling goes on where it stopped."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from services.launcher.story.acts import Administrators, activate
from services.launcher.story.cast import Office, cast_of
from services.launcher.story.people import Person, Place
from services.launcher.story.telling import LONG_DAYS, Story, tell
from services.launcher.story.verdict import verdict

Secrets = dict[str, dict[str, str]]
Say = Callable[[int, int, str, str | None, float], None]


@dataclass(frozen=True, kw_only=True)
class Run:
    """What makes a telling its own; kept in a file so that it can be resumed."""

    run: str
    seed: str
    first_day: str

    @classmethod
    def load_or_begin(cls, path: Path, *, today: date) -> Run:
        """Read the run that was begun here, or begin a new one and write it down first."""
        if path.exists():
            return cls(**json.loads(path.read_text()))
        run = cls(
            run=secrets.token_hex(3),
            seed=secrets.token_hex(16),
            # The long activity and the day after it are over before today.
            first_day=(today - timedelta(days=LONG_DAYS + 2)).isoformat(),
        )
        write_whole(path, json.dumps(asdict(run)))
        return run


def write_whole(path: Path, text: str) -> None:
    """Write a private file, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".draft")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def administrators(place: Place, path: Path, bootstrap: Callable[[], Secrets]) -> Administrators:
    """Answer the three administrators, signed in.

    The file keeps their one-use secrets and the passwords chosen for them. It is written before a password is used,
    so that a telling that ends in between locks nobody out.
    """
    known: Secrets = json.loads(path.read_text()) if path.exists() else {}
    if not known:
        known = {
            role: {**given, "password": place.password_of(given["username"])} for role, given in bootstrap().items()
        }
        write_whole(path, json.dumps(known, indent=2))
    elif any("password" not in given for given in known.values()):
        known = {
            role: {**given, "password": given.get("password") or place.password_of(given["username"])}
            for role, given in known.items()
        }
        write_whole(path, json.dumps(known, indent=2))

    def sign_in(role: str) -> Person:
        given = known[role]
        person = Person(place, username=given["username"], name=role, password=given["password"])
        return activate(person, secret=given.get("secret", ""))

    return Administrators(sign_in("system_admin"), sign_in("security_admin"), sign_in("audit_admin"))


def tell_once(
    base_url: str, *, folder: Path, administrators_file: Path, bootstrap: Callable[[], Secrets], today: date, say: Say
) -> dict[str, Any]:
    """Tell the story against a site and answer its verdict.

    :raises StoryFailed: with the step that failed.
    """
    run = Run.load_or_begin(folder / "story.json", today=today)
    place = Place(base_url, run=run.run, seed=run.seed)
    with place.client:
        admins = administrators(place, administrators_file, bootstrap)
        story = Story(cast_of(Office(place, admins)), first_day=date.fromisoformat(run.first_day))
        seconds = tell(story, say)
        return verdict(story, seconds=seconds)
