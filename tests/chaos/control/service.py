"""The control: what everybody writes with stock nameko. It commits, then dispatches; its listener stores and returns.

It is kept only so that the campaign can show that it finds the losses which this design has.
"""

import os

import psycopg2
from nameko.events import EventDispatcher, event_handler
from nameko.extensions import DependencyProvider
from nameko.rpc import rpc


class Store(DependencyProvider):
    """A connection per call, as simple as can be."""

    def get_dependency(self, worker_ctx):
        return lambda: psycopg2.connect(os.environ["CONTROL_DATABASE"])


class ControlService:
    name = "control"
    connect = Store()
    dispatch = EventDispatcher()

    @rpc
    def record(self, key):
        """Record a payment once per key, then tell whom it concerns."""
        connection = self.connect()
        with connection, connection.cursor() as cursor:
            cursor.execute("INSERT INTO payments (key) VALUES (%s) ON CONFLICT DO NOTHING", [key])
            fresh = cursor.rowcount == 1
        connection.close()
        if fresh:
            self.dispatch("payment_recorded", {"key": key})
        return "recorded"

    @event_handler("control", "payment_recorded")
    def on_payment_recorded(self, payload):
        connection = self.connect()
        with connection, connection.cursor() as cursor:
            cursor.execute("INSERT INTO effects (key) VALUES (%s)", [payload["key"]])
        connection.close()
