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
    for error in validator.iter_errors(event):
        causes = [one.message for one in error.context or [] if "was expected" not in one.message]
        sys.exit(f"{error.message[:400]}\n{causes}")
    known = [*schema["properties"], *variant["properties"]]
    unknown = [field for field in event if field not in known]
    for name in ("value", "region"):
        known = schema["$defs"][name]["properties"]
        unknown += [field for row in event.get(name + "s", []) for field in row if field not in known]
    if unknown:
        sys.exit(f"the schema does not know {unknown} of {json.dumps(event)}")
numbers = [event["sequence"] for event in events]
if numbers != list(range(1, len(numbers) + 1)):
    sys.exit(f"the numbers of the events have gaps: {numbers}")
if len({event["session"] for event in events}) != 1:
    sys.exit("one program start has several sessions")
print(" ".join(sorted({event["event"] for event in events})))
