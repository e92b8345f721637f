"""Every way an attempt can fail, by name, and what to do about it."""

from __future__ import annotations

from typing import Final

ADVICE: Final[dict[str, str]] = {
    "credential": "check that the account's code file or variable exists, is readable and holds the code",
    "forbidden": "allow-list this machine's public IP address in Voicenter's CPanel, API settings",
    "unauthorized": "check the account's code; Voicenter refused it",
    "bad_request": "Voicenter did not understand the request; check base_url and any proxy on the way",
    "api_error": "Voicenter reports an internal error or a bad value; if it lasts, ask its support",
    "http_error": "Voicenter or a proxy answered with an HTTP error; check base_url and the proxy, or wait",
    "connect": "check DNS, routing, firewall and proxy between this machine and base_url",
    "tls": "check the certificate that base_url serves, and tls.ca_file",
    "timeout": "Voicenter did not answer in time; check the network, or raise the account's timeout",
    "too_large": "the answer is larger than max_body; raise it if the account really is that large",
    "decode": "the answer is not what the API promises; check that base_url leads to Voicenter's API",
    "empty": "no extensions came, which is how a wrong code looks; check the code, "
    "or set allow_empty if the account has none",
}
REASONS: Final = tuple(ADVICE)


class Failure(Exception):
    """An attempt that brought no usable answer.

    `reason` is one of REASONS; `detail` says what was seen, in words without secrets or caller's data.
    `retry_after` is what the vendor asked to wait, in seconds, or None.
    """

    def __init__(self, reason: str, detail: str, retry_after: float | None = None) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail
        self.retry_after = retry_after

    def without_traceback(self) -> Failure:
        """The same to keep: a traceback would hold on to the answer that failed, a large body included."""
        return Failure(self.reason, self.detail, self.retry_after)

    @property
    def advice(self) -> str:
        """What a person can do about it, in one sentence."""
        return ADVICE[self.reason]
