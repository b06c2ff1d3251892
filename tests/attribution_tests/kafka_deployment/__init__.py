"""Workers on a real Kafka, for tests: topics, traffic, clients, and what is planted in a worker."""
