"""MinIO's adapter against a real S3 server."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from algo_trading.adapters.minio import MinioConfig, MinioObjects, build
from algo_trading.errors import ConfigError, ServiceUnavailableError
from algo_trading.plugins import Context
from algo_trading.repositories.objects import ObjectStore
from contracts.object_store import ObjectStoreContract
from support.s3_server import S3Server, s3_server

pytestmark = pytest.mark.integration

_buckets = count()


@pytest.fixture(scope="module")
def server() -> Iterator[S3Server]:
    with s3_server() as started:
        yield started


def configured(server: S3Server, **changes: Any) -> MinioConfig:
    values = {
        "endpoint": server.endpoint,
        "bucket": "algo-trading",
        "secure": False,
        "access_key": SecretStr(server.access_key),
        "secret_key": SecretStr(server.secret_key),
    }
    return MinioConfig.model_validate({**values, **changes})


class TestMinio(ObjectStoreContract):
    @pytest.fixture
    def open_store(self, server: S3Server) -> Callable[[], ObjectStore]:
        settings = configured(server, bucket=f"test-{next(_buckets)}")
        return lambda: MinioObjects(settings)


def test_media_type_is_kept(server: S3Server) -> None:
    store = MinioObjects(configured(server))
    store.put("a.html", b"<html>", "text/html")
    store.put_new("b.json", b"{}", "application/json")
    kept = [store._client.stat_object("algo-trading", key).content_type for key in ("a.html", "b.json")]
    assert kept == ["text/html", "application/json"]


def test_location_is_an_address(server: S3Server) -> None:
    assert MinioObjects(configured(server)).location("a/b") == "s3://algo-trading/a/b"


def message(settings: MinioConfig) -> str:
    """What writing, reading and listing say: the same sentence."""
    store = MinioObjects(settings)
    methods: list[Callable[[], object]] = [
        lambda: store.put_new("a", b""),
        lambda: store.get("a"),
        lambda: list(store.keys()),
    ]
    said = set()
    for method in methods:
        with pytest.raises(ServiceUnavailableError) as caught:
            method()
        said.add(str(caught.value))
    assert len(said) == 1
    sentence = said.pop()
    assert settings.secret_key.get_secret_value() not in sentence
    return sentence


@pytest.mark.parametrize("key", ["access_key", "secret_key"])
def test_wrong_keys(server: S3Server, key: str) -> None:
    sentence = message(configured(server, **{key: SecretStr("not-the-key-at-all")}))
    assert f"http://{server.endpoint} refused the keys" in sentence
    assert "check ALGO_OBJECT_STORES__MINIO__ACCESS_KEY and ALGO_OBJECT_STORES__MINIO__SECRET_KEY" in sentence
    assert "not-the-key-at-all" not in sentence


def test_nobody_listens(server: S3Server) -> None:
    with socket.create_server(("127.0.0.1", 0)) as reserved:
        endpoint = f"127.0.0.1:{reserved.getsockname()[1]}"
    assert message(configured(server, endpoint=endpoint)) == (
        f"the object store at http://{endpoint} cannot be reached (connection refused); "
        "start it or correct ALGO_OBJECT_STORES__MINIO__ENDPOINT"
    )


def test_unknown_host(server: S3Server) -> None:
    assert "(no such host)" in message(configured(server, endpoint="no-such-host.invalid:9000"))


def test_plain_server_asked_for_tls(server: S3Server) -> None:
    assert "ALGO_OBJECT_STORES__MINIO__SECURE=false is for plain HTTP" in message(configured(server, secure=True))


@contextmanager
def http_server(status: int, body: bytes, media_type: str) -> Iterator[str]:
    """A server that gives everyone the same answer."""

    class Answer(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self.send_response(status)
            self.send_header("Content-Type", media_type)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        do_GET = do_HEAD = do_PUT = do_DELETE = _answer  # noqa: N815 - names that http.server calls

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Answer) as listening:
        thread = threading.Thread(target=listening.serve_forever)
        thread.start()
        try:
            yield f"127.0.0.1:{listening.server_port}"
        finally:
            listening.shutdown()
            thread.join()


def test_no_s3_server(server: S3Server) -> None:
    with http_server(404, b"<html>nginx</html>", "text/html") as endpoint:
        sentence = message(configured(server, endpoint=endpoint))
    assert "does not answer as an S3 server does; check ALGO_OBJECT_STORES__MINIO__ENDPOINT" in sentence
    assert "nginx" not in sentence


def test_server_that_lost_its_disks(server: S3Server) -> None:
    with http_server(503, b"<Error><Code>SlowDownRead</Code></Error>", "application/xml") as endpoint:
        assert f"http://{endpoint} cannot be reached" in message(configured(server, endpoint=endpoint))


def test_answer_that_is_no_xml(server: S3Server) -> None:
    with http_server(200, b"It works!", "text/html") as endpoint:
        assert "does not answer as an S3 server does" in message(configured(server, endpoint=endpoint))


@pytest.mark.parametrize("change", [{"bucket": "No_Bucket"}, {"endpoint": "http://127.0.0.1:9000/path"}])
def test_settings_that_cannot_be(server: S3Server, change: dict[str, str]) -> None:
    with pytest.raises(ConfigError, match=f"object_stores.minio: .*the {next(iter(change))} "):
        MinioObjects(configured(server, **change)).exists("a")


@pytest.mark.parametrize("missing", ["access_key", "secret_key"])
def test_missing_keys(server: S3Server, tmp_path: Path, missing: str) -> None:
    context = Context("minio", tmp_path)
    assert isinstance(build(configured(server), context), MinioObjects)
    with pytest.raises(ConfigError, match=f"ALGO_OBJECT_STORES__MINIO__{missing.upper()} is not set"):
        build(configured(server, **{missing: SecretStr("")}), context)
