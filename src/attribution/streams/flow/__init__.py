"""The inputs of a step, merged by event time, and the watermarks that one step sends to the next."""
