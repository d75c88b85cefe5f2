"""Hold JSON reports against their schema, which must know every member. Usage: report_schema.py SCHEMA FILE..."""

import json
import sys

import jsonschema


def closed(part):
    """The same schema, in which no object has further members."""
    if isinstance(part, list):
        return [closed(one) for one in part]
    if not isinstance(part, dict):
        return part
    made = {name: closed(value) for name, value in part.items()}
    if ("properties" in part or "allOf" in part) and part.get("type") == "object":
        made.setdefault("unevaluatedProperties", False)
    return made


with open(sys.argv[1], encoding="utf-8") as file:
    schema = json.load(file)
jsonschema.Draft202012Validator.check_schema(schema)
validator = jsonschema.Draft202012Validator(closed(schema))
for path in sys.argv[2:]:
    with open(path, encoding="utf-8") as file:
        report = json.load(file)
    for error in validator.iter_errors(report):
        sys.exit(f"{path}: {'/'.join(map(str, error.absolute_path))}: {error.message[:400]}")
