#!/bin/sh
# Records share/captures/lan.pcap again: two network namespaces on one veth pair, offloads off so that frames
# have the size they would have on a cable.  Needs root and, from Debian: iproute2 iputils-ping ethtool tcpdump
# python3.  Nothing outside of the two namespaces is touched, and nothing of this machine gets into the file.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
output=${1:-$here/../share/captures/lan.pcap}
near=undis-near-$$
far=undis-far-$$

for tool in ip:iproute2 ping:iputils-ping ethtool:ethtool tcpdump:tcpdump python3:python3; do
    if ! command -v "${tool%%:*}" >/dev/null; then
        echo "record-capture: ${tool%%:*} is missing; it is in Debian's package ${tool#*:}" >&2
        exit 2
    fi
done
if [ "$(id -u)" -ne 0 ]; then
    echo "record-capture: must be root to make network namespaces" >&2
    exit 2
fi

server='' recorder='' scratch=$(mktemp)
finish() {
    for process in $recorder $server; do
        kill "$process" 2>/dev/null || true
    done
    ip netns delete "$near" 2>/dev/null || true
    ip netns delete "$far" 2>/dev/null || true
    rm -f "$scratch"
}
trap finish EXIT

plug() { # namespace interface address octet
    ip -n "$1" link set "$2" address "02:00:00:00:00:$4"
    ip netns exec "$1" sysctl -qw "net.ipv6.conf.$2.disable_ipv6=1"
    ip netns exec "$1" sysctl -qw net.ipv4.icmp_echo_ignore_broadcasts=0
    ip netns exec "$1" ethtool -K "$2" tx off tso off gso off gro off sg off >/dev/null
    ip -n "$1" address add "$3/24" broadcast + dev "$2"
    ip -n "$1" link set "$2" mtu 1500 up
    ip -n "$1" route add 224.0.0.0/4 dev "$2"
}

ip netns add "$near"
ip netns add "$far"
ip -n "$near" link add near0 type veth peer name far0 netns "$far"
plug "$near" near0 192.0.2.1 01
plug "$far" far0 192.0.2.2 02

ip netns exec "$far" python3 "$here/capture-traffic.py" serve >"$scratch" &
server=$!
ip netns exec "$near" tcpdump -Z root -i near0 -s 65535 -B 8192 -U -w "$output" 2>/dev/null &
recorder=$!
until grep -q ready "$scratch" && [ -s "$output" ]; do
    sleep 0.1
done
sleep 0.5

in_near() { ip netns exec "$near" "$@"; }
in_near ping -q -c 3 -i 0.01 192.0.2.2 >/dev/null            # ARP, then ICMP
in_near ping -q -c 8 -i 0.01 -s 1472 192.0.2.2 >/dev/null    # 1514-byte frames
in_near ping -q -c 2 -i 0.2 -b 192.0.2.255 >/dev/null 2>&1   # broadcast
in_near ping -q -c 2 -i 0.2 224.0.0.1 >/dev/null             # multicast
in_near python3 "$here/capture-traffic.py" talk
ip -n "$near" neigh flush dev near0
in_near ping -q -c 1 -W 1 192.0.2.77 >/dev/null || true      # ARP that nobody answers
sleep 1
kill -INT "$recorder"
wait "$recorder" 2>/dev/null || true
recorder=''
echo "recorded $output: $(tcpdump -r "$output" 2>/dev/null | wc -l) frames, $(stat -c %s "$output") bytes"
