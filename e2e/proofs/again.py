"""What was stopped starts again on its own volumes."""


def prove(project):
    project.make(project.TARGETS[project.environment].replace("-up", "-down").replace("-start", "-stop"))
    project.up()
