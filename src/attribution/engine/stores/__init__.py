"""Stores of tables.

These are the protocol, its implementations in memory, SQLite and RocksDB, and a write buffer in front of one.
"""
