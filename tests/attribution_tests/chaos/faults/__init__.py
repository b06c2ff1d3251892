"""All faults by name."""

from typing import Final

from attribution_tests.chaos.faults import brokers, disks, inputs, network, steps, time, topics, workers
from attribution_tests.chaos.trial import Fault

FAULTS: Final[dict[str, Fault]] = {
    fault.name: fault
    for module in (workers, steps, disks, brokers, network, topics, inputs, time)
    for fault in module.FAULTS
}
