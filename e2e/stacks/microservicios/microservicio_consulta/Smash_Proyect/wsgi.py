import os

from application import check

check(os.environ)


def application(environment, start_response):
    known = environment["PATH_INFO"] == "/health/"
    start_response("200 OK" if known else "404 Not Found", [("Content-Type", "text/plain")])
    return [f"{os.uname().nodename} {environment['PATH_INFO']}\n".encode()]
