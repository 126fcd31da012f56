"""Serves what the application of a stack serves, to uvicorn; ends at the start if something that it needs is not there."""

import os
import sys

sys.path.append("/opt")

from application import PATHS, check  # noqa: E402

check(os.environ)


async def app(scope, receive, send):
    if scope["type"] != "http":
        raise NotImplementedError
    path = scope["path"]
    body = "e2e_requests_total 1\n" if path == "/metrics" else f"{os.uname().nodename} {path}\n"
    headers = [(b"content-type", b"text/plain"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200 if path in PATHS else 404, "headers": headers})
    await send({"type": "http.response.body", "body": body.encode()})
