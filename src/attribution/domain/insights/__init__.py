"""Rollups by campaign, room, product and merchant: their place; they come with the programmes."""
