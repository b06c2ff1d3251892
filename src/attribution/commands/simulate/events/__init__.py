"""What happens in a simulated run: clicks, room entries, orders and their lifecycle, platform events, invalid records."""
