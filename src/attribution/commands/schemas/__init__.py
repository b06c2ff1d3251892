"""The contract as files, derived from the Structs: JSON Schemas, topic catalogue, AsyncAPI document.

``python -m attribution.commands.schemas schemas/`` writes them. ``json_schema``, ``topic_list`` and
``asyncapi`` derive the content, ``files`` writes it. The examples in ``schemas/examples/`` are written by
hand. ``reference_pages`` derives the pages of ``docs/reference/`` from settings, metrics and codes. No package
imports this one.
"""
