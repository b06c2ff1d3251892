"""The contract as files, derived from the Structs: JSON Schemas, topic catalogue, AsyncAPI document.

``python -m attribution.commands.schemas schemas/`` writes them. ``json_schema``, ``topic_list`` and
``asyncapi`` derive the content, ``files`` writes it. The examples in ``schemas/examples/`` are written by
hand. This package may import the record types. No package imports it.
"""
