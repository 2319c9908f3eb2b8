"""The images that docker-compose.yml and the Dockerfile name: pulled, or where no registry is reached stand-ins."""

import re
import shutil
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

import yaml  # type: ignore[import-untyped]  # its stubs are another package

from containers.engine import DOCKER, ROOT, docker

HERE = Path(__file__).parent / "stand_ins"
DEBIAN = "stand-in-debian"
CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")


def wanted() -> dict[str, str]:
    """The target in stand_ins/Dockerfile by the name of the image that it stands in for."""
    services = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))["services"]
    images = {one["image"]: name for name, one in services.items() if "build" not in one}
    base = re.findall(r"^FROM (\S+)", (ROOT / "Dockerfile").read_text(encoding="utf-8"), re.MULTILINE)[0]
    return {base: "python", **images}


def provide() -> str | None:
    """Bring in every image; returns why one cannot be had."""
    for image, target in wanted().items():
        if docker("image", "ls", "--quiet", image):
            continue
        if subprocess.run([DOCKER, "pull", "--quiet", image], capture_output=True, check=False).returncode == 0:
            continue
        if not shutil.which("debootstrap"):
            return f"{image} cannot be pulled, and debootstrap is not there to make a stand-in"
        stand_in(target, image)
    return None


def stand_in(target: str, image: str) -> None:
    """Build one under the image's name."""
    if not docker("image", "ls", "--quiet", DEBIAN):
        import_debian()
    with TemporaryDirectory() as folder:
        context = Path(folder)
        shutil.copytree(HERE, context, dirs_exist_ok=True)
        shutil.copy(CERTIFICATES, context)
        pins = (ROOT / "requirements" / "dev.txt").read_text(encoding="utf-8")
        found = re.findall(r"^([a-z0-9._-]+)(?:\[[a-z,]+\])?(==[^\\\n]+)", pins, re.MULTILINE)
        (context / "constraints.txt").write_text("".join(f"{name}{pin.strip()}\n" for name, pin in found))
        docker("build", "--quiet", "--target", target, "--tag", image, str(context))


def import_debian() -> None:
    """Debian 12 with Python 3.11, from the packages that this machine's apt reaches."""
    with TemporaryDirectory() as folder:
        root = Path(folder) / "root"
        include = "--include=ca-certificates,python3,python3-venv"
        command = [shutil.which("debootstrap") or "", "--variant=minbase", include, "bookworm", str(root)]
        subprocess.run(command, check=True, capture_output=True)
        archive = Path(folder) / "root.tar"
        leave = [f"--exclude=./{path}/*" for path in ("var/cache/apt", "var/lib/apt/lists", "var/log")]
        subprocess.run(["/bin/tar", "-C", root, *leave, "-cf", archive, "."], check=True)
        docker("import", str(archive), DEBIAN)
