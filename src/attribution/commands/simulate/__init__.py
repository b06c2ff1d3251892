"""Simulated live commerce: deterministic traffic with everything that goes wrong in real traffic.

In the order in which a run is built:

- ``scenario``: what a run is made of; ``rng``: the one source of chance;
- ``catalogue``, ``promoters``, ``programmes``, ``rooms``, ``links``: the reference data, put together in ``market``;
- ``queue``: what happens becomes records that arrive, late and repeated ones too;
- ``clicks``, ``entries``, ``orders``: what buyers do; ``traffic``: when they do it;
- ``faults``: records that must be refused; ``writers``: files and streams; ``kafka_output``: topics;
- ``command``: ``attribution simulate``.

Nothing outside ``hosts`` imports it.
"""

from attribution.commands.simulate.scenario import Scenario
from attribution.commands.simulate.traffic import simulate
from attribution.hosts.embedded.ndjson_writer import Written, write_directory, write_stream

__all__ = ["Scenario", "Written", "simulate", "write_directory", "write_stream"]
