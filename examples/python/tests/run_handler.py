"""Runs the handler as Lambda does. Each input line is an invocation, and each output line is its answer."""

import json
import os
import sys
import time
from importlib import import_module
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parent))

import bad_on_event

# In place of the example's own, with effects that can be bad.
if "ON_EVENT" in os.environ:
    import_module("consumer.on_event").on_event = bad_on_event.on_event
handler = import_module("consumer.handler").handler


class Context:
    """The parts of Lambda's context that are used."""

    function_name = "consumer"

    def __init__(self, milliseconds: int) -> None:
        self._end = time.monotonic() + milliseconds / 1000

    def get_remaining_time_in_millis(self) -> int:
        """Return how long the invocation may still take."""
        return max(round((self._end - time.monotonic()) * 1000), 0)


print('{"ready":true}', flush=True)
for line in sys.stdin:
    event = json.loads(line)
    context = Context(event.pop("milliseconds", 30_000))
    bad_on_event.behaviours = event.pop("behaviours", {})
    try:
        result = {"answer": handler(event, context)}
    except Exception as error:
        result = {"fault": repr(error)}
    print(json.dumps(result), flush=True)
