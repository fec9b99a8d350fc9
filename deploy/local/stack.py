"""Starts the parts of the stack, each as soon as what it needs is there."""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path

from aiokafka.errors import KafkaConnectionError, KafkaError

from deploy.local import launch, parts, state
from deploy.local.credentials import Credentials
from deploy.local.errors import PortInUse, StackError
from deploy.local.kafka import Broker
from deploy.local.postgres import Server
from deploy.local.progress import Steps
from deploy.local.settings import Endpoints, StackSettings
from deploy.local.supervisor import Supervisor, explain
from deploy.local.warm_start import ensure_kafka
from shared.contracts.topics import all_topics
from shared.errors import Transient
from shared.kafka.admin import TopicMismatch, ensure_topics

SETTLING_SECONDS = 30.0


class Stack:
    """One stack in one state folder. `var` is absolute and exists."""

    def __init__(
        self,
        *,
        settings: StackSettings,
        endpoints: Endpoints,
        credentials: Credentials,
        var: Path,
        steps: Steps,
    ) -> None:
        self._settings = settings
        self._endpoints = endpoints
        self._credentials = credentials
        self._var = var
        self._logs = var / "logs"
        self._steps = steps
        self._environment = parts.service_environment(settings, endpoints, credentials)

    def ports_needed(self) -> dict[str, int]:
        """Ports that must be free before anything is started, by the name of who wants them."""
        ports = self._endpoints.ports
        needed = {"ingest": ports.ingest, "review-api": ports.review}
        needed |= {f"{name} (admin)": port for name, port in self._endpoints.admin_ports.items()}
        if self._settings.kafka is None:
            needed |= {"kafka": ports.kafka, "kafka (controller)": ports.kafka_controller}
        if self._settings.database_url is None:
            needed["postgres"] = ports.postgres
        return needed

    def require_ports(self) -> None:
        for name, port in self.ports_needed().items():
            if launch.listening(port):
                raise PortInUse(
                    f"port {port} for {name} is in use; stop who listens there or choose another "
                    "MIZAN_PORT_BASE"
                )

    async def start(self, supervisor: Supervisor) -> None:
        """Returns when every process is ready and the edge knows the demo keys.

        The two halves need nothing of each other: the edge and the scoring worker live on Kafka
        alone, the review service comes up on the database.
        """
        async with asyncio.TaskGroup() as group:
            group.create_task(self._start_kafka_half(supervisor))
            group.create_task(self._start_database_half(supervisor))
        with self._steps.step("waiting until the edge knows the demo keys", "demo keys known"):
            await settled(
                lambda: parts.keys_known(self._endpoints, self._credentials),
                "the edge does not learn the demo keys",
                self._logs / "review-worker.log",
            )

    async def start_traffic(self, supervisor: Supervisor) -> None:
        """Demo traffic, unless it is not wanted. Only after `ready.json` is there: it is not part
        of being ready.
        """
        if self._settings.demo:
            await supervisor.start(parts.demo_part(self._var, self._logs))

    async def _start_kafka_half(self, supervisor: Supervisor) -> None:
        if self._settings.kafka is None:
            jars = await self._jars()
            with self._steps.step("starting the broker", "broker"):
                await supervisor.start(parts.broker_part(self._broker(jars)))
        with self._steps.step("making topics", "topics"):
            await make_topics(self._endpoints.kafka)
        async with asyncio.TaskGroup() as group:
            for name in ("ingest", "scoring-score", "scoring-match"):
                group.create_task(self._start_service(supervisor, name))

    async def _jars(self) -> Path:
        given_up = threading.Event()
        doing = "checking Kafka 4.3.1 (45 MB, fetched once for this machine)"
        with self._steps.step(doing, "Kafka's jars") as tell:
            try:
                return await asyncio.to_thread(ensure_kafka, tell, given_up)
            finally:
                given_up.set()

    async def _start_database_half(self, supervisor: Supervisor) -> None:
        if self._settings.database_url is None:
            with self._steps.step("starting the database", "database"):
                server = self._server()
                await supervisor.start(parts.database_part(server))
                await parts.ensure_database(server)
        seed = self._var / "seed.json"
        state.write_private(seed, self._credentials.seed())
        with self._steps.step("bringing schema, policies and demo log-ins up to date", "schema"):
            await self._job("migrate", "services.review", "migrate", "--then-seed", str(seed))
        async with asyncio.TaskGroup() as group:
            for name in ("review-api", "review-worker"):
                group.create_task(self._start_service(supervisor, name))

    async def _start_service(self, supervisor: Supervisor, name: str) -> None:
        with self._steps.step(f"starting {name}", name):
            part = parts.service_part(
                name, endpoints=self._endpoints, environment=self._environment, logs=self._logs
            )
            await supervisor.start(part)

    async def _job(self, name: str, *module_and_arguments: str) -> None:
        """Runs a command that ends by itself. Raises StackError when it fails."""
        log = self._logs / f"{name}.log"
        await run_job(name, parts.python(*module_and_arguments), log, self._environment)

    def _broker(self, jars: Path) -> Broker:
        ports = self._endpoints.ports
        return Broker(
            folder=self._var / "kafka",
            jars=jars,
            port=ports.kafka,
            controller_port=ports.kafka_controller,
            log=self._logs / "kafka.log",
        )

    def _server(self) -> Server:
        return Server(
            folder=self._var / "postgres",
            port=self._endpoints.ports.postgres,
            password=self._credentials.database_password,
            log=self._logs / "postgres.log",
        )


async def run_job(
    name: str, command: Sequence[str], log: Path, environment: Mapping[str, str]
) -> None:
    process = launch.start(launch.Launch(command, log, environment))
    try:
        while process.poll() is None:  # noqa: ASYNC110 — a pid gives no event
            await asyncio.sleep(0.05)
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()
    if process.returncode:
        raise StackError(f"{name} failed: {explain(log)}", log)


async def make_topics(bootstrap: str) -> None:
    """Tries for half a minute: a broker that has just begun to listen takes no topics yet. Topics
    that are there and are not the registry's stop the start at once.
    """
    last = ""

    async def made() -> bool:
        nonlocal last
        try:
            await ensure_topics(bootstrap, all_topics())
        except KafkaConnectionError:
            last = f"no broker answers at {bootstrap}"
        except (Transient, KafkaError, TimeoutError) as error:
            last = str(error) or type(error).__name__
        except TopicMismatch as error:
            raise StackError(f"the broker at {bootstrap} cannot be used: {error}") from None
        else:
            return True
        return False

    await settled(made, "the topics cannot be made", None, lambda: last)


async def settled(
    probe: Callable[[], Awaitable[bool]],
    otherwise: str,
    log: Path | None,
    cause: Callable[[], str] = str,
) -> None:
    """Returns when the probe is true. Raises StackError after half a minute."""
    deadline = asyncio.get_running_loop().time() + SETTLING_SECONDS
    while not await probe():
        if asyncio.get_running_loop().time() > deadline:
            raise StackError(": ".join(part for part in (otherwise, cause()) if part), log)
        await asyncio.sleep(0.1)
