"""gunicorn's settings: `gunicorn --config python:gateway.gunicorn_settings "gateway.app:create_app()"`.

Threads, not green threads: the gateway waits for RPC answers and holds no database connection.
"""

import os
import shutil
import tempfile

# Before anything imports prometheus_client: the workers' figures are added up in files of this folder.
os.environ.setdefault("PROMETHEUS_MULTIPROC_DIR", tempfile.mkdtemp(prefix="psl-gateway-"))

from prometheus_client import CollectorRegistry, multiprocess

from services.chassis import health, telemetry

bind = os.environ.get("PSL_BIND", "127.0.0.1:8000")
# One process for each two cores: the others are the services', the broker's and the database's, and on a small machine
# a second one only makes them all change places more often (docs/performance.md). At most four: a container sees all
# cores of its machine, whatever it may use.
workers = int(os.environ.get("PSL_GATEWAY_WORKERS") or min(4, max(1, (os.cpu_count() or 2) // 2)))
threads = int(os.environ.get("PSL_GATEWAY_THREADS", "32"))
worker_class = "gateway.worker.SheddingWorker"
timeout = 60
graceful_timeout = 8  # a process leaves within ten seconds of SIGTERM
keepalive = 15
max_requests = 500_000
max_requests_jitter = 100_000
limit_request_line = 8190
accesslog = None
worker_tmp_dir = "/dev/shm" if os.path.isdir("/dev/shm") else None  # noqa: S108 (heartbeat files, as gunicorn advises)


def post_fork(server, worker):  # type: ignore[no-untyped-def]
    """Each worker logs as the gateway does: JSON lines with a trace id."""
    telemetry.configure("gateway")


def when_ready(server):  # type: ignore[no-untyped-def]
    """`/healthz` and `/metrics` of all workers together, at PSL_HEALTH_PORT; `/readyz` is a page of the gateway."""
    registry = CollectorRegistry()
    multiprocess.MultiProcessCollector(registry)
    health.serve("gateway", {}, registry)


def child_exit(server, worker):  # type: ignore[no-untyped-def]
    """What a worker counted stays counted; its gauges go."""
    multiprocess.mark_process_dead(worker.pid)


def on_exit(server):  # type: ignore[no-untyped-def]
    """The next start counts from zero, as every process does."""
    shutil.rmtree(os.environ["PROMETHEUS_MULTIPROC_DIR"], ignore_errors=True)
