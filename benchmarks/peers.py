"""The models that are compared, each in an environment of its own under `.bench/`."""

from __future__ import annotations

import subprocess
import sys
import venv
from dataclasses import dataclass, field
from pathlib import Path

from sets import REPOSITORY

BENCH = REPOSITORY / ".bench"


@dataclass(frozen=True)
class Model:
    """One model, and how its script is run.

    Attributes:
        name: How tables call it.
        script: File beside this one that fits a set and prints JSON.
        packages: What its environment holds; none for this repository's own.
        variables: Environment variables of its process.
        compiled: Folder in which compiled code outlives the process, None where the fit tells by itself.
    """

    name: str
    script: str
    packages: tuple[str, ...] = ()
    variables: dict[str, str] = field(default_factory=dict)
    compiled: Path | None = None

    @property
    def home(self) -> Path:
        return BENCH / self.name

    @property
    def python(self) -> Path:
        return self.home / "bin" / "python" if self.packages else Path(sys.executable)

    @property
    def warm(self) -> bool:
        """Whether compiled code of an earlier fit is there."""
        return self.compiled is not None and self.compiled.is_dir() and any(self.compiled.iterdir())

    def set_up(self) -> None:
        """Make the environment once; when the wanted packages change, make it anew."""
        complete, wanted = self.home / "complete", "\n".join(self.packages)
        if not self.packages or (complete.exists() and complete.read_text() == wanted):
            return
        print(f"setting up {self.name} in {self.home.relative_to(REPOSITORY)}", file=sys.stderr)
        venv.create(self.home, with_pip=True, clear=True)
        install = [str(self.python), "-m", "pip", "install", "--quiet", *self.packages]
        subprocess.run(install, check=True, stdout=sys.stderr)
        complete.write_text(wanted)


OURS = Model(name="workbench", script="media_mix_workbench.py")
PYMC_MARKETING = Model(
    name="pymc-marketing",
    script="media_mix_pymc_marketing.py",
    packages=("pymc-marketing>=1.3,<1.4", "nutpie>=0.16.11,<0.17"),
    variables={"PYTENSOR_FLAGS": f"base_compiledir={BENCH / 'pytensor'}"},
    compiled=BENCH / "pytensor",
)
MERIDIAN = Model(
    name="meridian",
    script="media_mix_meridian.py",
    packages=("google-meridian>=2.1,<2.2",),
    variables={
        "MERIDIAN_BACKEND": "jax",
        "JAX_COMPILATION_CACHE_DIR": str(BENCH / "jax"),
        "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0.1",
        "PYTHONWARNINGS": "ignore",
    },
    compiled=BENCH / "jax",
)
LIFETIMES = Model(
    name="lifetimes",
    script="customers_lifetimes.py",
    # It asks pkg_resources for its version, which later setuptools lack.
    packages=("lifetimes==0.11.3", "setuptools<81", "pyarrow>=20"),
)
PEERS = (PYMC_MARKETING, MERIDIAN)
