"""The settings of uvicorn and of the garbage collector that the promises stand on."""

import gc

from gateway.server import BoundedHttp, uvicorn_config
from gateway.tune import settle_memory
from tests.gateway.toy import toy_app


def test_uvicorn_is_bounded() -> None:
    config = uvicorn_config(toy_app(), "127.0.0.1", 0)
    assert config.http is BoundedHttp
    assert (config.ws_max_size, config.ws_max_queue, config.ws_per_message_deflate) == (262_144, 8, False)
    assert (config.server_header, config.access_log, config.lifespan) == (False, False, "on")
    assert (config.timeout_graceful_shutdown, config.forwarded_allow_ips) == (25, "127.0.0.1")


def test_memory_is_settled() -> None:
    before = gc.get_threshold()
    try:
        settle_memory()
        assert gc.get_threshold() == (50_000, 20, 50)
        assert gc.get_freeze_count() > 0
    finally:
        gc.unfreeze()
        gc.set_threshold(*before)
