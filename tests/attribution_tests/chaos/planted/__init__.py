"""Code planted in a worker: ``points`` at which it dies, and ``bugs`` that the checkers must catch."""


def code_of(module: str, name: str, number: int) -> str:
    """Return the code that a worker's interpreter runs before the worker's own code.

    ``number`` is the argument of the plant, in most cases the occurrence at which it strikes.

    >>> code_of("points", "before-commit", 3)
    "from attribution_tests.chaos.planted import points; points.PLANTS['before-commit'](3)"
    """
    return f"from attribution_tests.chaos.planted import {module}; {module}.PLANTS[{name!r}]({number})"
