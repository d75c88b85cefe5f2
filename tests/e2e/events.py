"""Hold a file of events, one a line, against the schema, and against what no schema says. Usage: events.py SCHEMA FILE"""

import json
import sys

import jsonschema

with open(sys.argv[1], encoding="utf-8") as file:
    schema = json.load(file)
jsonschema.Draft202012Validator.check_schema(schema)
validator = jsonschema.Draft202012Validator(schema)
with open(sys.argv[2], encoding="utf-8") as file:
    events = [json.loads(line) for line in file]
for event in events:
    variant = next((one for one in schema["oneOf"] if one["title"] == event.get("event")), None)
    for error in [*validator.iter_errors(event), *(validator.evolve(schema=variant).iter_errors(event) if variant else [])]:
        sys.exit(f"{error.message[:400]}\nin {json.dumps(event)}")
    known = {**schema["properties"], **variant["properties"]}
    unknown = [field for field in event if field not in known]
    if unknown:
        sys.exit(f"the schema does not know {unknown} of {json.dumps(event)}")
numbers = [event["sequence"] for event in events]
if numbers != list(range(1, len(numbers) + 1)):
    sys.exit(f"the numbers of the events have gaps: {numbers}")
if len({event["session"] for event in events}) != 1:
    sys.exit("one program start has several sessions")
print(" ".join(sorted({event["event"] for event in events})))
