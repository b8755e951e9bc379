"""Messages of the queue of rows: applied in the order of their group (CONTRACT.md section 10).

A message whose rows have to wait fails, and with it the rest of its group, so that order is kept
(AWS: Lambda with SQS, FIFO queues and partial batch responses). Rows that can never be applied go
to the dead letters with the reasons, and hold up nothing.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final, Protocol

from aws_lambda_powertools.utilities.batch import SqsFifoPartialProcessor, process_partial_response

from installs import clock
from installs.ingest import values
from installs.ingest.calls import InvalidCallError, read_message
from installs.ingest.results import Outcome, issue_document
from installs.log import logger
from installs.nesting import MAX_NESTING
from installs.origin import INGEST, trace_id

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

    from installs.ingest.calls import Call
    from installs.ingest.results import Result
    from installs.origin import Origin

LONGEST_DELAY: Final = 300
"""Seconds before a message that has to wait is delivered again, at the most."""


_DEEPEST: Final = MAX_NESTING + 2
"""The nesting of a dead letter: a row of a message, in a list, in a call."""


class Apply(Protocol):
    """Apply the rows of a call, and return a result for each."""

    def __call__(self, call: Call, *, origin: Origin) -> list[Result]:
        """``origin`` has the message's id as the id of the request."""


class Queue(Protocol):
    """The queue that the messages are from, and its dead letters."""

    def delay(self, receipt_handle: str, seconds: int) -> None:
        """Deliver a message again after some seconds."""

    def dead_letter(
        self, body: str, *, group_id: str, message_id: str, reasons: Sequence[Mapping[str, str]]
    ) -> None:
        """Keep rows that can never be applied, with the reasons."""


class DeferredMessageError(Exception):
    """Some rows of a message have to wait; the message is to be delivered again."""


@dataclass(slots=True)
class Consumer:
    """One batch: applies its messages, and counts what became of their rows."""

    apply: Apply
    queue: Queue
    outcomes: Counter[Outcome] = field(default_factory=Counter)
    lags: list[float] = field(default_factory=list)
    """Milliseconds from the sending of each message to the end of its rows' writes."""

    def consume(self, event: Mapping[str, Any]) -> dict[str, Any]:
        """Apply a batch, and return its partial batch response."""
        if not event["Records"]:
            return {"batchItemFailures": []}  # which the processor takes for an error
        processor = SqsFifoPartialProcessor(skip_group_on_error=True)
        processor.raise_on_entire_batch_failure = False
        response = process_partial_response(
            event=dict(event), record_handler=self._apply_or_log, processor=processor
        )
        failed = {failure["itemIdentifier"] for failure in response["batchItemFailures"]}
        self._delay([record for record in event["Records"] if record["messageId"] in failed])
        return dict(response)

    def _delay(self, records: Sequence[Mapping[str, Any]]) -> None:
        """Ask for messages again soon. If the queue refuses, they come at its visibility time."""
        try:
            for record in records:
                self.queue.delay(record["receiptHandle"], _delay(record))
        except Exception:
            # An error of the function would bring back the messages that are done, too.
            logger.exception("messages not delayed")

    def _apply_or_log(self, record: SQSRecord) -> None:
        try:
            self._apply_message(record)
        except DeferredMessageError:
            raise
        except Exception:
            # The processor keeps what was raised to itself.
            logger.exception("message failed", message_id=record.message_id)
            raise

    def _apply_message(self, record: SQSRecord) -> None:
        try:
            call = read_message(record.body)
        except InvalidCallError as error:
            logger.warning("message rejected", message_id=record.message_id, reason=str(error))
            self.outcomes[Outcome.REJECTED] += 1
            self._dead_letter(
                record, record.body, [issue_document(issue) for issue in error.issues]
            )
            return
        header = record.attributes.aws_trace_header
        origin = replace(INGEST, request_id=record.message_id, trace_id=trace_id(header))
        results = self.apply(call, origin=origin)
        deferred = [result for result in results if result.outcome is Outcome.DEFERRED]
        if deferred:
            # Nothing is counted or kept of it yet: all of it comes again.
            self.outcomes[Outcome.DEFERRED] += len(deferred)
            logger.info("message deferred", message_id=record.message_id, reason=deferred[0].code)
            raise DeferredMessageError(f"{len(deferred)} rows have to wait")
        self.outcomes.update(result.outcome for result in results)
        self._dead_letter_rejected(record, call, results)
        self.lags.append(clock.now().timestamp() * 1000 - float(record.attributes.sent_timestamp))

    def _dead_letter_rejected(
        self, record: SQSRecord, call: Call, results: Sequence[Result]
    ) -> None:
        rejected = [
            (row, result)
            for row, result in zip(call.rows, results, strict=True)
            if result.outcome is Outcome.REJECTED
        ]
        if not rejected:
            return
        for _, result in rejected:
            logger.warning(
                "row rejected", message_id=record.message_id, row=result.id, reason=result.code
            )
        body = record.body
        if len(rejected) < len(results):
            body = _body({"rows": [row for row, _ in rejected]} | _options(call))
        reasons = [
            issue_document(issue) | {"row": str(result.id)}
            for _, result in rejected
            for issue in result.issues
        ]
        self._dead_letter(record, body, reasons)

    def _dead_letter(
        self, record: SQSRecord, body: str, reasons: Sequence[Mapping[str, str]]
    ) -> None:
        group_id = str(record.attributes.message_group_id)
        self.queue.dead_letter(
            body, group_id=group_id, message_id=record.message_id, reasons=reasons
        )


def _body(document: dict[str, object]) -> str:
    """Write rows as a message; SQS refuses two characters, which JSON can escape."""
    text = values.compact(document, _DEEPEST)
    return text.replace("\ufffe", "\\ufffe").replace("\uffff", "\\uffff")


def _options(call: Call) -> dict[str, object]:
    return {"recreatePurged": True} if call.options.recreate_purged else {}


def _delay(record: Mapping[str, Any]) -> int:
    """Return the seconds before the next delivery: doubling with each that failed."""
    received = int(record["attributes"].get("ApproximateReceiveCount", 1))
    return min(LONGEST_DELAY, 1 << min(received, 10))
