# SPDX-License-Identifier: MIT
"""The pair, by pyroute2: "build" and "close" on stdin, a line on stdout for each when it is done."""
import sys

from pyroute2 import NetNS, netns

NODAD = 0x02  # linux/if_addr.h


def build():
    a, b = NetNS("a"), NetNS("b")
    a.link("add", ifname="eth0", kind="veth", index=1001, num_tx_queues=1, num_rx_queues=1,
           address="02:00:00:00:00:01", state="up",
           peer={"ifname": "eth0", "num_tx_queues": 1, "num_rx_queues": 1,
                 "address": "02:00:00:00:00:02", "net_ns_fd": "b"})
    ends = [(host, host.link_lookup(ifname="eth0")[0]) for host in (a, b)]
    for number, (host, index) in enumerate(ends, 1):
        host.link("set", index=1, state="up")
        host.link("set", index=index, state="up")
        host.addr("add", index=index, address=f"10.0.0.{number}", prefixlen=8)
        host.addr("add", index=index, address=f"2001:db8::{number}", prefixlen=64, flags=NODAD)
    for host, index in ends:
        while host.get_links(index)[0].get_attr("IFLA_OPERSTATE") != "UP":
            pass
    return a, b


for line in sys.stdin:
    if line == "build\n":
        hosts = build()
    else:
        for host, name in zip(hosts, "ab"):
            host.close()
            netns.remove(name)
    print("done", flush=True)
