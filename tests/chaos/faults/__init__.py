"""The faults by name."""

from typing import Final

from chaos.faults import brokers, inputs, network, steps, time, workers
from chaos.trial import Fault

FAULTS: Final[dict[str, Fault]] = {
    fault.name: fault
    for module in (workers, steps, brokers, network, inputs, time)
    for fault in module.FAULTS
}
