#!/usr/bin/env python3
"""An S3 server on port 9000: moto, with the keys of MINIO_ROOT_USER, and a log of requests that a start replays."""

import os
import signal
import sys
import threading
from pathlib import Path

import requests
from moto.iam.models import iam_backends
from moto.server import ThreadedMotoServer

RECORD = Path(os.environ["MOTO_RECORDER_FILEPATH"])  # which moto reads when it is imported
POLICY = '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}'


def main() -> None:
    server = ThreadedMotoServer("0.0.0.0", 9000, verbose=False)
    server.start()
    control = "http://127.0.0.1:9000/moto-api"
    if RECORD.exists():
        requests.post(f"{control}/recorder/replay-recording", timeout=60).raise_for_status()
    users = iam_backends["123456789012"]["aws"]
    users.create_user("aws", "algo")
    users.put_user_policy("algo", "objects", POLICY)
    key = users.create_access_key("algo")
    key.access_key_id = os.environ["MINIO_ROOT_USER"]
    key.secret_access_key = os.environ["MINIO_ROOT_PASSWORD"]
    requests.post(f"{control}/reset-auth", data="0", timeout=10).raise_for_status()
    requests.post(f"{control}/recorder/start-recording", timeout=10).raise_for_status()
    Path("/tmp/ready").touch()
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    ended.wait()
    sys.exit(0)


main()
