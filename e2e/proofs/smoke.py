"""`make smoke` finds that each published port, endpoint and job works."""


def prove(project):
    project.make("smoke", f"ENVIRONMENT={project.environment}")
