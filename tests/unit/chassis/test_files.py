"""Files come back as they went in, encrypted where they lie, and a damaged one is never served."""

import hashlib
import io
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from services.chassis import keys
from services.chassis.files import FileStore, FileTooLarge, FileUnknown
from services.chassis.sealing import FRAME_BYTES, FileBroken

TAG = 16
SIZES = [0, 1, FRAME_BYTES - 1, FRAME_BYTES, FRAME_BYTES + 1, 3 * FRAME_BYTES + 77]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "files"


@pytest.fixture
def store(folder: Path, key_folder: Path) -> FileStore:
    return FileStore(f"file://{folder}")


def files_in(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def path_of(folder: Path, sha256: str) -> Path:
    return folder / "content" / sha256[:2] / sha256


class Endless:
    """A stream that never ends and counts what was taken."""

    taken = 0

    def read(self, size: int, /) -> bytes:
        self.taken += size
        return b"\0" * size


class Breaking:
    """A stream that breaks after its first piece."""

    def __init__(self) -> None:
        self._pieces = iter([b"a" * 1000])

    def read(self, size: int, /) -> bytes:
        for piece in self._pieces:
            return piece
        raise ConnectionError("gone")


@pytest.mark.parametrize("size", SIZES)
def test_gives_back_what_was_put(store: FileStore, size: int) -> None:
    clear = os.urandom(size)
    stored = store.put(io.BytesIO(clear))
    assert (stored.sha256, stored.size) == (hashlib.sha256(clear).hexdigest(), size)
    with store.open(stored.sha256) as stream:
        assert stream.read() == clear


def test_reads_from_any_position(store: FileStore) -> None:
    clear = os.urandom(2 * FRAME_BYTES + 500)
    with store.open(store.put(io.BytesIO(clear)).sha256) as stream:
        for position in (FRAME_BYTES - 3, 0, 2 * FRAME_BYTES + 499, FRAME_BYTES):
            stream.seek(position)
            assert stream.read(10) == clear[position : position + 10]
        assert stream.seek(-5, io.SEEK_END) == len(clear) - 5
        assert stream.read() == clear[-5:]


def test_nothing_clear_lies_on_the_disk(store: FileStore, folder: Path) -> None:
    store.put(io.BytesIO(b"carte d'identite " * 10_000))
    store.incoming(io.BytesIO(b"carte d'identite " * 10_000))
    assert all(b"carte d'identite" not in path.read_bytes() for path in files_in(folder))


def test_equal_content_is_kept_once(store: FileStore, folder: Path) -> None:
    first, second = store.put(io.BytesIO(b"same")), store.put(io.BytesIO(b"same"))
    assert first == second
    assert len(files_in(folder)) == 1


def test_equal_content_does_not_look_equal_encrypted(store: FileStore, folder: Path) -> None:
    store.incoming(io.BytesIO(b"same"))
    store.incoming(io.BytesIO(b"same"))
    first, second = (path.read_bytes() for path in files_in(folder))
    assert first != second


def test_an_incoming_file_is_adopted_and_its_incoming_name_goes(store: FileStore, folder: Path) -> None:
    incoming_id = store.incoming(io.BytesIO(b"statuts"))
    with store.open_incoming(incoming_id) as stream:
        assert stream.read() == b"statuts"
    stored = store.adopt(incoming_id)
    assert files_in(folder) == [path_of(folder, stored.sha256)]
    with pytest.raises(FileUnknown):
        store.open_incoming(incoming_id)


def test_a_stream_of_exactly_the_limit_is_taken(store: FileStore) -> None:
    with store.open_incoming(store.incoming(io.BytesIO(b"x" * 1000), limit_bytes=1000)) as stream:
        assert len(stream.read()) == 1000


def test_more_than_the_limit_is_refused_and_leaves_nothing(store: FileStore, folder: Path) -> None:
    with pytest.raises(FileTooLarge) as refused:
        store.incoming(io.BytesIO(b"x" * 1001), limit_bytes=1000)
    assert (refused.value.code, refused.value.fields) == ("file_too_large", {"limit_bytes": 1000})
    assert files_in(folder) == []


def test_an_endless_stream_is_left_soon(store: FileStore, folder: Path) -> None:
    endless = Endless()
    with pytest.raises(FileTooLarge):
        store.incoming(endless, limit_bytes=10 * 1024 * 1024)
    assert endless.taken <= 10 * 1024 * 1024 + 2 * FRAME_BYTES
    assert files_in(folder) == []


def test_a_broken_stream_leaves_nothing(store: FileStore, folder: Path) -> None:
    with pytest.raises(ConnectionError):
        store.put(Breaking())
    assert files_in(folder) == []


@pytest.mark.parametrize("keep", [0, 1, 2, 3])
def test_a_file_cut_at_a_frame_is_not_served(store: FileStore, folder: Path, keep: int) -> None:
    clear = os.urandom(3 * FRAME_BYTES + 10)
    path = path_of(folder, store.put(io.BytesIO(clear)).sha256)
    raw = path.read_bytes()
    header = len(raw) - len(clear) - 4 * TAG
    path.write_bytes(raw[: header + keep * (FRAME_BYTES + TAG)])
    with pytest.raises(FileBroken):
        store.open(path.name).read()


def test_a_file_cut_to_an_empty_rest_is_not_served(store: FileStore, folder: Path) -> None:
    """A cut that leaves one tag's length looks like a file with an empty final frame."""
    clear = os.urandom(FRAME_BYTES + 10)
    path = path_of(folder, store.put(io.BytesIO(clear)).sha256)
    raw = path.read_bytes()
    path.write_bytes(raw[: len(raw) - 10])
    with pytest.raises(FileBroken):
        store.open(path.name).read()


@pytest.mark.parametrize("position", [0, 5, 20, 60, -1])
def test_a_changed_byte_is_noticed(store: FileStore, folder: Path, position: int) -> None:
    path = path_of(folder, store.put(io.BytesIO(os.urandom(5000))).sha256)
    raw = bytearray(path.read_bytes())
    raw[position] ^= 1
    path.write_bytes(raw)
    with pytest.raises(FileBroken):
        store.open(path.name).read()


def test_swapped_frames_are_noticed(store: FileStore, folder: Path) -> None:
    clear = os.urandom(3 * FRAME_BYTES)
    path = path_of(folder, store.put(io.BytesIO(clear)).sha256)
    raw, frame = path.read_bytes(), FRAME_BYTES + TAG
    start = len(raw) - 3 * frame
    first, second = raw[start : start + frame], raw[start + frame : start + 2 * frame]
    path.write_bytes(raw[:start] + second + first + raw[-frame:])
    with pytest.raises(FileBroken):
        store.open(path.name).read()


def test_a_file_under_another_name_is_not_served(store: FileStore, folder: Path) -> None:
    mine, yours = store.put(io.BytesIO(b"mine")), store.put(io.BytesIO(b"yours"))
    path_of(folder, yours.sha256).write_bytes(path_of(folder, mine.sha256).read_bytes())
    with pytest.raises(FileBroken):
        store.open(yours.sha256).read()


BAD_NAMES = ["", "../../etc/passwd", "A" * 64, "0" * 63, "0" * 64, "..", "0" * 32 + "\n"]


@pytest.mark.parametrize("name", BAD_NAMES)
def test_unknown_and_malformed_names_are_unknown_files(store: FileStore, name: str) -> None:
    for opening in (store.open, store.open_incoming, store.adopt):
        with pytest.raises(FileUnknown):
            opening(name)


def test_deleting_twice_is_no_fault(store: FileStore) -> None:
    stored = store.put(io.BytesIO(b"identity"))
    store.delete(stored.sha256)
    store.delete(stored.sha256)
    assert not store.exists(stored.sha256)


def test_purges_only_what_came_in_long_ago(store: FileStore, folder: Path) -> None:
    old, fresh = store.incoming(io.BytesIO(b"old")), store.incoming(io.BytesIO(b"fresh"))
    kept = store.put(io.BytesIO(b"kept"))
    rest = folder / "incoming" / ".part-0123456789abcdef"
    rest.write_bytes(b"a write that a crash broke")
    two_days_ago = (datetime.now(UTC) - timedelta(days=2)).timestamp()
    for path in (folder / "incoming" / old, rest, path_of(folder, kept.sha256)):
        os.utime(path, (two_days_ago, two_days_ago))
    assert store.purge_incoming(older_than=timedelta(days=1)) == 2
    assert {path.name for path in files_in(folder)} == {fresh, kept.sha256}


def test_names_all_that_is_kept(store: FileStore) -> None:
    kept = {store.put(io.BytesIO(bytes([number]))).sha256 for number in range(5)}
    assert set(store.names()) == kept


def test_after_rotation_old_files_still_open(store: FileStore, key_folder: Path) -> None:
    old = store.put(io.BytesIO(b"old"))
    keys.create_key(key_folder, "files", "content", "2027-01", signing=False)
    keys.reload()
    with store.open(old.sha256) as stream:
        assert stream.read() == b"old"
    assert store.put(io.BytesIO(b"new")).size == 3


def test_resealing_changes_the_key_and_nothing_else(store: FileStore, folder: Path, key_folder: Path) -> None:
    clear = os.urandom(2 * FRAME_BYTES + 5)
    old = store.put(io.BytesIO(clear))
    keys.create_key(key_folder, "files", "content", "2027-01", signing=False)
    keys.reload()
    store.put(io.BytesIO(b"new"))
    assert (store.reseal(), store.reseal()) == (1, 0)
    (key_folder / "files" / "content" / "2026-01.key").unlink()
    keys.reload()
    with store.open(old.sha256) as stream:
        assert stream.read() == clear
