"""How aiokafka is used: consumers, producers, admin, errors in words, and what had to be patched."""
