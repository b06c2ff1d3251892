"""The use of aiokafka: consumers, producers, admin, error texts and patches."""
