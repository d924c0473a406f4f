"""A node's process: a signal to stop ends it, whatever its workers do."""

import signal
import subprocess
import sys

STUBBORN = """
import asyncio
from litestar import Litestar
from jichitai.infra.settings import Settings
from jichitai.kernel.parties import Tier
from jichitai.main import node

async def stubborn():
    while True:
        try:
            await asyncio.sleep(3600)
        except asyncio.CancelledError:
            print("not yet", flush=True)

node.STOP_SECONDS = 0.5
tier = node.Assembled(Litestar(), [stubborn])
asyncio.run(node.serve(tier, Settings(tier=Tier.TOWN, http_port=0)))
"""


def test_a_worker_that_cannot_be_cancelled_does_not_keep_the_process() -> None:
    process = subprocess.Popen([sys.executable, "-c", STUBBORN], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert "started" in process.stdout.readline()
    process.send_signal(signal.SIGTERM)
    rest, _ = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "not yet" in rest
    assert "stop-forced" in rest
