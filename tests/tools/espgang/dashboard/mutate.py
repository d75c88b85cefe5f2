"""Send mutated HTTP requests to a dashboard. Usage: mutate.py PORT SECONDS SEED

Each is a valid request with bytes changed, removed, repeated or inserted, cut off, or sent in pieces; some connections are closed
before the answer. Prints how many were sent and which answers came how often. Ends with 1 when a connection is refused.
"""

import collections
import random
import re
import socket
import sys
import time

port, seconds, seed = int(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3])
random.seed(seed)
BODY = b'{"slot": "sim:esp32c3/1", "label": "x"}'
VALID = [
    b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
    b"GET /api/v1/line HTTP/1.1\r\nHost: localhost:8080\r\nOrigin: http://localhost:8080\r\nSec-Fetch-Site: same-origin\r\n\r\n",
    b"GET /api/v1/slot?name=sim%3Aesp32c3%2F1 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
    b"GET /api/v1/log?run=1 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
    b"GET /api/v1/stream HTTP/1.1\r\nHost: 127.0.0.1\r\nLast-Event-ID: 0123456789abcdef-7\r\n\r\n",
    b"GET /api/v1/events HTTP/1.1\r\nHost: 127.0.0.1\r\nLast-Event-ID: 7\r\n\r\n",
    b"GET /report HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Basic bmFtZTp0b2tlbg==\r\n\r\n",
    b"POST /api/v1/start HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (len(BODY), BODY),
    b"POST /api/v1/start HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"%x\r\n%s\r\n0\r\n\r\n" % (len(BODY), BODY),
    b"HEAD / HTTP/1.0\r\n\r\n",
]
WORDS = [b"\r\n", b"\0", b"%00", b"..%2f", b"../", b"?", b"&name=", b"HTTP/9.9", b"Content-Length: -1\r\n", b"Content-Length: 99999999999\r\n",
         b"Host: evil.example\r\n", b"Transfer-Encoding: chunked\r\n", b"ffffffffffffffff", b"\xff\xfe", b"{", b"[" * 300, b"A" * 5000, b"Expect: 100-continue\r\n"]


def mutate(request):
    text = bytearray(request)
    for _ in range(random.choice((0, 1, 1, 2, 3, 8))):
        at = random.randrange(len(text) + 1)
        what = random.randrange(5)
        if what == 0 and at < len(text):
            text[at] = random.randrange(256)
        elif what == 1:
            del text[at:at + random.randrange(1, 9)]
        elif what == 2:
            text[at:at] = random.choice(WORDS)
        elif what == 3:
            text[at:at] = text[at:at + random.randrange(1, 60)] * random.randrange(1, 4)
        else:
            text[at:at] = random.choice(VALID)
        if not text:
            break
    return bytes(text[:random.randrange(len(text) + 1)] if random.random() < 0.1 else text)


answers = collections.Counter()
sent = 0
end = time.monotonic() + seconds
while time.monotonic() < end:
    try:
        connection = socket.create_connection(("127.0.0.1", port), timeout=20)
    except OSError as error:
        sys.exit(f"after {sent} requests: {error}")
    with connection:
        connection.settimeout(0.2)
        request = mutate(random.choice(VALID))
        sent += 1
        time.sleep(0.01)  # below the limit of requests, so that most are answered by what they ask for
        try:
            cut = random.randrange(len(request) + 1) if random.random() < 0.1 else len(request)
            connection.sendall(request[:cut])
            connection.sendall(request[cut:])
            if random.random() < 0.1:
                continue
            answer = connection.recv(4096)
            status = re.match(rb"HTTP/1\.[01] (\d+)", answer)
            answers[status[1].decode() if status else "none"] += 1
        except OSError:
            answers["none"] += 1
print(f"{sent} requests:", " ".join(f"{status}={count}" for status, count in sorted(answers.items())))
