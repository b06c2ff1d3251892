"""Workers on a real Kafka, for tests: topics, traffic, clients, and code to plant in a worker."""
