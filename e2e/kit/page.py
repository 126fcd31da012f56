"""docs/probes.md, from what was measured."""

from kit.engine import ROOT

HEAD = """\
# Probes, tried

Each probe of the catalogue whose program Debian has was tried on a Docker Engine, with the real program: in the container
without its server, while the server takes some seconds to initialise, when it is ready, and when it hangs (all of its processes
stopped). Fails and passes are what they have to be in every row; `make e2e` fails otherwise, and writes this page.

- *no server*, *hangs*: how long the probe took to fail. A probe that waits is ended by its timeout, which is a failure too.
- *initialising*: how often it was asked in that time, and failed.
- *ready*: how long after the end of the initialising it passed for the first time.

| template | program | no server | initialising | ready | hangs |
| --- | --- | --- | --- | --- | --- |
"""

TAIL = """
PostgreSQL and MariaDB initialise with a server on the socket only, as in the official images; Redis and Valkey by loading what
is stored; RabbitMQ and the others have an entrypoint that takes its time, Celery's longer, as its probe waits longer for an
answer. MariaDB is asked by a `healthcheck.sh` that does what the image's own does. Where a program is compiled, what counts is
what its image has to ask with: the rows of Go, Java and Rust are wget's, bash's and curl's.

A probe that only opens a connection (`health: { tcp: http }`) does not notice a server that hangs, as the kernel goes on taking
connections; a path does.

Not tried, as Debian has no such program, or (Caddy, ClickHouse) one too old for the configuration: Kafka, MongoDB, MySQL,
Grafana, Loki, Alloy and the other templates that are not in the table; and the exporter of nginx, whose image holds nothing to
ask with. In the proofs of whole stacks small stand-ins that answer the probe's tool take their places, and MariaDB that of MySQL.
"""


def write(table):
    rows = "".join(
        f"| {row['template']} | {row['program']} | {row['before']:.1f} s | {row['asked']} times "
        f"| {max(row['ready'], 0):.1f} s | {row['hangs']:.1f} s |\n"
        for row in sorted(table, key=lambda row: row["template"])
    )
    (ROOT / "docs").mkdir(exist_ok=True)
    (ROOT / "docs/probes.md").write_text(HEAD + rows + TAIL)
