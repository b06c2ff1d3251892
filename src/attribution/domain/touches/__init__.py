"""What is remembered of a buyer: clicks, room entries, and through them the touches an order may rest on."""
