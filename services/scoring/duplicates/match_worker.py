"""Role `match`: one shard of the index of contents, and the matches that it finds.

The index is a fold over the log, so at start the shard reads all that the log keeps, silent up to
the position it had committed, and commits on only after its matches are acknowledged. A shard that
is killed at any moment finds the same matches again, under the same ids.
"""

import asyncio
from collections.abc import Sequence

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError, OffsetOutOfRangeError

from services.scoring import metrics
from services.scoring.duplicates.index import ExactIndex, Pair
from services.scoring.emitter import Emitter
from services.scoring.errors import Cause, PositionOutsideLog
from services.scoring.poison import Poison, set_aside, settle
from shared.contracts.codec import Undecodable, decode, encode
from shared.contracts.fingerprint import Fingerprint
from shared.contracts.identifiers import derived_id
from shared.contracts.match import Match, MatchMethod
from shared.contracts.topics import FINGERPRINTS, MATCHES
from shared.kafka.batches import Record
from shared.kafka.consumer import raw_record
from shared.kafka.dead_letters import DeadLetters, RawRecord, find_first
from shared.observability.admin import Liveness
from shared.observability.logging import logger
from shared.observability.traces import trace_headers, traceparent_of

log = logger(__name__)

GROUP = "match"
POLL_MILLISECONDS = 200


def partitions_of_shard(shard: int, shards: int) -> tuple[TopicPartition, ...]:
    """Partition p belongs to shard p modulo the number of shards."""
    return tuple(
        TopicPartition(FINGERPRINTS.name, number)
        for number in range(FINGERPRINTS.partitions)
        if number % shards == shard
    )


def match_of(pair: Pair, record: RawRecord) -> Match:
    """The same pair found in the same record is the same match, byte for byte."""
    elder, younger = pair.elder, pair.younger
    method = MatchMethod.EXACT
    return Match(
        match_id=derived_id(
            "match", method, pair.environment, elder.subject_id, younger.subject_id
        ),
        environment=pair.environment,
        method=method,
        similarity=1.0,
        younger=younger.subject_id,
        younger_platform=younger.platform,
        elder=elder.subject_id,
        elder_platform=elder.platform,
        found_at=record.first.timestamp,
    )


class MatchWorker:
    """Reads its partitions in log order. `consumer` is started and assigned to just them, with
    `GROUP` to keep positions in.
    """

    def __init__(
        self,
        *,
        consumer: AIOKafkaConsumer,
        emitter: Emitter,
        partitions: Sequence[TopicPartition],
        batch: int,
    ) -> None:
        self._consumer = consumer
        self._batch = batch
        self._emitter = emitter
        self._dead_letters = DeadLetters(emitter)
        self._indexes = {partition: ExactIndex() for partition in partitions}
        self._silent_before: dict[TopicPartition, int] = {}
        self._next: dict[TopicPartition, int] = {}
        self._ready_at: dict[TopicPartition, int] = {}
        self._uncommitted: dict[TopicPartition, int] = {}

    async def caught_up(self) -> str | None:
        """A check for `/readyz`: None once all that was there at start is in the index."""
        remaining = self._remaining()
        return f"{remaining} records to replay" if remaining or not self._ready_at else None

    async def begin(self) -> None:
        """Goes to the start of the log. Raises PositionOutsideLog where it ends too early."""
        partitions = list(self._indexes)
        starts = await self._consumer.beginning_offsets(partitions)
        ends = await self._consumer.end_offsets(partitions)
        for partition in partitions:
            committed = await self._consumer.committed(partition)
            if committed is not None and committed > ends[partition]:
                raise PositionOutsideLog(
                    f"{partition.topic}/{partition.partition} ends at {ends[partition]}, "
                    f"the committed position is {committed}: was the topic made anew?"
                )
            self._silent_before[partition] = committed or 0
            self._next[partition] = starts[partition]
            self._consumer.seek(partition, starts[partition])
        self._ready_at = dict(ends)
        log.info("match_replay_began", records=self._remaining())

    async def run(self, stopping: asyncio.Event, liveness: Liveness) -> None:
        """Works until told to stop; then everything taken is sent and committed."""
        while not stopping.is_set():
            liveness.beat("match")
            try:
                batches = await self._consumer.getmany(
                    timeout_ms=POLL_MILLISECONDS, max_records=self._batch
                )
            except OffsetOutOfRangeError:
                await self._skip_what_aged_out()
                continue
            for partition, records in batches.items():
                await self._take(partition, [raw_record(record) for record in records])
            metrics.REPLAY_REMAINING.set(self._remaining())
            metrics.INDEX_KEYS.set(sum(len(index) for index in self._indexes.values()))
            await self._commit()
        liveness.forget("match")

    async def _take(self, partition: TopicPartition, records: Sequence[RawRecord]) -> None:
        """Folds the records; what is new is sent before the position moves past it."""
        outgoing: list[Record] = []
        poison: list[Poison] = []
        put_back: list[RawRecord] = []
        for record in records:
            silent = record.offset < self._silent_before[partition]
            try:
                match = self._folded(partition, record)
            except Undecodable as error:
                if not silent:
                    poison.append(Poison(record, Cause.UNDECODABLE, error))
                continue
            if not silent and find_first(record.headers) is not None:
                put_back.append(record)
            if match is not None and not silent:
                headers = tuple(trace_headers(traceparent_of(record.headers)))
                key = match.younger.encode()
                outgoing.append(Record(MATCHES.name, key, encode(match), headers))
        await set_aside(self._dead_letters, poison)
        await self._emitter.send_all(outgoing)
        await settle(self._dead_letters, put_back)
        metrics.MATCHES.labels(MatchMethod.EXACT).inc(len(outgoing))
        self._next[partition] = records[-1].offset + 1
        if self._next[partition] > self._silent_before[partition]:
            self._uncommitted[partition] = self._next[partition]

    def _folded(self, partition: TopicPartition, record: RawRecord) -> Match | None:
        fingerprint = decode(Fingerprint, record.value)
        pair = self._indexes[partition].add(fingerprint, record.timestamp_ms)
        return None if pair is None else match_of(pair, record)

    async def _commit(self) -> None:
        """A commit that fails is made again with the next turn."""
        if not self._uncommitted:
            return
        try:
            await self._consumer.commit(dict(self._uncommitted))
        except KafkaError as error:
            log.warning("match_commit_retried", cause=type(error).__name__)
        else:
            self._uncommitted.clear()

    async def _skip_what_aged_out(self) -> None:
        """The log's start may move past us while we replay: what is gone is out of the window."""
        partitions = list(self._indexes)
        starts = await self._consumer.beginning_offsets(partitions)
        ends = await self._consumer.end_offsets(partitions)
        for partition in partitions:
            if self._next[partition] > ends[partition]:
                raise PositionOutsideLog(
                    f"{partition.topic}/{partition.partition} was cut to {ends[partition]}"
                )
            if self._next[partition] < starts[partition]:
                log.warning("match_records_aged_out", partition=partition.partition)
                self._next[partition] = starts[partition]
                self._consumer.seek(partition, starts[partition])

    def _remaining(self) -> int:
        return sum(max(end - self._next[partition], 0) for partition, end in self._ready_at.items())
