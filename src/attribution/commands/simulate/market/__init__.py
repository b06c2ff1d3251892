"""What there is before anybody clicks: products, promoters, campaigns, rooms, links, and their reference versions."""
