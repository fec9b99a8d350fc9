"""The ways in which an endpoint of webhooks fails. After none of them has it taken the event."""

import asyncio
import socket
import struct
from dataclasses import dataclass

from tests.integration.delivery.receiver import Misbehaviour

PATIENCE_OF_THE_SENDER = 15.0
LONGER = PATIENCE_OF_THE_SENDER + 5.0


@dataclass(frozen=True)
class Way:
    """`status` is what the sender is told, 0 when it is told nothing that counts."""

    name: str
    act: Misbehaviour
    status: int = 0


def says(words: bytes) -> Misbehaviour:
    """And closes."""

    async def act(writer: asyncio.StreamWriter) -> None:
        writer.write(words)
        await writer.drain()

    return act


def refuses(status: int, *headers: str) -> Way:
    head = "\r\n".join((f"HTTP/1.1 {status} No", "content-length: 0", *headers, "", ""))
    return Way(f"answers {status}", says(head.encode()), status)


async def reset(writer: asyncio.StreamWriter) -> None:
    """The connection is torn down instead of closed."""
    connection = writer.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


async def keep_waiting(_: asyncio.StreamWriter) -> None:
    await asyncio.sleep(LONGER)


async def drip(writer: asyncio.StreamWriter) -> None:
    """A head that grows by a byte now and then."""
    writer.write(b"HTTP/1.1 200 OK\r\nx-slow: ")
    for _ in range(int(LONGER)):
        writer.write(b"x")
        await writer.drain()
        await asyncio.sleep(1)


async def endless_head(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\n")
    for number in range(20_000):
        writer.write(f"x-{number}: {'x' * 80}\r\n".encode())
        await writer.drain()


WAYS = (
    refuses(400),
    refuses(404),
    refuses(500),
    refuses(302, "location: /elsewhere"),
    refuses(429, "retry-after: soon"),
    refuses(503, "retry-after: 1"),
    Way("closes without a word", says(b"")),
    Way("resets the connection", reset),
    Way("does not speak HTTP", says(b"220 mail.invalid ESMTP\r\n")),
    Way("stops within its head", says(b"HTTP/1.1 200 OK\r\ncontent-")),
    Way("stops within its body", says(b"HTTP/1.1 200 OK\r\ncontent-length: 90\r\n\r\nok")),
    Way("only says that it will answer", says(b"HTTP/1.1 103 Early Hints\r\n\r\n")),
    Way("never ends its head", endless_head),
    Way("never answers", keep_waiting),
    Way("answers a byte a second", drip),
)
