"""The domain's steps bound to the engine's tables: the same for every host."""
