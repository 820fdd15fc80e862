"""The checker of the faults stands on its own: were it to share code with the services, it would share their faults."""

import subprocess
import sys

from services.launcher.event_map import event_map
from tests.faults.checking.messages import LISTENERS

_LOADED = (
    "import sys, tests.faults.checker\n"
    "print([name for name in sys.modules if name.split('.')[0] in ('services', 'shared')])"
)


def test_the_checker_imports_no_application_code() -> None:
    done = subprocess.run([sys.executable, "-c", _LOADED], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_checker_knows_who_must_hear_of_what() -> None:
    said = {key.split(".", 1)[1].rpartition(".v")[0]: listeners for key, listeners in event_map().items()}
    assert {name: set(listeners) for name, listeners in LISTENERS.items()} == {
        name: set(listeners) for name, listeners in said.items()
    }
