"""The reverse proxy of the install page (Caddy with `deploy/container/Caddyfile`) as a child process, with a
certificate of its own authority, for trials and tests on one machine. Needs a `caddy` program, which a package of
requirements-dev.in brings.
"""

import os
import shutil
import ssl
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from deploy.local import processes
from deploy.local.waiting import accepts_connections, wait_for

CADDYFILE = Path(__file__).resolve().parents[1] / "container" / "Caddyfile"
HERE = """\
{{
	admin off
	skip_install_trust
	auto_https disable_redirects
	log {{
		level WARN
	}}
}}
import {caddyfile}
"""


class ProxyMissing(Exception):
    """No Caddy on this machine."""


def program() -> str:
    """The `caddy` to run. Raises ProxyMissing."""
    found = shutil.which("caddy", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}")
    if found is None:
        raise ProxyMissing("no caddy: install it, or `make setup`")
    return found


@dataclass
class Proxy:
    """TLS on `https://localhost:<port>`, spread over the gateways (`host:port` each)."""

    var: Path
    port: int
    gateways: Sequence[str]
    _child: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    @property
    def base_url(self) -> str:
        return f"https://localhost:{self.port}"

    @property
    def authority(self) -> Path:
        """The certificate to trust."""
        return self.var / "proxy" / "caddy" / "pki" / "authorities" / "local" / "root.crt"

    def trusting(self) -> ssl.SSLContext:
        """What a client needs to check the proxy's certificate."""
        return ssl.create_default_context(cafile=str(self.authority))

    def start(self) -> None:
        """Returns when it answers with a certificate."""
        folder = self.var / "proxy"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "Caddyfile").write_text(HERE.format(caddyfile=CADDYFILE), encoding="ascii")
        environment = {
            "PATH": os.environ.get("PATH", ""),
            "HOME": str(folder),
            "XDG_DATA_HOME": str(folder),
            "XDG_CONFIG_HOME": str(folder),
            "PSL_BASE_URL": self.base_url,
            "TLS": "tls internal",
            "GATEWAYS": " ".join(self.gateways),
        }
        command = [program(), "run", "--adapter", "caddyfile", "--config", str(folder / "Caddyfile")]
        log = self.var / "log" / "proxy.log"
        self._child = processes.start("proxy", command, self.var / "run", log, environment, cwd=folder)
        ready = lambda: accepts_connections("localhost", self.port) and self.authority.exists()  # noqa: E731
        wait_for(ready, f"the proxy listens on {self.port} (see {log})", 30)

    def stop(self) -> None:
        if self._child:
            processes.stop(self._child)
            self._child = None
