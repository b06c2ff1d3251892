"""Stores: the protocol, and its implementations in memory, SQLite and RocksDB; a write buffer in front of one."""
