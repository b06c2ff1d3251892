"""The domain, in the order in which the data meets it.

- ``records``: what goes over the wire, field by field, and the catalogue of topics;
- ``intake``: bytes become records, or a refusal with a code;
- ``references``: versions of links, promoters, rooms, campaigns, policies, and which one an order sees;
- ``clicks``: anonymous clicks find their buyers (the stitch step);
- ``orders``: the life of an order line, and what was published of it so far;
- ``touches``: what is remembered of a buyer, and which of it may have driven an order;
- ``decisions``: which touch drove an order, and why not the others;
- ``commissions``: what is owed, as the difference between what should be and what was posted;
- ``insights``: the place of the rollups, which come with the programmes;
- ``steps``: the keyed steps that put all this to work on one record at a time.

Pure Python: no I/O, no clock, no Kafka. Each package may import only those above it in this list.
"""
