"""A webhook that misbehaves as told, one word for each request, then answers 200. Usage: webhook.py FILE WORD...

Appends the events of each request that it acknowledges to FILE, one a line, and prints its port, then what it did.
Words: 500, 404, 302, hang (until the client gives up), close (before it answers), ok. With WEBHOOK_SECRET it checks signatures,
with WEBHOOK_CERT and WEBHOOK_KEY it speaks TLS.
"""

import hashlib
import hmac
import http.server
import json
import os
import ssl
import sys

out = open(sys.argv[1], "a", encoding="utf-8")
words = sys.argv[2:]
secret = os.environ.get("WEBHOOK_SECRET", "").encode()


class Hook(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        word = words.pop(0) if words else "ok"
        wanted = "sha256=" + hmac.new(secret, body, hashlib.sha256).hexdigest()
        if secret and self.headers.get("X-Espgang-Signature") != wanted:
            word = "403"
        print(word, self.headers["Content-Type"], self.headers.get("X-Line", "-"), flush=True)
        if word == "hang":
            self.connection.settimeout(120)
            self.rfile.read(1)
        if word in ("hang", "close"):
            self.close_connection = True
            return
        if word == "ok":
            for event in json.loads(body):
                out.write(json.dumps(event) + "\n")
            out.flush()
        self.send_response(200 if word == "ok" else int(word))
        if word == "302":
            self.send_header("Location", "/elsewhere")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True


server = Server(("127.0.0.1", int(os.environ.get("WEBHOOK_PORT", "0"))), Hook)
if "WEBHOOK_CERT" in os.environ:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(os.environ["WEBHOOK_CERT"], os.environ["WEBHOOK_KEY"])
    server.socket = tls.wrap_socket(server.socket, server_side=True)
print(server.server_address[1], flush=True)
server.serve_forever()
