"""Files sealed piece by piece: whole or refused, whatever was done to them."""

import io
import os
import zipfile

import pytest

from core.keys import Tampered
from core.sealed_files import PIECE, TAG, SealedWriter, opened_pieces

KEY = os.urandom(32)


def sealed(data: bytes, *, at_once: int = 10_000) -> bytes:
    file = io.BytesIO()
    writer = SealedWriter(file, KEY, "a file")
    for start in range(0, len(data), at_once):
        writer.write(data[start : start + at_once])
    writer.finish()
    assert writer.size == len(data)
    return file.getvalue()


def read(content: bytes, key: bytes = KEY, context: str = "a file") -> bytes:
    return b"".join(opened_pieces(io.BytesIO(content), key, context))


@pytest.mark.parametrize("size", [0, 1, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE, 3 * PIECE + 7])
def test_what_was_written_comes_back(size: int):
    data = os.urandom(size)
    assert read(sealed(data)) == data
    assert read(sealed(data, at_once=1_000_000)) == data


def test_nothing_of_it_can_be_read_without_the_key():
    content = sealed(b"a secret of somebody" * 10_000)
    assert b"secret" not in content
    with pytest.raises(Tampered):
        read(content, key=os.urandom(32))
    with pytest.raises(Tampered):
        read(content, context="another file")


@pytest.mark.parametrize("at", [0, PIECE, PIECE + TAG, 2 * (PIECE + TAG) + 3])
def test_a_changed_byte_is_noticed(at: int):
    content = bytearray(sealed(os.urandom(3 * PIECE)))
    content[at] ^= 1
    with pytest.raises(Tampered):
        read(bytes(content))


@pytest.mark.parametrize("pieces", [0, 1, 2])
def test_a_file_that_was_cut_at_a_piece_is_noticed(pieces: int):
    content = sealed(os.urandom(3 * PIECE))
    with pytest.raises(Tampered):
        read(content[: pieces * (PIECE + TAG)])


def test_pieces_that_were_swapped_or_repeated_are_noticed():
    content, piece = sealed(os.urandom(3 * PIECE)), PIECE + TAG
    first, second, last = content[:piece], content[piece : 2 * piece], content[2 * piece :]
    for other in (second + first + last, first + first + last, first + last, first + second * 2):
        with pytest.raises(Tampered):
            read(other)


def test_a_file_that_was_never_finished_is_noticed():
    file = io.BytesIO()
    SealedWriter(file, KEY, "a file").write(os.urandom(3 * PIECE))
    with pytest.raises(Tampered):
        read(file.getvalue())


def test_a_zip_within_a_zip_is_written_straight_into_it():
    file = io.BytesIO()
    writer = SealedWriter(file, KEY, "a file")
    with (
        zipfile.ZipFile(writer, "w") as whole,
        whole.open("inner.zip", "w") as entry,
        zipfile.ZipFile(entry, "w") as inner,
    ):
        inner.writestr("word.txt", "hello")
    writer.finish()
    outer = zipfile.ZipFile(io.BytesIO(read(file.getvalue())))
    assert zipfile.ZipFile(io.BytesIO(outer.read("inner.zip"))).read("word.txt") == b"hello"
