"""What is planted in a worker: ``points`` to die at, ``bugs`` that the checkers must catch.

``code_of`` gives what the worker's interpreter is to run before the worker's own code.
"""


def code_of(module: str, name: str, number: int) -> str:
    """Return code that plants something; ``number`` says at the how-manyeth time it strikes.

    >>> code_of("points", "before-commit", 3)
    "from attribution_tests.chaos.planted import points; points.PLANTS['before-commit'](3)"
    """
    return f"from attribution_tests.chaos.planted import {module}; {module}.PLANTS[{name!r}]({number})"
