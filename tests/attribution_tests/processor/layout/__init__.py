"""The layouts of stored rows, as recorded in ``layouts.json``."""
