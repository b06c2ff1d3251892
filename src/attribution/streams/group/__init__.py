"""The consumer group: Faust's app and transport with whole batches, and the task assignor."""
