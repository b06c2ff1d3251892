"""The contract as files: JSON Schemas, the topic catalogue and an AsyncAPI document, all derived from the Structs.

``python -m attribution.commands.schemas schemas/`` writes them. The examples under ``schemas/examples/`` are written by
hand. May import the record types; nothing imports this package.
"""
