"""Runs the handler as Lambda does. Each input line is an invocation, and each output line is its answer."""

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from consumer.handler import handler


class Context:
    """The parts of Lambda's context that are used."""

    function_name = "consumer"

    def get_remaining_time_in_millis(self) -> int:
        """Return half a minute."""
        return 30_000


for line in sys.stdin:
    try:
        result = {"answer": handler(json.loads(line), Context())}
    except Exception as error:
        result = {"fault": repr(error)}
    print(json.dumps(result), flush=True)
