"""``attribution worker``: the main job on Kafka."""
