"""The attribution domain: contract records, decisions, ledger postings, and the steps that apply records.

Its packages, from the lowest layer up:

- ``records``: the record types of the contract, their field types, and the topic catalogue;
- ``ingest``: decodes bytes into records, or refuses them with a code;
- ``references``: versions of links, promoters, rooms, campaigns and policies, and which one an order sees;
- ``clicks``: anonymous clicks, and the buyers that room entries match them to;
- ``orders``: the facts of an order line, and its lifecycle;
- ``touches``: a buyer's clicks and room entries, and which of them are touches;
- ``decisions``: which touches an order credits, and why not the others;
- ``commissions``: what an order's ledger should say, and the postings that are missing;
- ``insights``: empty; reserved for the rollups;
- ``steps``: the keyed steps, which apply one record at a time.

A package may import only packages earlier in this list. ``clicks``, ``orders`` and ``touches`` must not
import each other. Outside the domain, only ``attribution.errors`` may be imported. The domain is pure Python:
no I/O and no Kafka. Only ``records.times.now_ms`` reads the clock.
"""
