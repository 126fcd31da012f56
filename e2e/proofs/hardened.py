"""What production takes away is gone: no capability that the file does not name, nothing written beside the volumes."""

from kit.engine import Failure, docker


def prove(project):
    running = project.running()
    services = project.config["services"]
    for name in running:
        if not services[name].get("privileged"):
            without_capabilities(name, running[name], services[name])
    read_only = [name for name in running if services[name].get("read_only")]
    for name in read_only:
        without_writing(name, running[name])
    if not read_only:
        raise Failure("no service is read-only, so that nothing was proven")


def without_capabilities(name, containers, service):
    for host in (container["HostConfig"] for container in containers):
        added = {capability.removeprefix("CAP_") for capability in host["CapAdd"] or []}
        if host["CapDrop"] != ["ALL"] or added != set(service.get("cap_add", [])):
            raise Failure(f"{name} drops {host['CapDrop']} and adds {sorted(added)}")


def without_writing(name, containers):
    for container in containers:
        code, output = docker("exec", "--user", "0", container["Id"], "touch", "/e2e", check=False)
        if code == 0 or "Read-only file system" not in output:
            raise Failure(f"{name} is not read-only: {output}")
