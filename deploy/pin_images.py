# ruff: noqa: INP001, T201 - a script that stands alone
"""Pin the images of docker compose by digest: `make pin-images`, once `docker compose pull` has brought them.

A version can be published anew with other content, a digest cannot. Which digests are right is known only where the
images come from, so they are read from what this machine has pulled and written to docker-compose.override.yml, which
compose reads by itself. Look at what it says before you keep it.
"""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
OVERRIDE = "docker-compose.override.yml"


def docker(*arguments: str) -> Any:  # noqa: ANN401 - JSON
    """The JSON that a docker command prints."""
    finished = subprocess.run(["docker", *arguments], cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S607
    if finished.returncode:
        last = (finished.stderr.strip().splitlines() or ["it said nothing"])[-1]
        sys.exit(f"error: docker {arguments[0]}: {last}")
    return json.loads(finished.stdout)


def pinned(image: str) -> str:
    """The image's name with the digest under which it was pulled."""
    name = image.rpartition(":")[0]
    for known in docker("image", "inspect", "--format", "{{json .RepoDigests}}", image) or []:
        repository, _, digest = known.partition("@")
        if f"/{repository}".endswith(f"/{name}"):  # podman puts a registry before it
            return f"{image}@{digest}"
    sys.exit(f"error: {image} was not pulled, so it has no digest; run `docker compose pull` or `docker pull {image}`")


def main() -> None:
    """Write the override: an image for each service, and what the Dockerfile starts from."""
    base = re.findall(r"^FROM (\S+)", (ROOT / "Dockerfile").read_text(encoding="utf-8"), re.MULTILINE)[0]
    config = ("--file", "docker-compose.yml", "--profile", "celery", "config", "--format", "json")
    services = docker("compose", *config)["services"]
    built = next(name for name, service in services.items() if "build" in service)
    own = services[built]["image"]
    found: dict[str, Any] = {
        name: {"image": pinned(service["image"])} for name, service in services.items() if service["image"] != own
    }
    found[built] = {"build": {"additional_contexts": {base: f"docker-image://{pinned(base)}"}}}
    (ROOT / OVERRIDE).write_text(json.dumps({"services": found}, indent=2) + "\n", encoding="utf-8")  # JSON is YAML
    print(f"wrote {OVERRIDE}: {len(found)} images pinned")


if __name__ == "__main__":
    main()
