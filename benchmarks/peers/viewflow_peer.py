"""An approval by county, city and province in django-viewflow.

The flow is started from code (`flow.StartHandle`), and each decision does what viewflow's own views do for a POST:
under the lock of the process, in one transaction, the person takes the task, what they decided is saved in the process,
and the activation is executed, which makes the next task.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import django
from django.conf import settings

from benchmarks.turn import Work, main

OFFICES = ("county", "city", "province")


@contextmanager
def ready(url: str) -> Iterator[Work]:
    """Make the tables and the people, and give how one case is approved."""
    _configure(url)
    from django.contrib.auth.models import Permission, User
    from django.contrib.contenttypes.models import ContentType
    from django.core.management import call_command
    from viewflow.workflow.models import Process

    call_command("migrate", verbosity=0)
    about = ContentType.objects.get_for_model(Process)
    people = {}
    for office in OFFICES:
        permission, _ = Permission.objects.get_or_create(
            codename=f"decide_{office}", content_type=about, defaults={"name": office}
        )
        person, _ = User.objects.get_or_create(username=office)
        person.user_permissions.add(permission)
        people[office] = person
    yield lambda: _approve_one(people)


def _configure(url: str) -> None:
    parts = urlsplit(url)
    settings.configure(
        DATABASES={
            "default": {
                "ENGINE": "django.db.backends.postgresql",
                "NAME": parts.path.removeprefix("/"),
                "HOST": parts.hostname,
                "PORT": parts.port,
                "USER": parts.username,
                "PASSWORD": parts.password,
                "CONN_MAX_AGE": None,
            }
        },
        INSTALLED_APPS=[
            "django.contrib.auth",
            "django.contrib.contenttypes",
            "viewflow",
            "viewflow.workflow",
            "benchmarks.peers",
        ],
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        USE_TZ=True,
    )
    django.setup()


def _approve_one(people: dict[str, Any]) -> None:
    from viewflow.workflow.models import Task
    from viewflow.workflow.status import STATUS

    from benchmarks.peers.viewflow_flow import ApprovalFlow

    process = ApprovalFlow.start.run(title="安全生产月咨询日", hours=125)
    for office, person in people.items():
        task = Task.objects.get(process_id=process.pk, flow_task=getattr(ApprovalFlow, office), status=STATUS.NEW)
        process = _decide(task, office, person)
    if process.status != STATUS.DONE or set(process.data["decisions"]) != set(OFFICES):
        raise RuntimeError(f"process {process.pk} ended as {process.status} with {process.data}")


def _decide(task: Any, office: str, person: Any) -> Any:
    with task.activation() as activation:
        if not activation.assign.has_perm(person):
            raise RuntimeError(f"{person} may not decide for the {office}")
        activation.assign(user=person)
        activation.start(request=None)
        activation.process.data["decisions"][office] = {"verb": "approve", "by": person.username, "opinion": "同意"}
        activation.process.save()
        activation.execute()
        return activation.process


if __name__ == "__main__":
    main(ready)
