"""The ports that are published, and no others, are bound on the host, on the addresses that were promised."""

from kit.engine import Failure, listeners


def promised(project):
    expected = set()
    for service in project.config["services"].values():
        for port in service.get("ports", []):
            first, _, last = port["published"].partition("-")
            addresses = [port["host_ip"]] if "host_ip" in port else ["0.0.0.0", "[::]"]
            numbers = range(int(first), int(last or first) + 1)
            expected |= {(address, number) for address in addresses for number in numbers}
    return expected


def prove(project):
    expected = promised(project)
    bound = listeners() - project.bound_before
    for service, containers in project.containers().items():
        if containers[0]["HostConfig"]["NetworkMode"] == "host":
            raise Failure(f"{service} is on the network of the host")
    if bound != expected:
        raise Failure(f"bound but not promised: {sorted(bound - expected)}; promised but not bound: {sorted(expected - bound)}")
