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


def bound(project):
    """What is bound for the containers of a project."""
    addresses = {
        network[key]
        for containers in project.containers().values()
        for container in containers
        for network in container["NetworkSettings"]["Networks"].values()
        for key in ("IPAddress", "GlobalIPv6Address")
    }
    return {place for place, address in listeners().items() if address in addresses}


def prove(project):
    expected = promised(project)
    found = bound(project)
    for service, containers in project.containers().items():
        if containers[0]["HostConfig"]["NetworkMode"] == "host":
            raise Failure(f"{service} is on the network of the host")
    if found != expected:
        raise Failure(f"bound but not promised: {sorted(found - expected)}; promised but not bound: {sorted(expected - found)}")
