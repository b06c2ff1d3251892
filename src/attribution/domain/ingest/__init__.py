"""Bytes become records, or a refusal with a code (contract, section 6).

The fast path decodes many values in one call; what it can't take is looked at one by one, so that a poison record
is named and everything after it goes on.
"""
