"""The public contract: every record that goes over the wire, and the topics it goes over.

Imports nothing but msgspec, so that a billing system may use these types alone.
"""
