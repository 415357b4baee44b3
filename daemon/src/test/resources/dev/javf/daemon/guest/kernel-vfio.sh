# Runs in a guest whose 00:10.0 and 00:11.0 are VFs of one PF: our daemon drives them over the kernel's VFIO.
# /javf is the daemon's root folder, JAVA starts a class of its.
set -u
A=0000:00:10.0
B=0000:00:11.0
DAEMON="$JAVA dev.javf.daemon.guest.GuestDaemon"

say() { echo "[$(cut -d' ' -f1 /proc/uptime)] $*"; }

die() {
    say "FAILED: $*"
    tail -n 30 /tmp/*.log
    dmesg | tail -n 30
    exit 1
}

bind() { # bind ADDRESS
    echo vfio-pci >/sys/bus/pci/devices/$1/driver_override
    echo $1 >/sys/bus/pci/drivers_probe
    readlink /sys/bus/pci/devices/$1/driver | grep -q vfio-pci || die "$1 isn't bound"
}

await() { # await SECONDS WHAT COMMAND...: until the command succeeds
    left=$(($1 * 5)) what=$2
    shift 2
    until "$@"; do
        left=$((left - 1))
        [ $left -gt 0 ] || die "no $what"
        sleep 0.2
    done
}

started() { # started PID LOG
    kill -0 $1 || die "the daemon has ended"
    grep -q '^ready' $2
}

answered() { # answered ADDRESS WHEN
    ip netns exec a ping -c 5 -i 0.2 -W 5 $1 >/tmp/ping.log || die "no ping $2"
    say "ping $2: $(grep received /tmp/ping.log)"
}

mkdir -p /run/netns
ip netns add a
ip netns add b
ip netns add c
for d in proc sys dev run; do mount --rbind /$d /javf/$d; done
bind $A
bind $B
say "bound: $(grep HugePages_Free /proc/meminfo)"

$DAEMON vfio-pci:$A a 10.9.0.1 vfio-pci:$B b 10.9.0.2 >/tmp/first.log 2>&1 &
first=$!
await 250 "daemon" started $first /tmp/first.log
say "started: $(grep HugePages_Free /proc/meminfo)"
answered 10.9.0.2 "at first"

kill -9 $first
wait $first
$DAEMON vfio-pci:$A a 10.9.0.1 vfio-pci:$B b 10.9.0.2 >/tmp/second.log 2>&1 &
second=$!
await 250 "daemon after kill -9" started $second /tmp/second.log
answered 10.9.0.2 "after kill -9"

# The kernel asks for the function and waits, holding its lock, until it is closed.
say "unbinding"
timeout 60 sh -c "echo $B >/sys/bus/pci/drivers/vfio-pci/unbind" || die "unbind did not return"
say "unbound"
[ ! -e /sys/bus/pci/devices/$B/driver ] || die "it is still bound"
kill -0 $second || die "the daemon has ended with one of its functions"
grep -q "$B .* -> CLOSED" /tmp/second.log || die "the daemon didn't close the function"

# It can be bound and opened again while the other function is still driven. The first daemon keeps its ports: the
# next one's are elsewhere.
bind $B
$DAEMON vfio-pci:$B c 10.9.0.3 >/tmp/third.log 2>&1 &
third=$!
await 250 "daemon after unbind" started $third /tmp/third.log
answered 10.9.0.3 "after unbind"

# Told to end, it leaves nothing behind.
kill $second $third
wait $second
wait $third
for n in a b c; do
    [ -z "$(ip -n $n link show vf 2>/dev/null)" ] || die "a TAP device is left"
done
say "ended: $(grep HugePages_Free /proc/meminfo)"
tail -n 40 /tmp/second.log /tmp/third.log
dmesg | grep -iE 'vfio|dmar|warn|bug' | tail -n 20
say "passed"
