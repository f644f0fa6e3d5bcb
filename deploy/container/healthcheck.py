#!/opt/hearthwatch/bin/python
"""Whether the house in this container is well: exit code 0 when its page says so, 1 otherwise. Asks this container alone."""

import http.client
import sys

PORT = 8080

try:
    page = http.client.HTTPConnection("127.0.0.1", int(sys.argv[1]) if len(sys.argv) > 1 else PORT, timeout=8)
    page.request("GET", "/healthz")
    sys.exit(page.getresponse().status != 200)
except (OSError, http.client.HTTPException) as error:
    print(f"the page does not answer: {error}")
    sys.exit(1)
