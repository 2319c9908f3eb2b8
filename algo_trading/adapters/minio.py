"""The object store in MinIO, or any other S3 server."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from algo_trading.errors import ConfigError, ServiceUnavailableError
from algo_trading.repositories.objects import checked_key
from algo_trading.settings import MinioSettings, Settings

if TYPE_CHECKING:
    from minio import Minio

CONNECT_SECONDS = 3.0
READ_SECONDS = 60.0
ATTEMPTS = 3

_REFUSED = {"AccessDenied", "InvalidAccessKeyId", "SignatureDoesNotMatch"}


class MinioObjects:
    """An ObjectStore in one bucket, which is created at the first use if it is not there."""

    def __init__(self, settings: MinioSettings) -> None:
        self._settings = settings
        self._bucket = settings.bucket

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
                self._settings.endpoint,
                self._settings.access_key.get_secret_value(),
                self._settings.secret_key.get_secret_value(),
                secure=self._settings.secure,
                http_client=http,
            )
            if not client.bucket_exists(self._bucket):
                client.make_bucket(self._bucket)
        except S3Error as error:
            if error.code != "BucketAlreadyOwnedByYou":  # another process was first
                raise
        except ValueError as error:
            raise ConfigError(
                f"minio.endpoint {self._settings.endpoint!r} or minio.bucket {self._bucket!r} is not valid: {error}; "
                "an endpoint is host:port, a bucket 3 to 63 lower-case letters, digits and hyphens"
            ) from error
        return client

    @contextmanager
    def _explained(self) -> Iterator[None]:
        from xml.etree.ElementTree import ParseError

        from minio.error import InvalidResponseError, MinioException, S3Error, ServerError
        from urllib3.exceptions import HTTPError

        where = f"the object store at {'https' if self._settings.secure else 'http'}://{self._settings.endpoint}"
        try:
            yield
        except S3Error as error:
            if error.code in _REFUSED:
                raise ServiceUnavailableError(
                    f"{where} refused the keys ({error.code}); "
                    "check ALGO_MINIO__ACCESS_KEY and ALGO_MINIO__SECRET_KEY and their rights"
                ) from error
            raise ServiceUnavailableError(f"{where} failed with {error.code}; see its log") from error
        except (InvalidResponseError, ParseError) as error:
            raise ServiceUnavailableError(
                f"{where} does not answer as an S3 server does; check ALGO_MINIO__ENDPOINT and ALGO_MINIO__SECURE"
            ) from error
        except ServerError as error:
            raise ServiceUnavailableError(f"{where} failed with HTTP {error.status_code}; see its log") from error
        except (HTTPError, MinioException) as error:
            raise ServiceUnavailableError(
                f"{where} cannot be reached ({_reason(error)}); start it or correct ALGO_MINIO__ENDPOINT"
            ) from error


def _reason(error: Exception) -> str:
    """The cause of a connection error in a few words."""
    from urllib3.exceptions import MaxRetryError, NameResolutionError, SSLError
    from urllib3.exceptions import TimeoutError as NoAnswerError

    failure = error.reason if isinstance(error, MaxRetryError) else error
    if isinstance(failure, SSLError):
        return "TLS failed; ALGO_MINIO__SECURE=false is for plain HTTP"
    if isinstance(failure, NameResolutionError):
        return "no such host"
    origin = failure.__cause__ if failure else None
    if isinstance(origin, OSError) and origin.strerror:
        return origin.strerror.lower()
    return "no answer" if isinstance(failure, NoAnswerError) else type(failure).__name__


def build(settings: Settings) -> MinioObjects:
    """The store of the configuration. It connects at the first use.

    Raises:
        ConfigError: a key is missing.
    """
    for name in ("access_key", "secret_key"):
        if not getattr(settings.minio, name).get_secret_value():
            raise ConfigError(f"object_store is minio, but ALGO_MINIO__{name.upper()} is not set in the environment")
    return MinioObjects(settings.minio)
