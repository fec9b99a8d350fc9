"""The yardstick: as little as FastAPI and aiokafka allow between a POST and an acknowledgement.

Same topic, acks, body, concurrency and server settings as the edge; no parsing, no checks.
"""

import contextlib
import sys
from collections.abc import AsyncIterator

import uvloop
from aiokafka import AIOKafkaProducer
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

from shared.contracts.topics import REPORTS
from shared.http_server import Server, serve_until_told, server_config
from shared.observability.admin import bound_socket


def make_app(bootstrap: str) -> FastAPI:
    """Application whose producer lives as long as it does."""
    producers: list[AIOKafkaProducer] = []

    @contextlib.asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        producer = AIOKafkaProducer(
            bootstrap_servers=bootstrap, acks="all", enable_idempotence=True
        )
        await producer.start()
        producers.append(producer)
        yield
        await producer.stop()

    app = FastAPI(lifespan=lifespan)

    @app.post("/v1/reports", status_code=202)
    async def echo(request: Request) -> JSONResponse:
        body = await request.body()
        metadata = await producers[0].send_and_wait(REPORTS.name, body)
        return JSONResponse({"offset": metadata.offset}, 202)

    return app


async def serve(bootstrap: str, port: int) -> None:
    listener = bound_socket("127.0.0.1", port)
    await serve_until_told(Server(server_config(make_app(bootstrap), lifespan=True)), listener)


if __name__ == "__main__":
    uvloop.run(serve(sys.argv[1], int(sys.argv[2])))
