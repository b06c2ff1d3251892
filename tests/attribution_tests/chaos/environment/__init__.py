"""What a trial runs on: brokers, proxies, workers, topics and traffic."""
