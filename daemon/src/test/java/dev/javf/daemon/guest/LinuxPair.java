package dev.javf.daemon.guest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.javf.packet.MacAddress;
import dev.javf.sim.PortCounters;
import dev.javf.sim.SimulatedPhysicalFunctionContext;
import dev.javf.sim.VfSnapshot;
import dev.javf.sim.VlanKey;
import dev.javf.testing.Awaiting;
import dev.javf.virtchnl.Opcode;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * A guest with the kernel's iavf driver on two VFs of a simulated PF, each in a network namespace
 * of its own: {@code eth0} in {@code a}, {@code eth1} in {@code b}. Untagged they have the
 * addresses 10.1.0.1 and 10.1.0.2; in VLAN {@code v}, 10.0.v.1 and 10.0.v.2.
 */
final class LinuxPair implements AutoCloseable {
    /** PCI addresses of the VFs in the guest. */
    static final List<String> PCI = List.of("0000:00:10.0", "0000:00:11.0");

    private static final List<String> NAMESPACES = List.of("a", "b");

    /** dmesg -r: priority 0 (emergency) to 4 (warning) of the kernel itself. */
    private static final Pattern WARNING = Pattern.compile("<[0-4]>.*");

    private static final Pattern TRACE =
            Pattern.compile(".*(BUG:|WARNING:|Call Trace|hung task|\\bstall|Oops).*");

    /** What an emulated machine's clocks say when the host has no time for them. */
    private static final List<String> LATE_CLOCKS =
            List.of("hrtimer: interrupt took", "hpet: Lost", "clocksource:", "tsc:");

    private final Path folder;
    private final ServedFunctions functions;
    private final Guest guest;

    /**
     * Boots a guest whose driver isn't loaded yet.
     *
     * @param context of the PF; two VFs.
     */
    LinuxPair(final SimulatedPhysicalFunctionContext context)
            throws IOException, InterruptedException {
        folder = Files.createTempDirectory("javf-guest");
        functions = new ServedFunctions(context.virtualFunctions(2), folder);
        try {
            guest = Guest.boot(new Guest.Context().functions(functions));
        } catch (final Throwable e) {
            functions.close();
            throw e;
        }
    }

    Guest guest() {
        return guest;
    }

    ServedFunctions functions() {
        return functions;
    }

    VirtchnlTrace trace() {
        return functions.trace();
    }

    /** What the PF holds for a VF. */
    VfSnapshot held(final int vf) {
        return functions.vf(vf).snapshot();
    }

    /** What the switch has counted for a VF since its last reset. */
    PortCounters counters(final int vf) {
        return functions.pf().ethernetSwitch().ports().get(vf).counters();
    }

    static String device(final int vf) {
        return "eth" + vf;
    }

    static String namespace(final int vf) {
        return NAMESPACES.get(vf);
    }

    /** Runs a command in a VF's namespace; it has to succeed. */
    String in(final int vf, final String command) throws InterruptedException {
        return guest.run("ip netns exec " + NAMESPACES.get(vf) + " " + command);
    }

    /** {@code ip -n NAMESPACE ...}. */
    String ip(final int vf, final String words) throws InterruptedException {
        return guest.run("ip -n " + NAMESPACES.get(vf) + " " + words);
    }

    /** Loads the driver, and waits until both VFs have their netdev. */
    void load() throws InterruptedException {
        // What the kernel said while it booted is the emulated machine's matter.
        guest.run(
                "dmesg -c >/dev/null && modprobe 8021q && modprobe iavf && while [ ! -e"
                    + " /sys/class/net/eth0 ] || [ ! -e /sys/class/net/eth1 ]; do sleep 0.1; done");
        // Which of the two probes first is a race.
        guest.run(
                "[ -e /sys/bus/pci/devices/"
                        + PCI.getFirst()
                        + "/net/eth0 ] || { ip link set eth0 name tmp; ip link set eth1 name eth0;"
                        + " ip link set tmp name eth1; }");
    }

    /** Moves the netdevs to their namespaces, gives them addresses and takes them up. */
    void connect() throws InterruptedException {
        for (int vf = 0; vf < 2; vf++) {
            guest.run("ip netns add " + NAMESPACES.get(vf));
            move(vf);
        }
    }

    /** The same for one, whose namespace is there already. */
    void move(final int vf) throws InterruptedException {
        guest.run("ip link set " + device(vf) + " netns " + NAMESPACES.get(vf));
        ip(vf, "link set " + device(vf) + " up");
        ip(vf, "addr add 10.1.0." + (vf + 1) + "/24 dev " + device(vf));
        awaitUp(vf);
    }

    /** Adds a VLAN device with an address. */
    void addVlan(final int vf, final int vlan) throws InterruptedException {
        final String name = device(vf) + "." + vlan;
        ip(vf, "link add link " + device(vf) + " name " + name + " type vlan id " + vlan);
        ip(vf, "link set " + name + " up");
        ip(vf, "addr add 10.0." + vlan + "." + (vf + 1) + "/24 dev " + name);
    }

    void addVlans(final int vf, final IntStream vlans) throws InterruptedException {
        for (final int vlan : vlans.toArray()) {
            addVlan(vf, vlan);
        }
    }

    /** Whether VF 0's namespace gets an answer from VF 1's; asks for a while. */
    void ping(final String address) throws InterruptedException {
        in(0, "ping -q -c 2 -i 0.2 -w 15 " + address);
    }

    void pingUntagged() throws InterruptedException {
        ping("10.1.0.2");
    }

    void pingVlans(final IntStream vlans) throws InterruptedException {
        for (final int vlan : vlans.toArray()) {
            ping("10.0." + vlan + ".2");
        }
    }

    /** Waits until the PF has a VF with enabled queues and its link up, and the netdev knows. */
    void awaitUp(final int vf) throws InterruptedException {
        await(
                vf,
                held ->
                        held.rxQueues().signum() > 0
                                && held.txQueues().signum() > 0
                                && held.isLinkUp(),
                "up");
        ip(
                vf,
                "link show "
                        + device(vf)
                        + " up | grep -q LOWER_UP || sleep 2; ip -n "
                        + NAMESPACES.get(vf)
                        + " link show "
                        + device(vf)
                        + " | grep -q LOWER_UP");
    }

    /** Waits until the PF holds exactly these VLANs for a VF. */
    void awaitVlans(final int vf, final IntStream vlans) throws InterruptedException {
        final Set<VlanKey> wanted =
                vlans.mapToObj(vlan -> new VlanKey(0x8100, vlan))
                        .collect(Collectors.toCollection(TreeSet::new));
        await(vf, held -> held.vlans().equals(wanted), "VLANs " + wanted);
        assertThat(held(vf).countedVlans()).isEqualTo(wanted.size());
    }

    /** Waits until the PF has an address of the netdev's among its rules. */
    void awaitMac(final int vf) throws InterruptedException {
        final MacAddress mac = mac(vf);
        await(vf, held -> held.macs().contains(mac), "MAC rule " + mac);
    }

    MacAddress mac(final int vf) throws InterruptedException {
        return MacAddress.of(in(vf, "cat /sys/class/net/" + device(vf) + "/address").strip());
    }

    /** Waits until what the PF holds for a VF is as wanted. */
    void await(final int vf, final Predicate<VfSnapshot> condition, final String what) {
        Awaiting.until("VF " + vf + " to be " + what, () -> held(vf), condition);
    }

    /** Whether the PF holds nothing of a driver for a VF. */
    static boolean isUntouched(final VfSnapshot held) {
        return held.vlans().isEmpty()
                && held.rxQueues().signum() == 0
                && held.txQueues().signum() == 0
                && held.capabilities() == 0
                && held.promiscuity() == 0
                && held.rssKey() == null;
    }

    /** Waits for a VF's next reset, and for the driver's recovery from it. */
    void awaitRecovery(final int vf, final int resetsBefore) throws InterruptedException {
        await(vf, held -> held.resets() > resetsBefore, "reset");
        awaitUp(vf);
        awaitMac(vf);
    }

    /**
     * What a VF's driver has asked for, from a point in the trace on: without what it repeats when
     * an answer takes long, and without statistics, which it polls.
     */
    List<Opcode> asked(final int vf, final int from) {
        final List<Opcode> asked = new ArrayList<>();
        for (final Opcode opcode : trace().requests(from, vf)) {
            final boolean isPoke = opcode == Opcode.VERSION && !asked.isEmpty();
            final boolean isRepeated = !asked.isEmpty() && asked.getLast() == opcode;
            if (opcode != Opcode.GET_STATS && !isPoke && !isRepeated) {
                asked.add(opcode);
            }
        }
        return asked;
    }

    /**
     * Fails if the guest's kernel has warned of anything, or the model of a driver that does what
     * it mustn't.
     *
     * @param allowed texts that lines may contain.
     */
    void expectNoTrouble(final List<String> allowed) throws InterruptedException {
        assertThat(functions.errors()).isEmpty();
        for (int vf = 0; vf < 2; vf++) {
            assertThat(functions.vf(vf).dma().faults()).isEmpty();
            assertThat(held(vf).isMalicious()).isFalse();
        }
        final List<String> lines =
                guest.run("dmesg -r")
                        .lines()
                        .filter(line ->
                                WARNING.matcher(line).matches() || TRACE.matcher(line).matches())
                        .filter(line -> LATE_CLOCKS.stream().noneMatch(line::contains))
                        .filter(line -> allowed.stream().noneMatch(line::contains))
                        .toList();
        assertThat(lines).isEmpty();
    }

    @Override
    public void close() {
        try {
            guest.close();
        } finally {
            functions.close();
        }
    }
}
