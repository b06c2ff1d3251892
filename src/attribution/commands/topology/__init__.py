"""``attribution topology``: print the steps, their topics, and how they run on Kafka.

``command`` prints the steps of ``domain.steps.topology``, ``on_kafka`` derives tasks, names, internal topics
and ACLs from the settings, ``render`` turns these into text.
"""
