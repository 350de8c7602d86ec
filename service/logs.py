"""The log: one JSON object a line, for whatever gathers them."""

import json
import logging
from datetime import UTC, datetime

from service.tracebacks import traceback_of


class JsonLines(logging.Formatter):
    """Writes a record as its time, level, logger and message, with the `fields` it may bring along.

    Of an exception it has the traceback, no message.
    """

    def format(self, record: logging.LogRecord) -> str:
        """The record as one line."""
        message = record.getMessage()
        if record.name == "asyncio":  # which goes on with all it knows of a task, its exception's message with it
            message = message.partition("\n")[0]
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": message,
            **getattr(record, "fields", {}),
        }
        if record.exc_info and record.exc_info[1]:
            line["exception"] = traceback_of(record.exc_info[1])
        return json.dumps(line)


def begin_log() -> None:
    """Write the log of this process to its standard error."""
    handler = logging.StreamHandler()
    handler.setFormatter(JsonLines())
    logging.basicConfig(level=logging.INFO, handlers=[handler])
