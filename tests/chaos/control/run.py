"""Run the control as stock nameko would, plus a health port so that the campaign knows when it is back."""

import eventlet

eventlet.monkey_patch()

import os  # noqa: E402

from nameko.runners import ServiceRunner  # noqa: E402

from services.chassis import health  # noqa: E402
from tests.chaos.control.service import ControlService  # noqa: E402

if __name__ == "__main__":
    runner = ServiceRunner({"AMQP_URI": os.environ["AMQP_URI"]})
    runner.add_service(ControlService)
    runner.start()
    health.serve("control", {})
    runner.wait()
