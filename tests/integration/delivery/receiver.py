"""An endpoint on loopback that answers as each test wants."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field

Misbehaviour = Callable[[asyncio.StreamWriter], Awaitable[None]]
# Of the loop, from a connection that was accepted to the call that it is.
TURNS_TO_BEGIN = 5
# of the loop, until a connection that was accepted just now is known here
TURNS_OF_ACCEPTING = 10
OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"


@dataclass(frozen=True)
class Received:
    path: str
    headers: dict[str, str]
    body: str


@dataclass
class Receiver:
    """`answer` gives the raw bytes of the answer, or what to do instead of answering; `gate` holds
    all answers back while it is not set.
    """

    port: int = 0
    answer: Callable[[Received], bytes | Misbehaviour] = lambda _: OK
    received: list[Received] = field(default_factory=list)
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    calls: dict[asyncio.Task[None], asyncio.StreamWriter] = field(default_factory=dict)
    over: bool = False

    def url(self, path: str = "/hook") -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.over:
            writer.transport.abort()
            return
        call = asyncio.create_task(self._handle(reader, writer))
        self.calls[call] = writer
        call.add_done_callback(self.calls.pop)

    async def end_calls(self, server: asyncio.Server) -> None:
        """Those that are still under way are cut. First nothing more is accepted, then what was
        accepted just now is let in: a connection in between would be closed by nobody.
        """
        self.over = True
        for listener in server.sockets:
            asyncio.get_running_loop().remove_reader(listener.fileno())
        for _ in range(TURNS_OF_ACCEPTING):
            await asyncio.sleep(0)
        server.close()
        calls = dict(self.calls)
        for call, writer in calls.items():
            call.cancel()
            writer.transport.abort()  # nobody may be there to take what is left
        await asyncio.gather(*calls, return_exceptions=True)
        await asyncio.gather(*(w.wait_closed() for w in calls.values()), return_exceptions=True)

    async def _handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            request, *lines = head.strip().split("\r\n")
            pairs = (line.partition(": ") for line in lines)
            headers = {name.lower(): value for name, _, value in pairs}
            body = (await reader.readexactly(int(headers["content-length"]))).decode()
            got = Received(request.split(" ")[1], headers, body)
            self.received.append(got)
            await self.gate.wait()
            answer = self.answer(got)
            if callable(answer):
                await answer(writer)
            else:
                writer.write(answer)
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()
            try:
                await writer.wait_closed()
            except asyncio.CancelledError:
                writer.transport.abort()
                raise
            except OSError:
                pass


@contextlib.asynccontextmanager
async def receiving() -> AsyncIterator[Receiver]:
    receiver = Receiver()
    receiver.gate.set()
    server = await asyncio.start_server(receiver.take, "127.0.0.1", 0)
    receiver.port = server.sockets[0].getsockname()[1]
    try:
        yield receiver
    finally:
        receiver.gate.set()
        await receiver.end_calls(server)
