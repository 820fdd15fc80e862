"""A TCP proxy that makes a network bad on purpose: slow, thin, cut in the middle, silent, or gone on one side only.

    with Proxy(host, port) as proxy:
        proxy.latency = 0.1            every piece of data arrives so many seconds later, each way
        proxy.rate = 8000              so many bytes a second pass, each way
        proxy.cut_after(5000)          the next connection breaks when it has carried so many bytes
        proxy.cut_each_after = 5000    so does every connection that is opened from now on
        proxy.break_all()              every connection that is open breaks
        proxy.freeze()                 a black hole: nothing passes and nothing breaks
        proxy.freeze("back")           nothing passes in one direction, not even that a side has closed
        proxy.thaw()                   everything goes on, what was kept first
        proxy.half_open()              the connections that are open now never hear anything again, and never end
        proxy.refuse(); proxy.accept()

It runs on a thread of its own.
"""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any, Literal, Self, TypeVar

T = TypeVar("T")
_PIECE = 65536
_THIN_PIECE = 1024

Direction = Literal["there", "back"]
"""From the client to the server, and from the server to the client."""


class Proxy:
    """Stands between clients and one server. `listens_at` is 0.0.0.0 where containers must reach it."""

    def __init__(self, host: str, port: int, *, listens_at: str = "127.0.0.1") -> None:
        self.latency = 0.0
        self.rate = 0.0
        """Bytes a second each way; 0 is as fast as it goes."""
        self.cut_each_after = 0
        """Bytes, both directions together, after which a new connection breaks; 0 is never."""
        self.connections = 0
        """How many were ever opened through it."""
        self._target = (host, port)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="proxy", daemon=True)
        self._flowing: dict[Direction, asyncio.Event] = {"there": asyncio.Event(), "back": asyncio.Event()}
        self._links: set[_Link] = set()
        self._cuts: list[int] = []
        self._refuses = False
        listening = socket.create_server((listens_at, 0))
        self.host, self.port = listening.getsockname()[:2]
        for flowing in self._flowing.values():
            flowing.set()
        self._thread.start()
        self._server = self._call(asyncio.start_server(self._serve, sock=listening))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._call(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    def url_of(self, url: str) -> str:
        """Answer the URL of the server with this proxy in the place of its address."""
        return url.replace(f"@{self._target[0]}:{self._target[1]}", f"@{self.host}:{self.port}")

    def cut_after(self, *sizes: int) -> None:
        """Break the next connections, the first after so many bytes, the second after so many …"""
        self._cuts.extend(sizes)

    def break_all(self) -> None:
        """Break every connection that is open now."""
        self._to_all(_Link.end)

    def freeze(self, direction: Direction | None = None) -> None:
        """Let nothing pass, in one direction or in both, and keep it; nobody hears of it."""
        for each in self._flowing if direction is None else (direction,):
            self._loop.call_soon_threadsafe(self._flowing[each].clear)

    def thaw(self) -> None:
        """Let everything pass again, what was kept first."""
        for flowing in self._flowing.values():
            self._loop.call_soon_threadsafe(flowing.set)

    def half_open(self) -> None:
        """Let the server lose the connections that are open now; their clients hear nothing, not even of that."""
        self._to_all(_Link.forget)

    def refuse(self) -> None:
        """End new connections at once."""
        self._refuses = True

    def accept(self) -> None:
        """Take new connections again."""
        self._refuses = False

    def heal(self) -> None:
        """Be a good network again for everything that comes from now on."""
        self.latency, self.rate, self.cut_each_after = 0.0, 0.0, 0
        self._cuts.clear()
        self.accept()
        self.thaw()

    def _to_all(self, do: Callable[[_Link], None]) -> None:
        for link in tuple(self._links):
            self._loop.call_soon_threadsafe(do, link)

    def _call(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._refuses:
            writer.transport.abort()
            return
        try:
            from_server, to_server = await asyncio.open_connection(*self._target)
        except OSError:
            writer.transport.abort()
            return
        self.connections += 1
        link = _Link(self, writer, to_server, self._cuts.pop(0) if self._cuts else self.cut_each_after or None)
        self._links.add(link)
        # Cancelled when the proxy is closed, which asyncio's own servers do not take for an end.
        with suppress(asyncio.CancelledError):
            await asyncio.gather(link.carry("there", reader, to_server), link.carry("back", from_server, writer))
        link.end()
        self._links.discard(link)

    async def delay(self, direction: Direction, size: int) -> None:
        """Wait as long as a piece of data takes."""
        seconds = self.latency + (size / self.rate if self.rate else 0.0)
        if seconds:
            await asyncio.sleep(seconds)
        await self._flowing[direction].wait()

    async def _close(self) -> None:
        self._server.close()
        for link in tuple(self._links):
            link.end()
        others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)


class _Link:
    """One connection through the proxy."""

    def __init__(
        self, proxy: Proxy, client: asyncio.StreamWriter, server: asyncio.StreamWriter, cut_after: int | None
    ) -> None:
        self._proxy = proxy
        self._client, self._server = client, server
        self._left = cut_after
        self._forgotten = False

    async def carry(self, direction: Direction, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry one way until either side ends or the cut comes."""
        with suppress(OSError):
            while piece := await reader.read(_THIN_PIECE if self._proxy.rate else _PIECE):
                await self._proxy.delay(direction, len(piece))
                if not self._forgotten and not await self._write(piece, writer):
                    break
        # That a side has closed is news like any other.
        await self._proxy.delay(direction, 0)
        if not self._forgotten:
            self.end()

    async def _write(self, piece: bytes, writer: asyncio.StreamWriter) -> bool:
        """Write a piece on, or what the cut leaves of it; answers False at the cut."""
        if self._left is not None and len(piece) > self._left:
            writer.write(piece[: self._left])
            return False
        if self._left is not None:
            self._left -= len(piece)
        writer.write(piece)
        await writer.drain()
        return True

    def end(self) -> None:
        """Break both sides."""
        for writer in (self._client, self._server):
            writer.transport.abort()

    def forget(self) -> None:
        """Break the server's side, and let the client's side hang."""
        self._forgotten = True
        self._server.transport.abort()
