"""What figures were measured on."""

from __future__ import annotations

import os
import platform
from pathlib import Path


def machine() -> str:
    """Answer processor, number of cores and memory in a few words."""
    names = [
        line.partition(":")[2].strip()
        for line in Path("/proc/cpuinfo").read_text().splitlines()
        if line.startswith("model name")
    ]
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{names[0] if names else platform.machine()}, {os.cpu_count()} cores, {memory:.0f} GiB"


def machine_line(*more: str) -> str:
    """Answer the line that a benchmark begins with: the machine and what else matters to the figures.

    The load is what other programs want of the processor; above half the cores it tells more than the figures do.
    """
    return " · ".join([machine(), f"load {load()}", f"Python {platform.python_version()}", *more])


def load() -> float:
    """Answer how many processes wanted the processor in the last minute, on average."""
    return round(os.getloadavg()[0], 1)
