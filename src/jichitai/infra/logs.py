"""Structured logs without personal data: JSON lines on standard error.

What may hold personal data is never logged: bodies, query strings, messages of exceptions,
values of variables. An unexpected error is logged as its type and the places it passed through.
"""

import logging
import sys
import traceback
from typing import Any

import structlog

_LEVELS = {
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warning": logging.WARNING,
    "error": logging.ERROR,
}


def configure(level: str = "info", **context: Any) -> None:
    """Set up logging for the process.

    Args:
        level: debug, info, warning or error.
        **context: fields of every line, such as the tier.
    """
    threshold = _LEVELS.get(level, logging.INFO)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(threshold),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    structlog.contextvars.bind_contextvars(**context)
    logging.basicConfig(level=logging.WARNING, handlers=[_Quiet()], force=True)


def where(error: BaseException, *, depth: int = 6) -> dict[str, object]:
    """The type of an error and the places it passed through; never its message."""
    steps = traceback.extract_tb(error.__traceback__)[-depth:]
    return {
        "error": type(error).__name__,
        "sqlstate": getattr(error, "sqlstate", None),
        "at": [f"{_short(step.filename)}:{step.lineno}" for step in steps],
    }


def _short(path: str) -> str:
    parts = path.replace("\\", "/").split("/")
    return "/".join(parts[-3:])


class _Quiet(logging.Handler):
    """Libraries' own log records: name and level only, since their text may quote values."""

    def emit(self, record: logging.LogRecord) -> None:
        structlog.get_logger("library").warning(
            "library-record",
            library=record.name,
            severity=record.levelname.lower(),
            at=f"{_short(record.pathname)}:{record.lineno}",
        )
