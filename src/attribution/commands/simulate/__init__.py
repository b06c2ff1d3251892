"""``attribution simulate``: deterministic live-commerce traffic, with the faults of real traffic.

In the order in which a run is built:

- ``scenario``: the settings of a run; ``random_source``: the only source of chance;
- ``market``: the reference data: products, promoters, campaigns, rooms, links;
- ``schedule``: the rate profile, the queue of records by arrival, the state of the run;
- ``events``: clicks, room entries, orders, platform events, and invalid records that must be refused;
- ``traffic``: the records of a run, minute by minute;
- ``kafka_output``: writes to topics; ``command``: the command line.

Tests and benchmarks use this package as a library. In the program, only ``cli`` imports it.
"""

from attribution.commands.simulate.scenario import Scenario
from attribution.commands.simulate.traffic import simulate
from attribution.hosts.embedded.ndjson_writer import Written, write_directory, write_stream

__all__ = ["Scenario", "Written", "simulate", "write_directory", "write_stream"]
