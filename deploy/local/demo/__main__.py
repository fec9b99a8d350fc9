"""Demo traffic of `make run`, through the real edge, until a signal."""

import asyncio
import random
import signal
import sys
import time
from pathlib import Path

import httpx
from pydantic import BaseModel, ConfigDict, ValidationError

from deploy.local.demo.edge import TIMEOUT_SECONDS, Client, Stopped, StopSignal
from deploy.local.demo.phrasebook import load_phrasebooks
from deploy.local.demo.player import Player
from deploy.local.demo.settings import DemoSettings
from shared.clock import utc_now
from shared.observability.logging import configure_logging, logger

log = logger(__name__)


class ReadyPlatform(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    name: str
    api_key: str


class Ready(BaseModel):
    """What the demo needs of `ready.json`, which its owner alone can read."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    ingest_url: str
    review_url: str
    platforms: tuple[ReadyPlatform, ...]


async def when_ready(file: Path, stop: StopSignal) -> Ready:
    """Waits for the stack to say that it is. Raises Stopped."""
    while True:
        try:
            return Ready.model_validate_json(await asyncio.to_thread(file.read_bytes))
        except (OSError, ValidationError):
            await stop.sleep(0.5)


async def run(settings: DemoSettings) -> None:
    stop = StopSignal()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    try:
        ready = await when_ready(settings.var / "ready.json", stop)
        async with httpx.AsyncClient(trust_env=False, timeout=TIMEOUT_SECONDS) as http:
            client = Client(
                http=http,
                ingest_url=ready.ingest_url,
                review_url=ready.review_url,
                keys={platform.name: platform.api_key for platform in ready.platforms},
                stop=stop,
                chance=random.Random(),
            )
            player = Player(
                client=client,
                books=load_phrasebooks(),
                seed=settings.demo_seed,
                clock=utc_now,
                monotonic=time.monotonic,
                progress_file=settings.var / "demo.json",
                pause_file=settings.var / "demo.pause",
            )
            try:
                await player.play()
            finally:
                log.info("demo_stopped", **client.counts)
    except* Stopped:
        pass  # as asked; the tasks of the player raise it in a group


def main() -> int:
    configure_logging("demo")
    asyncio.run(run(DemoSettings()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
