"""``attribution topics``: compare the topics on the brokers with the desired ones, and create missing ones.

``desired`` derives the topics and their settings from the contract's catalogue, ``diff`` compares them with
the actual topics, ``render`` prints the result, ``command`` has the options. ``streams.clients.admin`` reads
and creates topics. Nothing here deletes or alters a topic.
"""
