"""A service of one table, to try the chassis with: it stores words, announces them and hears its own announcements."""

import threading

from marshmallow import fields
from sqlalchemy import text

from services.chassis.calls import Calls
from services.chassis.events import Event, Reading
from services.chassis.inbox import on_event
from services.chassis.revocations import revoked_by
from services.chassis.rpc import ANYONE, Nothing, Schema, rpc
from services.chassis.service import Service


class WordSaid(Event):
    type = "word_said.v1"
    key = "speaker"
    unrouted = "retry"
    example = {"speaker": "ada", "word": "hello"}
    speaker = fields.String(required=True)
    word = fields.String(required=True)


class WordRead(Reading):
    publisher = "echo"
    type = "word_said.v1"
    word = fields.String(required=True)


class SessionClosed(Event):
    type = "session_closed.v1"
    key = "session_id"
    unrouted = "retry"
    example = {"session_id": "1"}
    session_id = fields.String(required=True)


class Word(Schema):
    speaker = fields.String(required=True)
    word = fields.String(required=True)


class Seconds(Schema):
    seconds = fields.Float(required=True)


class Silence(Exception):
    code = "silence"

    def __init__(self, **found):
        super().__init__(found)
        self.fields = found


class EchoService(Service, revoked_by("echo", {"session_closed.v1": "session_id"})):
    name = "echo"
    echo = Calls("echo")

    @rpc(Word, demands=ANYONE, idempotent=True)
    def echo_word(self, call):
        return {"word": call.arguments["word"], "roles": call.actor.roles}

    @rpc(Word, demands={"manager"})
    def say(self, call):
        with self.database.unit_of_work(call) as uow:
            uow.publish(WordSaid, **call.arguments)
            uow.session.execute(text("INSERT INTO words (word) VALUES (:word)"), call.arguments)
            uow.audit("word:say", call.arguments["speaker"])
            if call.arguments["word"] == "silence":
                raise Silence(word="silence")
            if call.arguments["word"] == "whisper":
                raise uow.keep(Silence(word="whisper"))
            if call.arguments["word"] == "crash":
                raise RuntimeError("a fault")
            return {"said": call.arguments["word"]}

    @rpc(Word, demands={"manager"}, idempotent=True)
    def say_once(self, call):
        """Say a word unless it has been said: what an idempotency key does to a command."""
        with self.database.unit_of_work(call) as uow:
            stored = text("INSERT INTO words (word) VALUES (:word) ON CONFLICT DO NOTHING RETURNING word")
            if uow.session.scalar(stored, call.arguments):
                uow.publish(WordSaid, **call.arguments)
            return {"said": call.arguments["word"]}

    @rpc(Word, demands=ANYONE)
    def relay_word(self, call):
        return self.echo.call("echo_word", call.arguments, call=call)

    @rpc(Seconds, demands=ANYONE)
    def dawdle(self, call):
        threading.Event().wait(call.arguments["seconds"])
        return {}

    @rpc(Nothing, demands={"manager"})
    def close_session(self, call):
        with self.database.unit_of_work(call) as uow:
            uow.publish(SessionClosed, session_id=call.actor.scope["session_id"])
        return {}

    @on_event(WordRead)
    def on_word_said(self, event):
        with self.database.once(event) as uow:
            uow.session.execute(text("INSERT INTO heard (word) VALUES (:word)"), event.data)
            if event.data["word"] == "stumble" and event.attempt == 0:
                raise RuntimeError("stumbled once")
