"""Runs the console script ``attribution`` as ``python -m attribution``."""

from attribution.cli import main

if __name__ == "__main__":
    main()
