"""Every error that this project raises on purpose: one tree, each message saying what to do."""


class AttributionError(Exception):
    """The root of the tree.

    ``exit_code`` is what the command line ends with (sysexits.h).
    """

    exit_code = 70


class ConfigurationError(AttributionError):
    """A setting is wrong; found before anything starts."""

    exit_code = 78

    def __init__(self, key: str, reason: str) -> None:
        self.key = key
        self.reason = reason
        super().__init__(f"{key}: {reason}")


class InputError(AttributionError):
    """The input can't be read, or isn't the one that the state belongs to."""

    exit_code = 66


class OutputError(AttributionError):
    """The output can't be written, or would replace an earlier run's."""

    exit_code = 73


class StateError(AttributionError):
    """The state file is missing something, damaged, or of another version."""

    exit_code = 74


class LimitError(AttributionError):
    """A configured limit was reached."""

    exit_code = 75


class UnavailableError(AttributionError):
    """Kafka can't be reached, or refuses what it is asked for."""

    exit_code = 69
