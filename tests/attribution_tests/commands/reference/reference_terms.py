"""Links and campaigns for the reference tool, and files that hold them."""

from pathlib import Path
from typing import Any, Final

import yaml

JAN_2090: Final = 3786883200000  # 2090-01-01 at UTC+08:00
DAY: Final = 86_400_000

LINK: Final = {"link_id": "L-1", "promoter_id": "P-1", "target": "any", "valid_from": "2090-01-01"}
CAMPAIGN: Final = {
    "campaign_id": "C-1",
    "kind": "standard",
    "rate_ppm": 100000,
    "window_ms": DAY,
    "splits": [{"role": "promoter", "of": "total", "share_ppm": 600000}],
    "remainder_to": "merchant",
}


def yaml_file(directory: Path, content: Any, name: str = "terms.yaml") -> Path:
    path = directory / name
    path.write_text(content if isinstance(content, str) else yaml.safe_dump(content))
    return path


def link(**fields: Any) -> dict[str, Any]:
    return {"effective_from": "2090-01-01"} | LINK | fields


def campaign(**fields: Any) -> dict[str, Any]:
    return {"effective_from": "2090-01-01"} | CAMPAIGN | fields
