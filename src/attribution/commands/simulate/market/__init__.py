"""The reference data of a run: products, promoters, campaigns, rooms, links, and their versions."""
