"""The reference pages in ``docs/reference``, generated from the code: settings, metrics, codes.

``python -m attribution.commands.schemas.reference_pages docs/reference/`` writes them.
"""
