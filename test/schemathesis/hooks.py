# Teaches schemathesis to write lines of JSON, which imports take: each item of a list is a line, anything else is one.
import json

import schemathesis


@schemathesis.serializer("application/x-ndjson")
def lines_of_json(ctx, value):
    lines = value if isinstance(value, list) else [value]
    return "".join(f"{json.dumps(line)}\n" for line in lines).encode()
