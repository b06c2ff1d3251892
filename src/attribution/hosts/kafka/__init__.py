"""The host on Kafka.

``names`` says what everything is called, ``connection`` how brokers are reached, ``publish`` writes records,
``provision`` compares the topics with what they should be and makes those that are missing.
"""
