"""docs/operating.md names what is there: panels, settings, commands, files."""

import json
import re
from pathlib import Path

from services.command_line import COMMANDS
from services.ingest.settings import Settings as IngestSettings
from services.review.settings import Settings as ReviewSettings
from services.scoring.settings import Settings as ScoringSettings
from shared.settings import PREFIX
from tests.unit.kubernetes.documents import of_kind, text
from tests.unit.kubernetes.installations import MANIFESTS, rendered, restoring

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "operating.md").read_text()


def test_every_panel_that_the_page_names_is_on_its_dashboard() -> None:
    named = set(re.findall(r"\*\*(\w+) / ([^*]+)\*\*", PAGE))
    there = {
        (board["title"].removeprefix("Mizan: "), panel["title"])
        for file in (ROOT / "deploy" / "monitoring" / "dashboards").glob("*.json")
        for board in [json.loads(file.read_text())]
        for panel in board["panels"]
    }
    assert named
    assert named - there == set()


def test_every_setting_that_the_page_names_is_one() -> None:
    kinds = (IngestSettings, ReviewSettings, ScoringSettings)
    known = {PREFIX + name.upper() for kind in kinds for name in kind.model_fields}
    assert set(re.findall(r"MIZAN_[A-Z_]+", PAGE)) - known == set()


def test_every_command_that_the_page_names_is_one() -> None:
    named = set(re.findall(r"(?:`mizan|services\.command_line) ([a-z-]+)", PAGE))
    assert {"restore", "invariants", "platforms"} <= named
    assert named - COMMANDS.keys() == set()


def test_every_workload_and_file_that_the_page_names_is_there() -> None:
    documents = [*rendered("release/prod"), *restoring()]
    for kind, word in (("Deployment", "deploy"), ("Job", "job"), ("ScaledObject", "scaledobject")):
        known = {text(one, "metadata", "name") for one in of_kind(documents, kind)}
        named = set(re.findall(rf"\b{word}[/ ]([a-z]+-[a-z]+)\b", PAGE))
        assert named
        assert named - known == set()
    links = re.findall(r"\]\(([^)]+)\)", PAGE)
    assert [link for link in links if not (ROOT / "docs" / link).exists()] == []
    overlays = set(re.findall(r"overlays?[/ ](prod|dev|staging)", PAGE))
    assert all((MANIFESTS / "overlays" / name).is_dir() for name in overlays)
