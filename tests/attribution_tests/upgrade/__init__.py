"""Upgrades: state that an earlier release wrote is restored and carried on by the current program.

- ``recorded/<version>/``: the recording of a release: its input, its state, its outputs;
- ``recording``: reads a recording; ``traffic`` and ``story``: the input that is recorded;
- ``record``: the command that makes a recording; ``recorder_embedded`` and ``recorder_kafka`` do its work,
  ``recorder_plants`` changes a worker for it;
- ``embedded_input``: an input of the embedded host; ``replay``: a recording put on a broker;
- ``results``: compares the final results of two runs.
"""
