"""Makes this machine ready for the tests: `make machine`, a part of `make test`.

Looks first and installs only what is missing, with apt and as root: a browser and a font with Chinese characters for
the journeys in a browser, and PostgreSQL and RabbitMQ where no container engine can give them.
"""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import docker
import docker.errors

from tests.servers import postgres, rabbit
from tests.servers.factory import containers_present, debian_present, wanted_way

POLICY = Path("/usr/sbin/policy-rc.d")


def browser_program() -> str | None:
    """Return the path of an installed Chromium or Chrome."""
    names = ("chromium", "chromium-browser", "google-chrome")
    return next((path for path in map(shutil.which, names) if path), None)


def chinese_font_present() -> bool:
    """Tell whether pages with Chinese text show characters and not boxes."""
    if shutil.which("fc-list") is None:
        return False
    found = subprocess.run(["fc-list", ":lang=zh-cn", "family"], check=False, capture_output=True, text=True)
    return bool(found.stdout.strip())


def pull_images() -> bool:
    """Fetch the images of both servers when an engine answers and can reach them; tell whether they are here now."""
    try:
        client = docker.from_env()
    except docker.errors.DockerException:
        return False
    try:
        for image in (postgres.IMAGE, rabbit.IMAGE):
            print(f"fetching {image}")
            client.images.pull(image)
    except docker.errors.DockerException as problem:
        print(f"the container engine cannot fetch it: {problem}")
    finally:
        client.close()
    return containers_present()


def missing_packages() -> list[str]:
    """Return Debian's packages that the tests need and this machine lacks.

    :raises SystemExit: when containers were demanded and cannot be had.
    """
    packages: list[str] = []
    if browser_program() is None:
        packages.append("chromium")
    if not chinese_font_present():
        packages += ["fontconfig", "fonts-noto-cjk"]
    wanted = wanted_way()
    # What is here already is taken before anything is fetched.
    if wanted != "debian" and containers_present():
        return packages
    if wanted != "containers" and debian_present():
        return packages
    if wanted != "debian" and pull_images():
        return packages
    if wanted == "containers":
        raise SystemExit(
            "error: no container engine with the images of the servers. Next:  ANYUAN_TEST_SERVERS=debian make test"
        )
    return [*packages, "postgresql", "rabbitmq-server"]


@contextmanager
def services_at_rest() -> Iterator[None]:
    """Keep packages from starting the system's own servers while they are installed: the tests run private ones."""
    if POLICY.exists():
        yield
        return
    POLICY.write_text("#!/bin/sh\nexit 101\n")
    POLICY.chmod(0o755)
    try:
        yield
    finally:
        POLICY.unlink()


def install(packages: list[str]) -> None:
    """Install Debian packages.

    :raises SystemExit: when this is not root on a Debian machine, or apt fails; the message names the command.
    """
    command = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages]
    if shutil.which("apt-get") is None or os.geteuid() != 0:
        raise SystemExit(f"error: the tests need more than this machine has. Next, as root:  {' '.join(command)}")
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    print(f"installing {' '.join(packages)}")
    with services_at_rest():
        # The lists of a fresh container are empty, so they are fetched first; old ones may still do.
        subprocess.run(["apt-get", "update", "-qq"], check=False, env=environment, stdin=subprocess.DEVNULL)
        done = subprocess.run(
            command, check=False, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True
        )
    if done.returncode != 0:
        raise SystemExit(f"error: {' '.join(command)} failed:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")


def main() -> None:
    """Install what is missing, and say nothing when nothing is."""
    packages = missing_packages()
    if packages:
        install(packages)


if __name__ == "__main__":
    main()
