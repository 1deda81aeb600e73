"""What an event is to do comes with the invocation, so that it can be bad."""

import json
import os
import sys
import time

from cloudevents.core.v1.event import CloudEvent

behaviours: dict[str, str] = {}


def on_event(event: CloudEvent) -> None:
    """Have an effect: a line, which is out even if the process ends then."""
    behaviour = behaviours.get(event.get_id(), "well")
    if behaviour == "hangs":
        time.sleep(1_000)
    if behaviour == "exits":
        sys.exit(1)
    if behaviour == "dies":
        os.kill(os.getpid(), 9)
    if behaviour == "throws":
        raise ConnectionError("the database is down")
    if behaviour.startswith("slow "):
        time.sleep(int(behaviour[5:]) / 1000)
    line = json.dumps({"eventId": event.get_id(), "subject": event.get_subject()})
    os.write(1, f"{line}\n".encode())
