// SPDX-License-Identifier: MIT

// The pair, by Go: "build" and "close" on stdin, a line on stdout for each when it is done.
package main

import (
	"bufio"
	"fmt"
	"log"
	"net"
	"os"
	"runtime"
	"syscall"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netns"
)

type host struct {
	ns     netns.NsHandle
	handle *netlink.Handle
}

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func newHost() host {
	ns, err := netns.New() // and goes there
	must(err)
	handle, err := netlink.NewHandle()
	must(err)
	return host{ns, handle}
}

func (h host) furnish(link netlink.Link, number int) {
	lo, err := h.handle.LinkByIndex(1)
	must(err)
	must(h.handle.LinkSetUp(lo))
	must(h.handle.LinkSetUp(link))
	for _, text := range []string{fmt.Sprintf("10.0.0.%d/8", number), fmt.Sprintf("2001:db8::%d/64", number)} {
		addr, err := netlink.ParseAddr(text)
		must(err)
		if addr.IP.To4() == nil {
			addr.Flags = syscall.IFA_F_NODAD
		}
		must(h.handle.AddrAdd(link, addr))
	}
}

func (h host) awaitCarrier(index int) {
	for {
		link, err := h.handle.LinkByIndex(index)
		must(err)
		if link.Attrs().OperState == netlink.OperUp {
			return
		}
	}
}

func build(home netns.NsHandle) (host, host) {
	a := newHost()
	b := newHost()
	attrs := netlink.LinkAttrs{Name: "eth0", Index: 1001, NumTxQueues: 1, NumRxQueues: 1, TxQLen: -1,
		HardwareAddr: net.HardwareAddr{2, 0, 0, 0, 0, 1}}
	must(a.handle.LinkAdd(&netlink.Veth{LinkAttrs: attrs, PeerName: "eth0",
		PeerHardwareAddr: net.HardwareAddr{2, 0, 0, 0, 0, 2}, PeerNamespace: netlink.NsFd(b.ns)}))
	end, err := a.handle.LinkByName("eth0")
	must(err)
	peer, err := b.handle.LinkByName("eth0")
	must(err)
	a.furnish(end, 1)
	b.furnish(peer, 2)
	a.awaitCarrier(end.Attrs().Index)
	b.awaitCarrier(peer.Attrs().Index)
	must(netns.Set(home))
	return a, b
}

func main() {
	runtime.LockOSThread()
	home, err := netns.Get()
	must(err)
	var a, b host
	words := bufio.NewScanner(os.Stdin)
	for words.Scan() {
		if words.Text() == "build" {
			a, b = build(home)
		} else {
			a.handle.Delete()
			b.handle.Delete()
			a.ns.Close()
			b.ns.Close()
		}
		fmt.Println("done")
	}
}
