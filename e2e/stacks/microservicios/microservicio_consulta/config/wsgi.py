import os

from application import check

check(os.environ)


def application(environment, start_response):
    start_response("404 Not Found", [("Content-Type", "text/plain")])
    return [b"nothing is served at the root\n"]
