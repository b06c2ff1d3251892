"""The topics on the brokers: what they should be, what they are, and ``attribution topics``.

``desired`` has the topics and their settings, from the contract's catalogue; ``actual`` reads those that there are and
creates others; ``comparison`` holds the two against each other; ``showing`` prints; ``command`` is the command line.
Nothing here deletes or alters a topic.
"""
