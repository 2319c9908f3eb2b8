"""The channel `webhook`: each notice as signed JSON (Standard Webhooks), POSTed to an address."""

import base64
import json
from typing import Any

from pydantic import SecretStr

from algo_trading.adapters.http_channel import HttpChannel, checked_address, client_of
from algo_trading.adapters.message import message_of
from algo_trading.adapters.webhook_signature import signed_headers, signing_key
from algo_trading.errors import ConfigError
from algo_trading.gateways.channels import Mail
from algo_trading.gateways.clock import Clock, SystemClock
from algo_trading.plugins import Context, Plugin, PluginConfig

SECRET = "ALGO_CHANNELS__WEBHOOK__SECRET"  # noqa: S105 - the name of a variable


class WebhookConfig(PluginConfig):
    """Where notices go, and the key that signs them; both come from the environment."""

    url: SecretStr = SecretStr("")
    secret: SecretStr = SecretStr("")
    allow_private: bool = False  # addresses within this machine or its network


def notice_json(mail: Mail, clock: Clock) -> bytes:
    """The body: type, time, and in `data` what a mail has; files in base64."""
    message = message_of(mail)
    data = {
        "id": mail.key,
        "recipient": mail.recipient,
        "subject": message.subject,
        "text": message.text,
        "html": message.html,
        "files": [
            {"name": part.name, "type": part.type, "content": base64.b64encode(part.content).decode()}
            for part in message.parts
        ],
    }
    document = {"type": "notice", "timestamp": clock.now().isoformat(), "data": data}
    return json.dumps(document, separators=(",", ":")).encode()


def build(config: WebhookConfig, _context: Context, clock: Clock | None = None) -> HttpChannel:
    """The receiver of [channels.webhook].

    Raises:
        ConfigError: the address is not one of https, or there is no secret.
    """
    url, key = checked_address(config.url, "ALGO_CHANNELS__WEBHOOK__URL"), signing_key(config.secret, SECRET)
    if not key:
        raise ConfigError(f"the channel webhook signs its messages: set {SECRET} (docs/notifications.md)")
    client, retries = client_of("the webhook", "channels.webhook.allow_private", allow_private=config.allow_private)
    time = clock or SystemClock()

    def request(mail: Mail) -> dict[str, Any]:
        body = notice_json(mail, time)
        return {"content": body, "headers": signed_headers(key, mail.key, time.now(), body)}

    return HttpChannel("webhook", url, client, retries, request)


plugin = Plugin(WebhookConfig, build)
