"""Serves its health path, / and /metrics on $E2E_PORT; ends at the start if something that it needs is not there."""

import http.server
import os
import pathlib
import signal
import sys

from addresses import named, refusal

PATHS = {"/", "/metrics", *os.environ.get("E2E_HEALTH", "/health").split()}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        path = self.path.partition("?")[0]
        body = "e2e_requests_total 1\n" if path == "/metrics" else f"{os.uname().nodename} {path} healthy\n"
        self.answer(200 if path in PATHS else 404, body)

    def answer(self, status, body):
        self.send_response(status)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *arguments):
        pass


def check(environment):
    for variable, host, port in named(environment):
        if message := refusal(host, port):
            sys.exit(f"{variable}: {host}:{port}: {message}")
    for variable, value in environment.items():
        if variable.endswith("_FILE"):
            try:
                pathlib.Path(value).read_text()
            except OSError as error:
                sys.exit(f"{variable}: {error}")


def serve(handler=Handler):
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    check(os.environ)
    http.server.ThreadingHTTPServer(("0.0.0.0", int(os.environ["E2E_PORT"])), handler).serve_forever()


if __name__ == "__main__":
    serve()
