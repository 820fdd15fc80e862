"""What both servers have in common."""

from tests.servers.process import ServerProcess
from tests.waiting import wait_until


class Server:
    """What both servers have in common: five verbs, of which `start` and `resume` return when it answers again."""

    START_LIMIT = 120.0  # seconds

    def __init__(self, process: ServerProcess, *, port: int, password: str) -> None:
        self.port = port
        self.password = password
        self._process = process
        self._paused = False
        self._running = False

    @property
    def host(self) -> str:
        """The address that it listens on."""
        return self._process.host

    @property
    def pid(self) -> int:
        """The process whose descendants are all that it runs, as this machine sees it."""
        return self._process.pid()

    def start(self) -> None:
        """Start it, the first time or after `kill` or `stop`, and wait until it answers."""
        self._process.start()
        self._running = True
        self._wait()

    def kill(self) -> None:
        """End it with SIGKILL, as a power cut would. Its data stays."""
        # A frozen container takes no signal.
        self._thaw()
        self._process.kill()
        self._running = False

    def stop(self) -> None:
        """End it in good order. Its data stays."""
        self._thaw()
        self._process.stop()
        self._running = False

    def pause(self) -> None:
        """Freeze it: connections stay open and nothing answers."""
        self._process.pause()
        self._paused = True

    def resume(self) -> None:
        """Let it go on after `pause` and wait until it answers."""
        self._thaw()
        self._wait()

    def heal(self) -> None:
        """Bring it back to running, whatever a test did to it; does nothing to a healthy one."""
        if not self._running:
            self.start()
        elif self._paused:
            self.resume()

    def log(self) -> str:
        """Return the last lines that it wrote."""
        return self._process.log()

    def answers(self) -> bool:
        """Tell whether it does what it is there for, right now."""
        raise NotImplementedError

    def _thaw(self) -> None:
        if self._paused:
            self._process.resume()
            self._paused = False

    def _wait(self) -> None:
        def ready() -> bool:
            if not self._process.alive():
                raise RuntimeError(f"{type(self).__name__} ended while it started:\n{self.log()}")
            return self.answers()

        wait_until(ready, limit=self.START_LIMIT, what=f"{type(self).__name__} to answer", every=0.1)
