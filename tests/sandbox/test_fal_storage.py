from tests.sandbox.conftest import picture


def test_uploaded_bytes_come_back_unchanged_with_their_length(sandbox, fal):
    data = picture()

    url = fal.upload(data, "my photo.png", "image/png")
    reply = sandbox.http.get(url)

    assert url.startswith(f"{sandbox.origin}/fal-cdn/files/") and url.endswith("my-photo.png")
    assert reply.content == data
    assert reply.headers["content-type"] == "image/png"
    assert int(sandbox.http.head(url).headers["content-length"]) == len(data)


def test_the_older_upload_by_signed_address_works_too(sandbox, fal):
    given = sandbox.http.post(
        "/fal-rest/storage/upload/initiate?storage_type=gcs",
        json={"file_name": "a.png", "content_type": "image/png"},
        headers=fal.headers,
    ).json()

    put = sandbox.http.put(given["upload_url"], content=picture())

    assert put.status_code == 200
    assert sandbox.http.get(given["file_url"]).content == picture()


def test_uploads_without_a_token_or_a_signature_are_refused(sandbox, fal):
    for header in ("", "Bearer x", "Bearer 9999999999.00", f"Key {fal.key}", "Bearer ä.ö".encode()):
        reply = sandbox.http.post("/fal-cdn/files/upload", content=b"x", headers={"Authorization": header})
        assert reply.status_code == 401
    assert sandbox.http.put("/fal-cdn/files/guess.png", content=b"x").status_code == 403


def test_the_storage_asks_for_the_same_key_as_the_queue(sandbox):
    for header, status in (("Key bad-key", 401), ("Key empty-balance", 403), ("", 401)):
        reply = sandbox.http.post("/fal-rest/storage/auth/token", json={}, headers={"Authorization": header})
        assert reply.status_code == status


def test_no_address_leads_out_of_the_store(sandbox):
    for name in ("..%2fsandbox.sqlite3", "%2e%2e", "..%2f..%2fetc%2fpasswd"):
        assert sandbox.http.get(f"/fal-cdn/files/{name}").status_code == 404
