"""A real S3 server on loopback, with authentication, in a process of its own.

    with s3_server() as server: ...

The process ends with the block, and by itself when the tests are killed: it reads its standard input to the end.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass(frozen=True)
class S3Server:
    """Where it listens and the keys that it accepts."""

    endpoint: str
    access_key: str = field(repr=False)
    secret_key: str = field(repr=False)


@contextmanager
def s3_server() -> Iterator[S3Server]:
    """Start the server and wait until it answers."""
    environment = {name: value for name, value in os.environ.items() if "proxy" not in name.lower()}
    process = subprocess.Popen(
        [sys.executable, __file__],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=environment,
    )
    with process:
        assert process.stdout
        assert process.stdin
        line = process.stdout.readline()
        assert line, "the S3 server did not start"
        try:
            yield S3Server(**json.loads(line))
        finally:
            process.stdin.close()
            process.wait(timeout=10)


def _serve() -> None:
    import boto3  # type: ignore[import-untyped]  # it has no stubs
    import requests
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    _, port = server.get_host_and_port()
    address = f"http://127.0.0.1:{port}"
    iam = boto3.client(
        "iam",
        endpoint_url=address,
        region_name="us-east-1",
        aws_access_key_id="first",
        aws_secret_access_key="first",  # noqa: S106 - until a user exists, the server accepts anything
    )
    iam.create_user(UserName="algo")
    policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}
    iam.put_user_policy(UserName="algo", PolicyName="objects", PolicyDocument=json.dumps(policy))
    key = iam.create_access_key(UserName="algo")["AccessKey"]
    requests.post(f"{address}/moto-api/reset-auth", data="0", timeout=10).raise_for_status()
    server_facts = {
        "endpoint": f"127.0.0.1:{port}",
        "access_key": key["AccessKeyId"],
        "secret_key": key["SecretAccessKey"],
    }
    print(json.dumps(server_facts), flush=True)  # noqa: T201 - read by s3_server
    sys.stdin.read()


if __name__ == "__main__":
    _serve()
