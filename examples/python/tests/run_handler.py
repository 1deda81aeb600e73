"""Runs the handler as Lambda does: an invocation a line comes in, a line with its answer goes out."""

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from consumer.handler import handler


class Context:
    """As much of Lambda's context as is used."""

    function_name = "consumer"

    def get_remaining_time_in_millis(self) -> int:
        """Leave half a minute."""
        return 30_000


for line in sys.stdin:
    try:
        result = {"answer": handler(json.loads(line), Context())}
    except Exception as error:
        result = {"fault": repr(error)}
    print(json.dumps(result), flush=True)
