"""What an installation remembers of its practice exchange."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from algo_trading.private_files import make_folders


@dataclass(frozen=True)
class PracticeRecord:
    """The exchange's port on the loopback, and the day on which its history begins (ISO 8601)."""

    port: int
    since: str

    @classmethod
    def read(cls, home: Path) -> "PracticeRecord | None":
        """That of the installation in `home`; None where the exchange was never started."""
        try:
            return cls(**json.loads(_file(home).read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return None

    def write(self, home: Path) -> None:
        """Remember it, whole or not at all."""
        path = _file(home)
        make_folders(path.parent)
        fresh = path.with_suffix(".new")
        fresh.write_text(json.dumps(asdict(self)), encoding="utf-8")
        fresh.replace(path)

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}"


def _file(home: Path) -> Path:
    return home / "exchange" / "exchange.json"
