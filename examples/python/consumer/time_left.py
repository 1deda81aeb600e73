"""The time that an invocation has left."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from aws_lambda_powertools.utilities.typing import LambdaContext


class OutOfTimeError(BaseException):
    """A call did not end in time. It is no `Exception`, so that `except Exception` around a retry does not catch it."""


class TimeLeft:
    """Keeps the last sixth of the time, 5 s of 30, to record what was handled, and to answer."""

    def __init__(self, context: LambdaContext) -> None:
        self._context = context
        self._reserve = min(max(self._left() / 6, 0.5), 5.0)
        self._slowest = 0.0

    def is_enough(self) -> bool:
        """Whether another event may begin. It must be as slow as the slowest one before, and still end in time."""
        return self.for_event() > self._slowest

    def for_event(self) -> float:
        """Return the seconds until `on_event` must have ended."""
        return self._left() - self._reserve

    def took(self, seconds: float) -> None:
        """Note how long an event took."""
        self._slowest = max(self._slowest, seconds)

    def until_end(self) -> float:
        """Return the seconds until Lambda ends the function."""
        return self._left()

    def get_remaining_time_in_millis(self) -> int:
        """Return the milliseconds until Lambda ends the function. Powertools asks for them."""
        return max(self._context.get_remaining_time_in_millis(), 1)

    def _left(self) -> float:
        return self._context.get_remaining_time_in_millis() / 1000


@contextmanager
def within(seconds: float, what: str) -> Iterator[None]:
    """Stop what takes longer, wherever it is. Such limits are not nested.

    :raises OutOfTimeError: when it takes longer
    """

    def stop(_signal: int, _frame: FrameType | None) -> None:
        raise OutOfTimeError(f"{what} did not end in time")

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, max(seconds, 0.001))
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
