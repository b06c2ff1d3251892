"""Sweeps: derive these orders again, because of this cause, one unit of work at a time.

- ``cause``: what a kind of cause must say, and what it works with;
- ``version_read``, ``tick_passed``: the kinds of causes;
- ``sweep``: the row of a sweep, and the list of its causes;
- ``sweeper``: runs sweeps.

A new kind of cause is a module here, and a name in ``sweep.StoredCause``.
"""
