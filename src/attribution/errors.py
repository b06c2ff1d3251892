"""The errors that this project raises on purpose. Each message says what to do."""


class AttributionError(Exception):
    """The base class of all errors here.

    ``exit_code`` is the exit code of the command line (sysexits.h).
    """

    exit_code = 70


class ConfigurationError(AttributionError):
    """A setting is wrong. This is found before anything starts."""

    exit_code = 78

    def __init__(self, key: str, reason: str) -> None:
        self.key = key
        self.reason = reason
        super().__init__(f"{key}: {reason}")


class InputError(AttributionError):
    """The input can't be read, or it is not the input that the state belongs to."""

    exit_code = 66


class OutputError(AttributionError):
    """The output can't be written, or it would replace the output of an earlier run."""

    exit_code = 73


class StateError(AttributionError):
    """The state file is incomplete, damaged, or of another version."""

    exit_code = 74


class LimitError(AttributionError):
    """A configured limit was reached."""

    exit_code = 75


class UnavailableError(AttributionError):
    """Kafka can't be reached, or it refuses a request."""

    exit_code = 69
