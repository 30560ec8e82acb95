"""A Ray cluster of several nodes on this host, any of which can be killed: the program behind the tests of Ray.

It prints the cluster's address as one JSON line. Then each line on standard input is the number of a node to kill; it
answers with the names of what it killed: all of the node's processes, so that nothing is torn down. The cluster ends
with standard input. Its head has no cores: slots are on the other nodes alone.
"""

import json
import os
import signal
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

from ray.cluster_utils import Cluster
from tests.functional.datasets.driver import children_of

from safehold.datasets.scan.child import CHILD_MODULE


def below(parent: int) -> list[int]:
    """Return a process and every one below it."""
    return [parent, *(pid for child in children_of(parent) for pid in below(child))]


def name_of(pid: int) -> str:
    with suppress(OSError):
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
        return CHILD_MODULE if CHILD_MODULE.encode() in command else Path(command.split(b"\0")[0].decode()).name
    return ""


def kill(node: Any) -> list[str]:
    """Kill what a node consists of, all at once."""
    started = [process.process.pid for processes in node.all_processes.values() for process in processes]
    victims = [pid for one in started for pid in below(one)]
    names = [name_of(pid) for pid in victims]
    for pid in victims:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    return names


def main(count: int) -> None:
    with tempfile.TemporaryDirectory(prefix="ray-", dir="/tmp", ignore_cleanup_errors=True) as folder:
        head = {"num_cpus": 0, "include_dashboard": False, "temp_dir": f"{folder}/r"}
        cluster = Cluster(initialize_head=True, head_node_args=head)
        nodes = [cluster.add_node(num_cpus=1) for _ in range(count)]
        sys.stdout.write(json.dumps({"address": cluster.address}) + "\n")
        sys.stdout.flush()
        for line in sys.stdin:
            sys.stdout.write(json.dumps(kill(nodes[int(line)])) + "\n")
            sys.stdout.flush()
        cluster.shutdown()


if __name__ == "__main__":
    main(int(sys.argv[1]))
