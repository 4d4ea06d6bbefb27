"""Chosen files of an application: streamed into the store, then handed to the partners service by their id."""

from collections.abc import Callable
from typing import Any

from flask import request

from gateway.application_forms import StepForm
from gateway.files import stream_upload
from gateway.refusals import describe
from services.chassis.refusals import Refused

Keep = Callable[[str, str, str], Any]
"""Takes kind, incoming id and file name."""


def keep_chosen_files(form: StepForm, keep: Keep) -> bool:
    """Keep every chosen file; what is wrong with one is told at its field. Returns whether any was kept."""
    kept = False
    for field in form.document_fields():
        for chosen in field.chosen():
            try:
                incoming_id = stream_upload(chosen)
                if incoming_id:
                    keep(field.kind, incoming_id, chosen.filename)
                    kept = True
            except Refused as refused:
                field.errors = [*field.errors, f"{chosen.filename} : {describe(refused).text}"]
    return kept


def remove_asked_file(remove: Callable[[str], Any]) -> bool:
    """Remove the file whose «Retirer» button was pressed; returns whether one was."""
    document_id = request.form.get("remove")
    if not document_id:
        return False
    try:
        remove(document_id)
    except Refused as refused:
        if refused.code != "document_unknown":
            raise
    return True
