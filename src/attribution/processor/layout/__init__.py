"""The layout of state in a store: keys sort in the order of scans, and each row says which layout it has.

- ``keys``: the parts of keys;
- ``interactions``, ``orders``: rows whose form differs from that of the objects that they hold;
- ``rows``: the layouts of all tables;
- ``earlier``: how rows of earlier versions are read.

The version of the whole is in ``processor/state_version.py``.

To change a row, raise the version of its layout in ``rows``, and move the reader of the old one to
``earlier``.
"""
