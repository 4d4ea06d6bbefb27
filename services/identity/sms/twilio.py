"""Twilio: messages through its REST client, delivery reports by webhook with the signature checked.

https://www.twilio.com/docs/messaging/guides/track-outbound-message-status and
https://www.twilio.com/docs/usage/security#validating-requests
"""

import requests
from twilio.base.exceptions import TwilioException
from twilio.http.http_client import TwilioHttpClient
from twilio.request_validator import RequestValidator
from twilio.rest import Client

from services.chassis.config import Twilio
from services.identity.sms.base import Handed, ProviderRefused, Report, ReportInvalid

WEBHOOK_PATH = "/webhooks/twilio/sms"
_TIMEOUT_S = 4.0


class TwilioProvider:
    """Sends through a messaging service, which chooses the sender and handles opt-outs."""

    name = "twilio"

    def __init__(self, account: Twilio, base_url: str):
        self._account = account
        self._webhook_url = f"{base_url}{WEBHOOK_PATH}"
        self._client = Client(account.account_sid, account.auth_token, http_client=TwilioHttpClient(timeout=_TIMEOUT_S))
        if account.api_url:
            self._client.api.base_url = account.api_url

    def send(self, to: str, body: str) -> Handed:
        try:
            message = self._client.messages.create(
                to=to,
                body=body,
                messaging_service_sid=self._account.messaging_service_sid,
                status_callback=self._webhook_url,
            )
        except (TwilioException, requests.RequestException) as fault:
            raise ProviderRefused(type(fault).__name__) from fault
        return Handed(message.sid or "", str(message.status))

    def read_report(self, url: str, parameters: dict[str, str], signature: str) -> Report:
        """The signature covers the address that Twilio called and every parameter. The address is the
        configured
        one, not what a proxy made of it."""
        if not RequestValidator(self._account.auth_token).validate(self._webhook_url, parameters, signature):
            raise ReportInvalid
        try:
            return Report(parameters["MessageSid"], parameters["MessageStatus"])
        except KeyError as fault:
            raise ReportInvalid from fault
