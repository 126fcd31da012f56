"""A broker that keeps names of topics: one line in, one line out. With arguments, it is the client."""

import os
import pathlib
import signal
import socketserver
import sys
import threading
import time

TOPICS = pathlib.Path(os.environ.get("KAFKA_LOG_DIRS", "/var/lib/kafka/data")) / "topics"


class Session(socketserver.StreamRequestHandler):
    def handle(self):
        for line in self.rfile:
            match line.decode().split():
                case ["api-versions"]:
                    self.wfile.write(b"ok\n")
                case ["create", topic]:
                    with TOPICS.open("a") as file:
                        file.write(f"{topic}\n")
                    self.wfile.write(b"ok\n")
                case ["list"]:
                    self.wfile.write((" ".join(TOPICS.read_text().split()) + "\n").encode())
                case _:
                    self.wfile.write(b"unknown\n")


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


def main():
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    # As the real one, it refuses to start on listeners that it does not advertise and may not write elsewhere.
    advertised = {entry.split("://")[0] for entry in os.environ["KAFKA_ADVERTISED_LISTENERS"].split(",")}
    TOPICS.touch()
    print("e2e: initialising", flush=True)
    time.sleep(float(os.environ.get("E2E_INIT_SECONDS", "2")))
    print("e2e: initialised", flush=True)
    for entry in os.environ["KAFKA_LISTENERS"].split(","):
        name, _, address = entry.partition("://")
        if name not in advertised | {os.environ["KAFKA_CONTROLLER_LISTENER_NAMES"]}:
            sys.exit(f"listener {name} is not advertised")
        host, _, port = address.rpartition(":")
        server = Server((host or "0.0.0.0", int(port)), Session)
        threading.Thread(target=server.serve_forever, daemon=True).start()
    threading.Event().wait()


main()
