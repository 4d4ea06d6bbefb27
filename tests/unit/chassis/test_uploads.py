"""What is kept of an upload can't run, name a place, or be anything but what it says."""

import io
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pikepdf
import pytest
from PIL import Image

from services.chassis import config, uploads
from services.chassis.files import FileStore, FileTooLarge, FileUnknown
from services.chassis.refusals import Unavailable
from services.chassis.uploads import CheckedFile, FileRefused, UploadRules, check, safe_name
from tests import upload_samples as samples


@pytest.fixture
def store(tmp_path: Path, key_folder: Path) -> FileStore:
    return FileStore(f"file://{tmp_path / 'files'}")


def checked(store: FileStore, content: bytes, rules: UploadRules = UploadRules.DEFAULT) -> tuple[CheckedFile, bytes]:
    kept = check(store, store.incoming(io.BytesIO(content)), rules)
    with store.open(kept.sha256) as stream:
        return kept, stream.read()


def refusal(store: FileStore, content: bytes, rules: UploadRules = UploadRules.DEFAULT) -> FileRefused:
    incoming_id = store.incoming(io.BytesIO(content))
    with pytest.raises(FileRefused) as refused:
        check(store, incoming_id, rules)
    assert list(store.names()) == []
    with pytest.raises(FileUnknown):
        store.open_incoming(incoming_id)
    return refused.value


@pytest.mark.parametrize(("kind", "media_type"), [("png", "image/png"), ("jpeg", "image/jpeg"), ("gif", "image/gif")])
def test_keeps_a_picture_of_the_same_kind_and_size(store: FileStore, kind: str, media_type: str) -> None:
    kept, content = checked(store, samples.picture(kind))
    assert (kept.kind, kept.media_type, kept.size) == (kind, media_type, len(content))
    with Image.open(io.BytesIO(content)) as image:
        assert (image.size, image.format) == ((60, 40), kind.upper())


@pytest.mark.parametrize(
    ("kind", "mode"), [("png", "RGBA"), ("png", "L"), ("png", "P"), ("png", "1"), ("jpeg", "CMYK")]
)
def test_keeps_pictures_of_every_mode(store: FileStore, kind: str, mode: str) -> None:
    assert checked(store, samples.picture(kind, mode=mode))[0].kind == kind


def test_keeps_a_document_readable(store: FileStore) -> None:
    kept, content = checked(store, samples.document(pages=3))
    with pikepdf.open(io.BytesIO(content)) as pdf:
        assert len(pdf.pages) == 3
        assert b"Statuts" in pdf.pages[0].Contents.read_bytes()
    assert kept.media_type == "application/pdf"


def test_forgets_the_original(store: FileStore) -> None:
    incoming_id = store.incoming(io.BytesIO(samples.picture()))
    check(store, incoming_id)
    with pytest.raises(FileUnknown):
        store.open_incoming(incoming_id)


def test_a_photo_loses_its_place_and_stands_upright(store: FileStore) -> None:
    _, content = checked(store, samples.photo_with_place())
    with Image.open(io.BytesIO(content)) as image:
        assert (dict(image.getexif()), image.size) == ({}, (40, 60))
    assert b"psl-marker" not in content


@pytest.mark.parametrize("kind", ["png", "jpeg", "gif"])
def test_what_trails_a_picture_is_gone(store: FileStore, kind: str) -> None:
    _, content = checked(store, samples.picture_with_trailer(kind))
    assert b"psl-marker" not in content
    assert b"<script" not in content


def all_bytes(content: bytes) -> bytes:
    """A PDF with every stream and object opened."""
    clear = io.BytesIO()
    with pikepdf.open(io.BytesIO(content)) as pdf:
        pdf.save(
            clear,
            compress_streams=False,
            stream_decode_level=pikepdf.StreamDecodeLevel.all,
            object_stream_mode=pikepdf.ObjectStreamMode.disable,
        )
    return clear.getvalue()


def test_the_hostile_sample_is_hostile() -> None:
    clear = all_bytes(samples.hostile_document())
    for thing in (b"marker-script", b"marker-embedded", b"marker-launch", b"marker-xfa", b"marker-submit", b"/Launch"):
        assert thing in clear


def test_nothing_in_a_kept_document_runs_opens_or_hides(store: FileStore) -> None:
    _, content = checked(store, samples.hostile_document())
    clear = all_bytes(content)
    assert b"psl-marker" not in clear
    for key in (
        b"/JS",
        b"/JavaScript",
        b"/OpenAction",
        b"/AA",
        b"/Launch",
        b"/EmbeddedFile",
        b"/XFA",
        b"/AcroForm",
        b"/SubmitForm",
        b"/RichMedia",
        b"/FileAttachment",
        b"/Metadata",
        b"/Info",
    ):
        assert key not in clear
    assert b"https://example.org/" in clear


def test_what_was_typed_into_a_form_stays_visible(store: FileStore) -> None:
    _, content = checked(store, samples.filled_form())
    clear = all_bytes(content)
    assert b"Tennis Club" in clear
    assert b"/AcroForm" not in clear and b"/JS" not in clear and b"/Widget" not in clear


def test_a_document_that_needs_a_password_is_refused(store: FileStore) -> None:
    assert refusal(store, samples.locked_document(password="secret")).code == "file_encrypted"


def test_a_document_that_opens_for_everybody_is_kept_unlocked(store: FileStore) -> None:
    """Official extracts are often locked against changes only."""
    _, content = checked(store, samples.locked_document(password=""))
    with pikepdf.open(io.BytesIO(content)) as pdf:
        assert not pdf.is_encrypted


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "file_empty"),
        (b"just words", "file_kind_refused"),
        (b"MZ" + b"\0" * 500, "file_kind_refused"),
        (b"PK\x03\x04" + b"\0" * 500, "file_kind_refused"),
        (b"<html><script>alert(1)</script>", "file_kind_refused"),
        (samples.svg_named_png(), "file_kind_refused"),
        (samples.page_before_document(), "file_kind_refused"),
        (samples.gif_that_is_script(), "file_unreadable"),
        (samples.picture()[:60], "file_unreadable"),
        (samples.document()[:100], "file_unreadable"),
        (b"%PDF-1.7\n" + b"\xff" * 1000, "file_unreadable"),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 100, "file_unreadable"),
        (samples.pixel_bomb(), "file_too_many_pixels"),
    ],
)
def test_refuses(store: FileStore, content: bytes, code: str) -> None:
    assert refusal(store, content).code == code


def test_an_inflating_document_is_stopped(store: FileStore) -> None:
    assert refusal(store, samples.stream_bomb()).code == "file_unreadable"


def test_the_named_kind_is_reported(store: FileStore) -> None:
    assert refusal(store, samples.svg_named_png()).fields == {"found": "image/svg+xml"}


def test_only_the_kinds_of_the_rules(store: FileStore) -> None:
    rules = UploadRules(kinds=frozenset({"pdf"}))
    assert refusal(store, samples.picture(), rules).fields == {"found": "image/png"}


def test_more_bytes_than_the_rules_allow(store: FileStore) -> None:
    refused = refusal(store, samples.picture(), UploadRules(limit_bytes=50))
    assert isinstance(refused, FileTooLarge)


def test_more_pages_than_the_rules_allow(store: FileStore) -> None:
    assert refusal(store, samples.document(pages=3), UploadRules(max_pages=2)).fields == {"max_pages": 2}


def test_an_unknown_file_is_refused(store: FileStore) -> None:
    with pytest.raises(FileUnknown):
        check(store, "0" * 32)


@pytest.fixture
def antivirus(monkeypatch: pytest.MonkeyPatch, key_folder: Path) -> Iterator[Callable[[bytes], None]]:
    """A clamd on a free port that gives one answer."""
    server = socket.create_server(("127.0.0.1", 0))
    threads = []

    def answers(answer: bytes) -> None:
        monkeypatch.setenv("PSL_CLAMD", f"127.0.0.1:{server.getsockname()[1]}")
        config.reset()
        threads.append(threading.Thread(target=_answer_once, args=(server, answer)))
        threads[-1].start()

    yield answers
    for thread in threads:
        thread.join(5)
    server.close()


def _answer_once(server: socket.socket, answer: bytes) -> None:
    connection, _ = server.accept()
    with connection:
        received = b""
        while not received.endswith(b"\0\0\0\0"):
            received += connection.recv(65536)
        connection.sendall(answer)


def test_an_infected_file_is_refused(store: FileStore, antivirus: Callable[[bytes], None]) -> None:
    antivirus(b"stream: Eicar-Test-Signature FOUND\n")
    assert refusal(store, samples.picture()).code == "file_infected"


def test_a_file_that_the_antivirus_passes_is_kept(store: FileStore, antivirus: Callable[[bytes], None]) -> None:
    antivirus(b"stream: OK\n")
    assert checked(store, samples.picture())[0].kind == "png"


def test_without_the_configured_antivirus_the_file_waits(
    store: FileStore, monkeypatch: pytest.MonkeyPatch, key_folder: Path
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        monkeypatch.setenv("PSL_CLAMD", f"127.0.0.1:{free.getsockname()[1]}")
    config.reset()
    incoming_id = store.incoming(io.BytesIO(samples.picture()))
    with pytest.raises(Unavailable):
        check(store, incoming_id)
    store.open_incoming(incoming_id).close()


@pytest.mark.parametrize(
    ("name", "kind", "shown"),
    [
        ("Statuts de l'été.PDF", "pdf", "Statuts de l'été.pdf"),
        ("../../etc/passwd", "png", "passwd.png"),
        ("C:\\temp\\rib.exe", "pdf", "rib.pdf"),
        ("a\r\nSet-Cookie: x.pdf", "pdf", "a_Set-Cookie_ x.pdf"),
        ("gpj\u202efdp.exe", "jpeg", "gpj_fdp.jpg"),
        ("", "gif", "fichier.gif"),
        ("...", "gif", "fichier.gif"),
        ("x" * 300, "jpeg", "x" * 116 + ".jpg"),
    ],
)
def test_a_shown_name_is_harmless(name: str, kind: str, shown: str) -> None:
    assert safe_name(name, kind) == shown


def test_cleaning_limits_itself(store: FileStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cleaning process that takes too long is ended, and the sender told."""
    monkeypatch.setattr(uploads, "_WITHIN_S", 0.001)
    assert refusal(store, samples.picture()).code == "file_unreadable"


def test_the_text_of_a_document_is_read_only_where_it_is_asked_for(store: FileStore) -> None:
    content, asking = samples.document(text="IBAN FR76 3000"), UploadRules(text=True)
    assert checked(store, content)[0].text is None
    assert "IBAN FR76 3000" in str(checked(store, content, asking)[0].text)
    assert checked(store, samples.picture("png"), asking)[0].text == ""
