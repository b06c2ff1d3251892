"""Anonymous clicks: remembered by click_id until a room entry tells whose they are."""
