"""Decodes bytes into records, or refuses them with a code (contract, section 6).

The fast path decodes many values in one call. If that fails, the values are decoded one by one, so that only
the faulty record is refused and everything after it goes on. May import only ``records``.
"""
