"""Delivery reports of the SMS provider. Identity checks the provider's signature; nothing else is believed."""

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from gateway.access import VISITOR, allow
from gateway.clients.identity import AgentsClient
from services.chassis.refusals import Refused, Unavailable

blueprint = Blueprint("sms_webhook", __name__)


@blueprint.record_once
def _without_form_token(state: object) -> None:
    """A provider has no form of ours; its signature stands in for the form's token."""
    from gateway.app import csrf

    csrf.exempt(blueprint)


@blueprint.post("/webhooks/twilio/sms")
@allow(VISITOR)
def twilio() -> ResponseReturnValue:
    try:
        AgentsClient().record_sms_status(
            "twilio", request.url, request.form.to_dict(), request.headers.get("X-Twilio-Signature", "")
        )
    except Refused:
        return "", 403
    except Unavailable:
        return "", 503  # the provider tries again
    return "", 204
