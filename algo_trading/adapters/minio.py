"""The object store in MinIO, or any other S3 server."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import SecretStr

from algo_trading.errors import ConfigError, ServiceUnavailableError
from algo_trading.plugins import Context, Plugin, PluginConfig
from algo_trading.repositories.objects import checked_key

if TYPE_CHECKING:
    from minio import Minio

VARIABLES = "ALGO_OBJECT_STORES__MINIO__"
CONNECT_SECONDS = 3.0
READ_SECONDS = 60.0
ATTEMPTS = 3

_REFUSED = {"AccessDenied", "InvalidAccessKeyId", "SignatureDoesNotMatch"}


class MinioConfig(PluginConfig):
    """The S3 server; the keys come from ALGO_OBJECT_STORES__MINIO__ACCESS_KEY and ..._SECRET_KEY."""

    endpoint: str = "localhost:9000"
    bucket: str = "algo-trading"
    secure: bool = True
    access_key: SecretStr = SecretStr("")
    secret_key: SecretStr = SecretStr("")


class MinioObjects:
    """An ObjectStore in one bucket, which is created at the first use if it is not there."""

    def __init__(self, config: MinioConfig) -> None:
        self._config = config
        self._bucket = config.bucket

    def put(self, key: str, content: bytes, media_type: str = "application/octet-stream") -> None:
        checked_key(key)
        with self._explained():
            self._client.put_object(self._bucket, key, BytesIO(content), len(content), media_type)

    def put_new(self, key: str, content: bytes, media_type: str = "application/octet-stream") -> bool:
        from minio.error import S3Error

        headers: dict[str, str | list[str] | tuple[str]] = {"Content-Type": media_type, "If-None-Match": "*"}
        checked_key(key)
        with self._explained():
            try:
                # The server decides, so two writers cannot both win. The public put_object takes no such header.
                self._client._put_object(self._bucket, key, content, headers)  # noqa: SLF001
            except S3Error as error:
                if error.code == "PreconditionFailed":
                    return False
                raise
            return True

    def put_file(self, key: str, path: Path) -> bool:
        # A file of any size is sent in parts, for which S3 has no condition: of two writers the last one wins.
        if self.exists(key):
            return False
        with self._explained():
            self._client.fput_object(self._bucket, key, str(path))
        return True

    def get(self, key: str) -> bytes:
        from minio.error import S3Error

        checked_key(key)
        with self._explained():
            try:
                response = self._client.get_object(self._bucket, key)
            except S3Error as error:
                if error.code == "NoSuchKey":
                    raise KeyError(key) from None
                raise
            try:
                return response.read()
            finally:
                response.close()
                response.release_conn()

    def exists(self, key: str) -> bool:
        from minio.error import S3Error

        checked_key(key)
        with self._explained():
            try:
                self._client.stat_object(self._bucket, key)
            except S3Error as error:
                if error.code == "NoSuchKey":
                    return False
                raise
            return True

    def keys(self, prefix: str = "") -> Iterator[str]:
        with self._explained():
            for found in self._client.list_objects(self._bucket, prefix, recursive=True):
                if found.object_name is not None and not found.is_dir:
                    yield found.object_name

    def delete(self, key: str) -> None:
        checked_key(key)
        with self._explained():
            self._client.remove_object(self._bucket, key)

    def location(self, key: str) -> str:
        return f"s3://{self._bucket}/{checked_key(key)}"

    @cached_property
    def _client(self) -> "Minio":
        from minio import Minio
        from minio.error import S3Error
        from urllib3 import PoolManager, Retry, Timeout

        http = PoolManager(
            timeout=Timeout(connect=CONNECT_SECONDS, read=READ_SECONDS),
            retries=Retry(ATTEMPTS - 1, backoff_factor=0.2, status_forcelist=(500, 502, 503, 504)),
            cert_reqs="CERT_REQUIRED",
        )
        try:
            client = Minio(
                self._config.endpoint,
                self._config.access_key.get_secret_value(),
                self._config.secret_key.get_secret_value(),
                secure=self._config.secure,
                http_client=http,
            )
            if not client.bucket_exists(self._bucket):
                client.make_bucket(self._bucket)
        except S3Error as error:
            if error.code != "BucketAlreadyOwnedByYou":  # another process was first
                raise
        except ValueError as error:
            raise ConfigError(
                f"object_stores.minio: the endpoint {self._config.endpoint!r} or the bucket {self._bucket!r} is not "
                f"valid: {error}; an endpoint is host:port, a bucket 3 to 63 lower-case letters, digits and hyphens"
            ) from error
        return client

    @contextmanager
    def _explained(self) -> Iterator[None]:
        from xml.etree.ElementTree import ParseError

        from minio.error import InvalidResponseError, MinioException, S3Error, ServerError
        from urllib3.exceptions import HTTPError

        where = f"the object store at {'https' if self._config.secure else 'http'}://{self._config.endpoint}"
        try:
            yield
        except S3Error as error:
            if error.code in _REFUSED:
                raise ServiceUnavailableError(
                    f"{where} refused the keys ({error.code}); "
                    f"check {VARIABLES}ACCESS_KEY and {VARIABLES}SECRET_KEY and their rights"
                ) from error
            raise ServiceUnavailableError(f"{where} failed with {error.code}; see its log") from error
        except (InvalidResponseError, ParseError) as error:
            raise ServiceUnavailableError(
                f"{where} does not answer as an S3 server does; check {VARIABLES}ENDPOINT and {VARIABLES}SECURE"
            ) from error
        except ServerError as error:
            raise ServiceUnavailableError(f"{where} failed with HTTP {error.status_code}; see its log") from error
        except (HTTPError, MinioException) as error:
            raise ServiceUnavailableError(
                f"{where} cannot be reached ({_reason(error)}); start it or correct {VARIABLES}ENDPOINT"
            ) from error


def _reason(error: Exception) -> str:
    """The cause of a connection error in a few words."""
    from urllib3.exceptions import MaxRetryError, NameResolutionError, SSLError
    from urllib3.exceptions import TimeoutError as NoAnswerError

    failure = error.reason if isinstance(error, MaxRetryError) else error
    if isinstance(failure, SSLError):
        return f"TLS failed; {VARIABLES}SECURE=false is for plain HTTP"
    if isinstance(failure, NameResolutionError):
        return "no such host"
    origin = failure.__cause__ if failure else None
    if isinstance(origin, OSError) and origin.strerror:
        return origin.strerror.lower()
    return "no answer" if isinstance(failure, NoAnswerError) else type(failure).__name__


def build(config: MinioConfig, _context: Context) -> MinioObjects:
    """The store of the configuration. It connects at the first use.

    Raises:
        ConfigError: a key is missing.
    """
    for name in ("access_key", "secret_key"):
        if not getattr(config, name).get_secret_value():
            variable = f"{VARIABLES}{name.upper()}"
            raise ConfigError(f"object_store is minio, but {variable} is not set in the environment")
    return MinioObjects(config)


plugin = Plugin(MinioConfig, build)
