"""``attribution topology``: ``shape`` is what there is anywhere, ``on_kafka`` what is added there, ``command`` prints."""
