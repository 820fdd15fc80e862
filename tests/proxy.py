"""A TCP proxy that makes a link bad: slow, thin, cut after so many bytes, or silent in one direction."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Literal

_PIECE = 1024

Direction = Literal["there", "back"]


@dataclass
class Weather:
    """How the line is now; it may change while connections are open."""

    delay: float = 0.0
    """Seconds that every piece is late."""
    rate: float = 0.0
    """Bytes a second; 0 is as fast as it goes."""
    cut_after: int = 0
    """Bytes, both directions together, after which a connection breaks; 0 is never."""
    silent: Direction | None = None
    """A direction in which nothing arrives, though nobody is told."""


class Proxy:
    """Listens on a port of all addresses and passes on to `host:port`."""

    def __init__(self, host: str, port: int) -> None:
        self.weather = Weather()
        self.connections = 0
        self._to = (host, port)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="proxy", daemon=True)
        self._thread.start()
        self._tasks: set[asyncio.Task[None]] = set()
        self._server = self._do(asyncio.start_server(self._serve, "0.0.0.0", 0))  # noqa: S104  # containers come by it

    @property
    def port(self) -> int:
        """The port that it listens on."""
        return int(self._server.sockets[0].getsockname()[1])

    def close(self) -> None:
        """Break every connection and stop."""
        self._do(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=5)
        self._loop.close()

    def _do(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(timeout=10)

    async def _close(self) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            with suppress(OSError):
                far_reader, far_writer = await asyncio.open_connection(*self._to)
                line = _Line(self.weather)
                try:
                    await asyncio.wait(
                        {
                            asyncio.create_task(line.carry("there", reader, far_writer)),
                            asyncio.create_task(line.carry("back", far_reader, writer)),
                        },
                        return_when=asyncio.FIRST_COMPLETED,
                    )
                finally:
                    far_writer.close()
        finally:
            writer.close()
            self._tasks.discard(task)


class _Line:
    """One connection through the proxy."""

    def __init__(self, weather: Weather) -> None:
        self._weather = weather
        self._passed = 0

    async def carry(self, direction: Direction, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while piece := await reader.read(_PIECE):
                weather = self._weather
                await asyncio.sleep(weather.delay + (len(piece) / weather.rate if weather.rate else 0.0))
                if weather.silent == direction:
                    continue
                self._passed += len(piece)
                if weather.cut_after and self._passed >= weather.cut_after:
                    writer.write(piece[: max(0, len(piece) - (self._passed - weather.cut_after))])
                    await writer.drain()
                    return
                writer.write(piece)
                await writer.drain()
