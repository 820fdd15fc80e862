"""How gunicorn serves a service or the portal: one worker of threads; for more load, more containers.

Several workers count into files that they share, so that a container's /metrics are complete. Nothing is loaded before
the fork, so that no connection to the database is ever shared between processes.
"""

import os
import tempfile
from typing import Any

from gunicorn.glogging import Logger

from shared.logs import set_up_logs


class Logs(Logger):  # type: ignore[misc]  # gunicorn publishes no types
    """Gunicorn's own lines, in the form of all others."""

    def setup(self, cfg: Any) -> None:
        """Leave the writing to the root logger."""
        super().setup(cfg)
        self.error_log.handlers.clear()
        self.error_log.propagate = True


set_up_logs(service="web")
logger_class = Logs

bind = "0.0.0.0:8000"
worker_class = "gthread"
workers = int(os.environ.get("ANYUAN_WEB_WORKERS", "1"))
threads = int(os.environ.get("ANYUAN_WEB_THREADS", "8"))
preload_app = False

if workers > 1:
    # Set before prometheus_client is first imported, which is after the fork.
    os.environ.setdefault("PROMETHEUS_MULTIPROC_DIR", tempfile.mkdtemp(prefix="anyuan-metrics-"))


def child_exit(_server: Any, worker: Any) -> None:
    """Forget what only a living worker can say; what an ended one counted stays counted."""
    if workers > 1:
        from prometheus_client.multiprocess import mark_process_dead

        mark_process_dead(worker.pid)  # type: ignore[no-untyped-call]  # not typed upstream


# Longer than the front server's, so that it is never the one behind that closes a connection in use.
keepalive = 75
timeout = 60
graceful_timeout = 20
# In memory: the worker's sign of life must not wait for a disk.
worker_tmp_dir = "/dev/shm"  # noqa: S108  # gunicorn makes a private file in it
# Two programs of one user would take it from each other, and nobody here talks to it.
control_socket_disable = True

# The front server writes the access log.
accesslog = None
errorlog = "-"
# Only the front server reaches this port; what it says about scheme and client is so.
forwarded_allow_ips = "*"
limit_request_line = 8190
