"""The stage that a task has come to, for whoever wants to know: nobody, unless a worker looks at it."""


class Stage:
    """The name of the stage that the task of this process is at; None between tasks."""

    name: str | None = None


def enter(name: str | None) -> None:
    """Note the stage that begins."""
    Stage.name = name


def current() -> str | None:
    """The stage of the task at work."""
    return Stage.name
