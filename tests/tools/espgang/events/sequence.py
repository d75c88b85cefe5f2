"""Check what a receiver of events has: of each session every event, in order, whatever came again. Usage: sequence.py RECEIVED PRINTED

PRINTED has what `run --json` printed; events that the receiver need not have (`progress`) are left out. Prints how many came and how
many of them again.
"""

import json
import sys


def read(path):
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file if '"session"' in line]


def key(event):
    return event["session"], event["sequence"]


received, printed = read(sys.argv[1]), read(sys.argv[2])
first = []
seen = set()
for event in received:
    if key(event) not in seen:
        seen.add(key(event))
        first.append(event)
wanted = [event for event in printed if event["event"] != "progress"]
came = {key(event): event for event in first}
missing = [event for event in wanted if key(event) not in came]
if missing:
    sys.exit(f"{len(missing)} events did not arrive, the first: {json.dumps(missing[0])[:300]}")
for event in wanted:
    if came[key(event)] != event:
        sys.exit(f"it arrived changed: {json.dumps(event)[:300]}")
for session in {event["session"] for event in first}:
    numbers = [event["sequence"] for event in first if event["session"] == session]
    if numbers != sorted(numbers):
        sys.exit(f"out of order: {numbers}")
print(len(received), len(received) - len(first))
