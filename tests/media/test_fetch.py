"""A download from the sandbox's own origin: complete, hashed, and nothing left behind when it goes wrong."""

import gzip
import hashlib
import logging
import time
import traceback

import pytest

from generations import media
from generations.errors import Retry
from tests.media.servers import OK, status, trickle, whole

VIDEOS = frozenset(("video/mp4", "video/quicktime"))
TOKEN = "?X-Amz-Signature=s3cr3t"


def limits(**changed):
    return media.FetchLimits(**{"max_bytes": 5_000_000, "max_seconds": 5, "allowed_types": VIDEOS, **changed})


@pytest.fixture
def get(serve, tmp_path):
    """Fetch a path from a server with one answer for it."""

    def run(answer, path="/clip.mp4", **changed):
        server = serve({path: answer})
        return media.fetch(
            f"{server.origin}{path}{TOKEN}", into=tmp_path, limits=limits(**changed), exempt_origin=server.origin
        )

    return run


@pytest.fixture
def fails(get, tmp_path, caplog):
    """Fetch what cannot be fetched: the error names no secret, and no file is left behind."""

    def run(answer, error, **changed):
        caplog.set_level(logging.DEBUG, logger="httpx")
        with pytest.raises(error) as caught:
            get(answer, **changed)
        assert list(tmp_path.iterdir()) == []
        told = "".join(traceback.format_exception(caught.value)) + caplog.text + str(caught.value.data)
        assert "s3cr3t" not in told
        assert "clip.mp4" not in told
        return caught.value

    return run


def test_a_file_arrives_whole_with_its_hash(get, clip, tmp_path):
    fetched = get(whole(clip))

    assert fetched.path.read_bytes() == clip
    assert fetched.path.parent == tmp_path
    assert fetched.sha256 == hashlib.sha256(clip).hexdigest()
    assert (fetched.size_bytes, fetched.media_type) == (len(clip), "video/mp4")


def test_an_answer_without_its_length_is_taken_to_its_end(get, clip):
    assert get(OK + b"Connection: close\r\n\r\n" + clip).size_bytes == len(clip)


def test_a_chunked_answer_is_taken(get, clip):
    body = b"%x\r\n%b\r\n0\r\n\r\n" % (len(clip), clip)

    assert get(OK + b"Transfer-Encoding: chunked\r\n\r\n" + body).size_bytes == len(clip)


def test_the_request_asks_for_no_compression_and_shows_the_full_link_to_its_host_only(serve, clip, tmp_path):
    server = serve({"/clip.mp4": whole(clip)})

    media.fetch(f"{server.origin}/clip.mp4{TOKEN}", into=tmp_path, limits=limits(), exempt_origin=server.origin)

    request = server.requests[0]
    assert f"GET /clip.mp4{TOKEN} HTTP/1.1" in request
    assert "Accept-Encoding: identity" in request
    assert f"Host: 127.0.0.1:{server.port}" in request


def test_an_announced_size_over_the_limit_is_refused_before_it_is_read(fails):
    error = fails(OK + b"Content-Length: 600000000\r\n\r\n", media.TooLarge)

    assert "5 MB" in error.public
    assert error.retry == Retry.NEVER


def test_an_endless_download_is_cut_at_the_limit(fails, clip):
    fails(trickle(OK + b"\r\n" + clip, bytes(100_000), pause=0), media.TooLarge, max_bytes=1_000_000)


@pytest.mark.parametrize(
    "head", [OK + b"Content-Length: 4000\r\n\r\n", OK, b""], ids=["in the body", "in the headers", "before the status"]
)
def test_a_trickling_answer_ends_at_the_time_limit(fails, head):
    started = time.monotonic()

    error = fails(trickle(head, b"x"), media.DownloadFailed, max_seconds=0.3)

    assert time.monotonic() - started < 1.5
    assert "longer than 0.3 seconds" in error.public
    assert error.retry == Retry.LATER


def test_a_body_shorter_than_announced_is_a_failed_download(fails, clip):
    error = fails(OK + b"Content-Length: %d\r\n\r\n" % (len(clip) + 1) + clip, media.DownloadFailed)

    assert error.retry == Retry.LATER


def test_a_chunked_body_without_its_end_is_a_failed_download(fails, clip):
    fails(OK + b"Transfer-Encoding: chunked\r\n\r\n%x\r\n%b" % (len(clip), clip), media.DownloadFailed)


def test_an_empty_answer_is_a_failed_download(fails):
    assert "empty" in fails(whole(b""), media.DownloadFailed).public


def test_an_html_page_called_a_video_is_named(fails):
    error = fails(whole(b"<!DOCTYPE html><html>Please wait</html>", "Content-Type: video/mp4"), media.NotAVideo)

    assert "an HTML page instead of a video" in error.public


def test_an_endless_html_page_is_refused_at_its_beginning(fails):
    started = time.monotonic()

    fails(trickle(OK + b"\r\n<html>" + bytes(2000), b"x"), media.NotAVideo)

    assert time.monotonic() - started < 1


def test_a_page_instead_of_a_picture_is_not_an_image(fails):
    fails(whole(b"<html>"), media.NotAnImage, allowed_types=frozenset({"image/png"}))


def test_a_compressed_answer_is_refused_unread(fails):
    packed = gzip.compress(bytes(50_000_000))

    assert "compressed" in fails(whole(packed, "Content-Encoding: gzip"), media.DownloadFailed).public


@pytest.mark.parametrize("code", [403, 404, 410])
def test_an_expired_link_is_told_apart_and_may_be_tried_again(fails, code):
    error = fails(status(code), media.DownloadGone)

    assert str(code) in error.public
    assert "expired" in error.public
    assert error.retry == Retry.LATER


@pytest.mark.parametrize("code", [204, 206, 400, 401, 429, 500, 503])
def test_any_other_answer_is_a_failed_download(fails, code):
    error = fails(status(code), media.DownloadFailed)

    assert not isinstance(error, media.DownloadGone)
    assert error.data["status"] == code
    assert error.retry == Retry.LATER


@pytest.mark.parametrize("answer", [b"", b"HTTP/1.1 200 OK\r\nContent-Le", b"SSH-2.0-server\r\n\r\n"])
def test_half_an_answer_or_nonsense_is_a_failed_download(fails, answer):
    fails(answer, media.DownloadFailed)


def test_a_refused_connection_is_a_failed_download(serve, tmp_path):
    server = serve({})
    server.close()

    with pytest.raises(media.DownloadFailed):
        media.fetch(f"{server.origin}/a", into=tmp_path, limits=limits(), exempt_origin=server.origin)

    assert list(tmp_path.iterdir()) == []


def test_a_redirect_is_followed(serve, clip, tmp_path):
    server = serve({"/a": status(302, "Location: /b", "Set-Cookie: a=1"), "/b": whole(clip)})

    media.fetch(f"{server.origin}/a", into=tmp_path, limits=limits(), exempt_origin=server.origin)

    assert "cookie" not in server.requests[1].lower()


@pytest.mark.parametrize("location", [["Location: /clip.mp4"], [], ["Location: http://[bad"], ["Location: mailto:a@b"]])
def test_redirects_that_lead_nowhere_end(serve, tmp_path, location):
    server = serve({"/clip.mp4": status(302, *location)})

    with pytest.raises((media.DownloadFailed, media.UnsafeURL)):
        media.fetch(f"{server.origin}/clip.mp4", into=tmp_path, limits=limits(), exempt_origin=server.origin)

    assert len(server.requests) == (6 if location == ["Location: /clip.mp4"] else 1)
    assert list(tmp_path.iterdir()) == []


def test_an_interrupted_download_leaves_nothing(serve, clip, tmp_path):
    server = serve({"/a": whole(clip)})

    class Interrupted(BaseException):
        pass

    def interrupted():
        raise Interrupted

    with pytest.raises(Interrupted):
        media.fetch(
            f"{server.origin}/a",
            into=tmp_path,
            limits=limits(),
            exempt_origin=server.origin,
            transport_factory=interrupted,
        )

    assert list(tmp_path.iterdir()) == []
