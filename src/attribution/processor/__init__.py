"""The domain's steps bound to the engine's tables: the same for every host.

- ``processor``: takes each record through the steps that it concerns, in the total order;
- ``persistence``: what the state persists, and its limits;
- ``attribute_state``: the state of the attribute and commission step, from these parts:
- ``buyers``, ``interactions``: buyers with their orders, cached, and the rows of their interactions;
- ``timers``: which order is due at which tick;
- ``reference_versions``: the catalogue and its rows;
- ``clock``: stream time, latest tick, and what has expired;
- ``anonymous_clicks``: the state of the stitch step;
- ``dependents``: the index of which orders depend on which reference records;
- ``event_ids``: digests of the events that no step keeps as facts;
- ``layout``: the keys and rows in a store;
- ``output``: puts what the steps emit into a unit of work.

May import ``engine``, ``metrics``, ``config``, ``domain`` and ``errors``; never ``streams``, ``hosts`` or
``commands``.
"""
